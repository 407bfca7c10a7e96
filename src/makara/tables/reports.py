"""Table reports."""

from makara.tables._table import BOOL, F32, I32, I64, STR, STRS, TS, Field, Table, cog, lat, lon, sog

TRANSPONDERS = ("class_a", "class_b", "long_range", "sart", "aid", "base", "aircraft", "vms", "radar")
RECEIVERS = ("terrestrial", "satellite", "vms", "own", "unknown")
FLAGS = ("bad_mmsi", "bad_place", "future")

TABLE = Table(
    "reports",
    "lake",
    "Positions that vessels state (AIS, VMS): what the line itself says, one row a message, nothing cleaned.",
    ("report",),
    (
        Field("report", I64, "Key: hash of scheme, mover, t_seen, station, canonical payload."),
        Field("t_seen", TS, "When the message was received by the station."),
        Field("mover", I64, "The MMSI for AIS, else minus a 62-bit hash of scheme:id (table movers)."),
        Field("mmsi", I32, "MMSI as claimed.", True),
        Field("transponder", STR, "What sent it.", values=TRANSPONDERS),
        Field("radio_channel", STR, "AIS channel.", True, values=("A", "B")),
        Field("receiver", STR, "Class of the receiver.", values=RECEIVERS),
        Field("station", STR, "Receiving station.", True),
        Field("msg_type", I32, "AIS message type.", True),
        lon(null=True),
        lat(null=True),
        Field("accurate", BOOL, "Position accuracy flag: better than 10 m.", True),
        sog(),
        cog(),
        Field("heading_deg", F32, "True heading, degrees.", True, 1),
        Field("rot_deg_min", F32, "Rate of turn, degrees a minute, starboard positive.", True, 1),
        Field("nav_status", I32, "Navigational status, ITU-R M.1371 table 45.", True),
        Field("own", BOOL, "From the receiving ship itself (VDO)."),
        Field("flags", STRS, "Doubts about the line alone.", values=FLAGS),
    ),
)
