"""Table reception."""

from makara.tables._table import F32, I64, STR, TS, Field, Table

TABLE = Table(
    "reception",
    "lake",
    "How well vessels that transmit are heard, by place and hour.",
    ("cell", "t_start", "receiver", "transponder"),
    (
        Field("cell", I64, "H3 cell."),
        Field("t_start", TS, "Start of the hour."),
        Field("receiver", STR, "Class of the receiver."),
        Field("transponder", STR, "Class of transponder."),
        Field("n_heard", I64, "Messages heard."),
        Field("n_movers", I64, "Movers heard."),
        Field("p_heard", F32, "P(heard in the hour | transmitting).", True, 4),
    ),
)
