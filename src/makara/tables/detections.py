"""Table detections."""

from makara.tables._table import F32, F64, STR, STRS, TS, Field, Table, cog, lat, lon, sog
from makara.tables.collections import SENSORS

TABLE = Table(
    "detections",
    "lake",
    "What a sensor found without being told.",
    ("detection",),
    (
        Field("detection", STR, "Key: id from the collection and the provider's id, or time and place."),
        Field("provider_id", STR, "The provider's own id.", True),
        Field("collection", STR, "The look that found it; null: a sighting.", True),
        Field("sensor", STR, "Kind of sensor.", values=SENSORS),
        Field("t_seen", TS, "When it was seen."),
        lon(),
        lat(),
        Field("semi_major_m", F32, "Half the long axis of the 95 % error ellipse, metres.", True, 1),
        Field("semi_minor_m", F32, "Half the short axis of the 95 % error ellipse, metres.", True, 1),
        Field("orientation_deg", F32, "Direction of the long axis, degrees true.", True, 1),
        Field("length_m", F32, "Measured length, metres.", True, 1),
        Field("length_sd_m", F32, "Standard deviation of the length, metres.", True, 1),
        Field("width_m", F32, "Measured width, metres.", True, 1),
        Field("axis_deg", F32, "Axis of the hull, degrees in [0, 180): bow and stern not told apart.", True, 1),
        Field("axis_sd_deg", F32, "Standard deviation of the axis, degrees.", True, 1),
        sog(),
        cog(),
        Field("p_vessel", F32, "Probability that it is a vessel.", True, 4),
        Field(
            "structure", STR, "What else it is held to be.", True, values=("platform", "ambiguity", "border", "land")
        ),
        Field("emitter", STR, "Class of a radio emitter.", True),
        Field("freq_hz", F64, "Frequency of the emission, hertz.", True, 0),
        Field("scr_db", F32, "Signal to clutter, decibels.", True, 2),
        Field("radiance_nw", F32, "Night-light radiance, nanowatts per square centimetre and steradian.", True, 3),
        Field("chip", STR, "Hash of its image chip.", True),
        Field("flags", STRS, "Doubts."),
    ),
)
