"""Table releases."""

from makara.tables._table import BINARY, I64, STR, STRS, Field, Table

TABLE = Table(
    "releases",
    "state",
    "What went to a partner, and when.",
    ("release",),
    (
        Field("release", STR, "Key: id from partner and seq."),
        Field("partner", STR, "The partner."),
        Field("purpose", STR, "The purpose."),
        Field("seq", I64, "This partner's own counter, from 1."),
        Field("rows", I64, "Rows in it."),
        Field(
            "root",
            BINARY,
            "Merkle tree hash (RFC 6962) of the partner's log of released_rows, up to and with this release.",
        ),
        Field("policy_versions", STRS, "Policies in force, as policy@version."),
    ),
)
