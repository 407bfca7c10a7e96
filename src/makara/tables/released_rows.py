"""Table released_rows."""

import polars as pl

from makara.tables._table import BINARY, I32, STR, TS, Field, Table

TABLE = Table(
    "released_rows",
    "state",
    "Row by row, what each release held and withheld.",
    ("release", "table", "outside_id"),
    (
        Field("release", STR, "The release."),
        Field("table", STR, "The table."),
        Field("outside_id", STR, "Id that the partner knows: HMAC(partner's secret, id)."),
        Field("inside_id", STR, "Our own id."),
        Field("revision", I32, "The partner's own revision counter of the row, from 1."),
        Field(
            "withheld",
            pl.List(pl.Struct({"column": pl.String(), "reason": pl.String()})),
            "Columns that were withheld, and why.",
        ),
        Field("state", STR, "sent, revised or withdrawn.", values=("sent", "revised", "withdrawn")),
        Field("leaf", BINARY, "Hash of this entry in the partner's log (RFC 6962 leaf)."),
        Field("acknowledged", TS, "When the partner acknowledged it.", True),
    ),
)
