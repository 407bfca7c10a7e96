"""Table policies."""

from makara.tables._table import F64, I32, I64, STR, STRS, TS, Field, Table

TABLE = Table(
    "policies",
    "state",
    "Rules of release: what a partner gets, of what, how coarse, how late.",
    ("policy", "version"),
    (
        Field("policy", STR, "Name of the policy."),
        Field("version", I32, "Its version, from 1."),
        Field("partner", STR, "Partner, or * for all."),
        Field("effect", STR, "Deny beats allow.", values=("allow", "deny")),
        Field("tables", STRS, "Tables; * all."),
        Field("kinds", STRS, "Kinds of event; * all."),
        Field("zones", STRS, "Zones that the row must touch; * anywhere."),
        Field("buffer_m", F64, "How far around the zones it holds, metres.", False, 0),
        Field("columns", STRS, "Columns that are given; * all."),
        Field("delay_s", I64, "How old a row must be, seconds."),
        Field(
            "coarsen", STR, 'How positions and times are coarsened: {"position_m": 1000, "time_s": 600}.', form="json"
        ),
        Field("purposes", STRS, "Purposes; * any."),
        Field("from", TS, "In force since.", True),
        Field("to", TS, "In force until.", True),
        Field("signed_by", STR, "Who signed it.", True),
    ),
)
