"""Table messages."""

from makara.tables._table import BINARY, I32, I64, STR, TS, Field, Table
from makara.tables.reports import RECEIVERS

TABLE = Table(
    "messages",
    "lake",
    "AIS messages that hold neither a position nor an identity (types 6 to 8, 10, 12 to 17, 20, 22, 23, 25, 26): "
    "binary and safety messages, acknowledgements, network management; one row a message, its payload as received.",
    ("message",),
    (
        Field("message", I64, "Key: hash of scheme, mover, t_seen, station, canonical payload."),
        Field("t_seen", TS, "When the message was received by the station."),
        Field("mover", I64, "The mover that sent it."),
        Field("mmsi", I32, "MMSI as claimed.", True),
        Field("msg_type", I32, "AIS message type."),
        Field("dac", I32, "Designated area code of the application (types 6, 8, structured 25 and 26).", True),
        Field("fi", I32, "Function identifier within that area.", True),
        Field("to_mmsi", I32, "MMSI of the addressee; of several the first.", True),
        Field("text", STR, "Safety-related text (types 12, 14).", True),
        Field(
            "payload",
            BINARY,
            "The whole payload in six-bit armour (ITU-R M.1371, IEC 61162-1), as the sentences hold it, parts joined.",
        ),
        Field("bits", I32, "Bits of the payload, without the fill bits of its last character."),
        Field("radio_channel", STR, "AIS channel.", True, values=("A", "B")),
        Field("station", STR, "Receiving station.", True),
        Field("receiver", STR, "Class of the receiver.", values=RECEIVERS),
    ),
)
