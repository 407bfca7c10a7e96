"""Table track_points."""

from makara.tables._table import F32, I64, STR, STRS, TS, Field, Table, cog, lat, lon, sog
from makara.tables.reports import RECEIVERS

FLAGS = ("duplicate", "clock_off", "too_fast", "noise", "on_land")

TABLE = Table(
    "track_points",
    "lake",
    "Reports held to be on tracks, with where they lie; dropped ones are kept, without a track. Derived.",
    ("mover", "t_seen", "report"),
    (
        Field("mover", I64, "The mover that reported."),
        Field("t_seen", TS, "When it was received."),
        Field("report", I64, "The report."),
        Field("track", I64, "The track; null: dropped by clean, and kept here with its flag.", True),
        lon(),
        lat(),
        sog(),
        cog(),
        Field("heading_deg", F32, "True heading, degrees.", True, 1),
        Field("receiver", STR, "Class of the receiver.", values=RECEIVERS),
        Field("h3_3", I64, "H3 cell of resolution 3."),
        Field("flags", STRS, "Doubts from the context.", values=FLAGS),
        Field("shore_m", F32, "Distance to the nearest shore, metres; 0 on land.", True, 0),
        Field("anchorage_m", F32, "Distance to the nearest anchorage or port, metres, where below 50 km.", True, 0),
        Field("depth_m", F32, "Depth of water, metres, near cables.", True, 0),
        Field("zones", STRS, "Zones that hold the point.", True),
    ),
)
