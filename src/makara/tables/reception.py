"""Table reception."""

from makara.tables._table import BINARY, F32, I64, STR, TS, Field, Table
from makara.tables.reports import RECEIVERS, TRANSPONDERS

STATES = ("looked", "not looked")

TABLE = Table(
    "reception",
    "lake",
    "How well vessels that transmit are heard, by place and time. Computed from track points when asked for.",
    ("cell", "t_start", "receiver", "transponder"),
    (
        Field("cell", I64, "H3 cell of resolution 3."),
        Field("t_start", TS, "Start of the hour, or of the span."),
        Field("t_end", TS, "End of the hour, or of the span."),
        Field("receiver", STR, "Class of the receiver.", values=RECEIVERS),
        Field("transponder", STR, "Class of transponder.", values=(*TRANSPONDERS, "unknown")),
        Field("state", STR, "Whether any mover told how well one is heard here.", values=STATES),
        Field("n_heard", I64, "Messages heard."),
        Field("n_movers", I64, "Movers heard."),
        Field("trials", I64, "Hours of movers that were on the air here, as reports before and after the hour tell."),
        Field("heard", I64, "Those of the trials in which the mover was heard."),
        Field("p_heard", F32, "P(heard in an hour | transmitting); null where nobody looked.", True, 4),
        Field("p_lo", F32, "Lower end of the interval that holds p_heard with probability 0.9.", True, 4),
        Field("p_hi", F32, "Upper end of that interval.", True, 4),
        Field("t_last", TS, "When a message was last heard here, in a row over a span.", True),
        Field("geometry", BINARY, "The cell's outline, cut at 180.", True, form="wkb"),
    ),
)
