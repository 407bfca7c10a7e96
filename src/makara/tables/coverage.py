"""Table coverage."""

from makara.tables._table import BINARY, F32, F64, I64, STR, TS, Field, Table
from makara.tables.collections import SENSORS
from makara.tables.reports import RECEIVERS

STATES = ("looked", "could not see", "not looked")

TABLE = Table(
    "coverage",
    "lake",
    "Where AIS and other sensors looked, and would have seen. Computed from reception and looks when asked for.",
    ("cell", "sensor"),
    (
        Field("cell", I64, "H3 cell of resolution 3."),
        Field("sensor", STR, "Kind of sensor; ais: receivers of what vessels state.", values=("ais", *SENSORS)),
        Field("state", STR, "Whether it looked here and would have seen.", values=STATES),
        Field("why", STR, "Why it could not have seen.", True, values=("cloud", "length", "reception")),
        Field("looks", I64, "Looks that would have seen."),
        Field("t_last", TS, "End of the last of them; of AIS when a message was last heard.", True),
        Field("age_s", F64, "How long ago that was, seconds.", True, 0),
        Field("length50_m", F32, "Shortest vessel that one of them sees with probability one half, metres.", True, 1),
        Field("cloud_share", F32, "Share of cloud in the last of them, 0 to 1.", True, 3),
        Field("share", F32, "Share of the cell that they saw, 0 to 1.", True, 3),
        Field("p_heard", F32, "P(heard in an hour | transmitting), of the receiver that hears best.", True, 4),
        Field("p_lo", F32, "Lower end of the interval that holds it nine times in ten.", True, 4),
        Field("p_hi", F32, "Upper end.", True, 4),
        Field("receiver", STR, "Class of the receiver that hears best.", True, values=RECEIVERS),
        Field("geometry", BINARY, "The cell's outline, cut at 180.", True, form="wkb"),
    ),
)
