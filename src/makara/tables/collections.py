"""Table collections."""

from makara.tables._table import BINARY, F32, STR, TS, Field, Table

SENSORS = ("sar", "optical", "viirs", "rf", "radar", "patrol")

TABLE = Table(
    "collections",
    "lake",
    "A look: where and when a sensor looked, whether or not it found anything.",
    ("collection",),
    (
        Field("collection", STR, "Key: id from provider and product id."),
        Field("product", STR, "The provider's own id of the product."),
        Field("sensor", STR, "Kind of sensor.", values=SENSORS),
        Field("platform", STR, "Satellite, aircraft or station.", True),
        Field("mode", STR, "Acquisition mode.", True),
        Field("t_start", TS, "Start of the look."),
        Field("t_end", TS, "End of the look."),
        Field("footprint", BINARY, "What it saw; unknown: nothing in it can be called unmatched.", True, form="wkb"),
        Field("length50_m", F32, "Vessel length seen with probability one half, metres.", True, 1),
        Field("resolution_m", F32, "Ground resolution, metres.", True, 1),
        Field("incidence_deg", F32, "Incidence angle at the middle, degrees.", True, 2),
        Field("heading_deg", F32, "Platform heading, degrees true.", True, 2),
        Field("look", STR, "Side that the sensor looks to.", True, values=("left", "right")),
        Field("cloud_share", F32, "Share of the footprint under cloud, 0 to 1.", True, 3),
        Field(
            "line_times",
            BINARY,
            "When lines of the image were seen, where known: little-endian float64, five a line, by time: microseconds "
            "since 1970, longitude and latitude of its first pixel, longitude and latitude of its last.",
            True,
        ),
        Field("scene_uri", STR, "Where the scene lies.", True),
        Field("provider", STR, "Who provided it.", True),
        Field("product_form", STR, "raw, chip, detection, event or aggregate.", True),
        Field("licence", STR, "Licence of the product, as the provider names it.", True),
    ),
)
