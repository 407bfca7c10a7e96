"""Table users."""

from makara.tables._table import STR, STRS, Field, Table

TABLE = Table(
    "users",
    "state",
    "People with an account at this node.",
    ("user",),
    (
        Field("user", STR, "Login."),
        Field("roles", STRS, "Roles."),
        Field("partner", STR, "Partner that they belong to."),
    ),
)
