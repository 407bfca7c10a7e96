"""Table tracks."""

from makara.tables._table import BOX, F64, I64, STR, TS, Field, Table

TABLE = Table(
    "tracks",
    "lake",
    "Reports held to be one object: an MMSI is a claim, not a vessel. Derived.",
    ("track",),
    (
        Field("track", I64, "Key: hash of the profile and the first report."),
        Field("mover", I64, "The mover that reported."),
        Field("t_start", TS, "First report."),
        Field("t_end", TS, "Last report."),
        Field("n", I64, "Number of reports."),
        Field("quality", STR, "What it is good for.", values=("good", "short", "noise", "overlapping")),
        Field("box", BOX, "Box around it, degrees; w > e when it crosses 180."),
        Field("length_m", F64, "Length of the path, metres.", False, 0),
        Field("joins", I64, "The track before it of the same object; gaps are judged along this chain.", True),
        Field("profile", STR, "Profile of the segmentation."),
    ),
)
