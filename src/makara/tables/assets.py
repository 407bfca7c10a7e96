"""Table assets."""

from makara.tables._table import F32, F64, STR, Field, Table

TABLE = Table(
    "assets",
    "state",
    "Own ships, aircraft and stations that can look.",
    ("asset",),
    (
        Field("asset", STR, "Name."),
        Field("kind", STR, "What it is."),
        Field("base_lon_deg", F64, "Longitude of its base, degrees.", True, 7),
        Field("base_lat_deg", F64, "Latitude of its base, degrees.", True, 7),
        Field("speed_kn", F32, "Speed, knots.", True, 1),
    ),
)
