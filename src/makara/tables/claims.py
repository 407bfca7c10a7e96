"""Table claims."""

from makara.tables._table import F32, I32, I64, STR, TS, Field, Table
from makara.tables.reports import RECEIVERS

TABLE = Table(
    "claims",
    "lake",
    "What vessels state of identity and voyage, one row a message (24A and 24B are two).",
    ("claim",),
    (
        Field("claim", I64, "Key: hash of scheme, mover, t_seen, station, canonical payload."),
        Field("t_seen", TS, "When the message was received by the station."),
        Field("mover", I64, "The mover that claims it."),
        Field("mmsi", I32, "MMSI as claimed.", True),
        Field("msg_type", I32, "AIS message type.", True),
        Field("part", STR, "A or B of message 24.", True, values=("A", "B")),
        Field("imo", I32, "IMO number as claimed.", True),
        Field("name", STR, "Name as claimed.", True),
        Field("callsign", STR, "Call sign as claimed.", True),
        Field("ship_type", I32, "Type of ship and cargo, ITU-R M.1371 table 53.", True),
        Field("length_m", F32, "Length over all as claimed, metres.", True, 1),
        Field("width_m", F32, "Beam as claimed, metres.", True, 1),
        Field("draught_m", F32, "Draught as claimed, metres.", True, 1),
        Field("destination", STR, "Destination as claimed.", True),
        Field("eta_text", STR, "Estimated time of arrival as sent, MM-DDThh:mm: AIS knows no year.", True),
        Field("eta", TS, "Estimated time of arrival, where a year is known.", True),
        Field("station", STR, "Receiving station.", True),
        Field("receiver", STR, "Class of the receiver.", values=RECEIVERS),
    ),
)
