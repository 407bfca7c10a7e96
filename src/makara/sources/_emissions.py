"""What feeds of located radio emissions share: units of frequency and axes, confidence, words for kinds of emitters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.base.errors import UsageError
from makara.sensors.rf import clusters, fuse, scale_to_95
from makara.sources import _found
from makara.sources._source import Batch, Option, Source

OPTIONS: Final = (
    Option("frequency-unit", "unit of frequencies whose column names none: Hz, kHz, MHz or GHz", "MHz"),
    Option("axis-unit", "unit of ellipse axes whose column names none: m, km or nmi", "m"),
    Option("confidence", "what the ellipses hold where rows do not say: 0.95, or 0.393 for one sigma", "0.95"),
)
UNITS: Final = {
    "freq_mhz": "megahertz",
    "freq_ghz": "gigahertz",
    "freq_plain": "by --frequency-unit",
    "semi_major_in_km": "kilometres",
    "semi_minor_in_km": "kilometres",
    "semi_major_plain": "by --axis-unit",
    "semi_minor_plain": "by --axis-unit",
    "holds_share": "a share, or per cent",
}
"""Units of the file where they are not ours."""
_STEMS: Final = (
    "semi_{}_axis", "semi_{}", "semi{}_axis", "semi{}", "ellipse_semi_{}_axis", "ellipse_semi_{}",
    "error_ellipse_semi_{}_axis", "error_ellipse_semi_{}",
)  # fmt: skip
AXES: Final = {
    f"semi_{axis}_{target}": tuple(stem.format(axis) + end for end in ends for stem in _STEMS)
    for axis in ("major", "minor")
    for target, ends in (("in_m", ("_m", "_meters")), ("in_km", ("_km",)), ("plain", ("",)))
}
"""Names of the axes of ellipses, by unit; an axis that does not say that it is half of one is not taken for that."""
TIMES: Final = (
    "timestamp", "datetime", "time", "date", "utc", "date_time", "date_utc", "time_utc", "timestamp_utc",
    "datetime_utc", "utc_time", "start_datetime", "observed_at", "detection_time",
)  # fmt: skip
LONS: Final = ("longitude", "lon", "lng", "long", "lon_deg", "longitude_deg", "geolocation_lon", "emitter_lon")
LATS: Final = ("latitude", "lat", "lat_deg", "latitude_deg", "geolocation_lat", "emitter_lat")
DIRECTIONS: Final = tuple(
    stem + end
    for stem in ("orientation", "azimuth", "ellipse_orientation", "ellipse_azimuth", "ellipse_angle",
                 "error_ellipse_orientation", "error_ellipse_azimuth", "error_ellipse_angle", "semi_major_axis_azimuth")
    for end in ("", "_deg")
)  # fmt: skip
"""Names that such lists commonly bear, for what vendors publish no specification of."""
_FREQUENCY: Final = {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9}
_AXIS: Final = {"m": 1.0, "km": 1000.0, "nmi": 1852.0}
WORDS: Final = (
    (r"epirb|406|distress|beacon", "epirb"),
    (r"\bais\b", "ais"),
    (r"vhf|marine radio", "vhf_marine"),
    (r"x.?band|^x$", "x_band_radar"),
    (r"s.?band|^s$", "s_band_radar"),
    (r"l.?band|inmarsat|iridium|thuraya|sat.?phone", "l_band_satphone"),
    (r"gps|gnss", "gnss_interference"),
    (r"uhf|push.?to.?talk|ptt", "uhf_radio"),
    (r"radar", "radar"),
)
"""Kinds of emitters by what their names contain, the first that fits."""


def kind(column: str) -> pl.Expr:
    """Class of an emitter in our words; a name that none fits stays as it is, in lower case."""
    said = pl.col(column).str.to_lowercase().str.strip_chars()
    out = said
    for pattern, word in reversed(WORDS):
        out = pl.when(said.str.contains(pattern)).then(pl.lit(word)).otherwise(out)
    return out.alias("emitter")


def refine(told: pl.DataFrame, options: Mapping[str, str]) -> pl.DataFrame:
    """Frequencies in hertz, ellipses in metres at 95 %, kinds in our words, the emitter's own id among the flags.

    Raises:
        UsageError: an option names no unit, or no share.
    """
    have = set(told.columns)
    hertz, metres, share = _units(options)
    empty = pl.lit(None, pl.Float64())
    given = [(f"freq_{u.lower()}", f) for u, f in _FREQUENCY.items()] + [("freq_plain", hertz)]
    freq = pl.coalesce([pl.col(n) * f for n, f in given if n in have] or [empty])
    axes = {}
    for axis in ("semi_major", "semi_minor"):
        named = [(f"{axis}_in_m", 1.0), (f"{axis}_in_km", 1000.0), (f"{axis}_plain", metres)]
        axes[axis] = pl.coalesce([pl.col(n) * f for n, f in named if n in have] or [empty])
    told_share = pl.col("holds_share") if "holds_share" in have else empty
    factor = scale_to_95(told_share.fill_null(share))
    major, minor = axes["semi_major"] * factor, axes["semi_minor"] * factor
    turned = (minor > major).fill_null(value=False)
    along = pl.col("orientation_deg") if "orientation_deg" in have else empty
    names = pl.col("emitter_id") if "emitter_id" in have else pl.lit(None, pl.String())
    flags = pl.when(names.is_not_null()).then(pl.concat_list(pl.format("emitter:{}", names)))
    return told.with_columns(
        pl.when(freq > 0.0).then(freq).alias("freq_hz"),
        pl.when(turned).then(minor).otherwise(major).alias("semi_major_m"),
        pl.when(turned).then(major).otherwise(minor).alias("semi_minor_m"),
        pl.when(turned).then(along + 90.0).otherwise(along).alias("orientation_deg"),
        kind("emitter") if "emitter" in have else pl.lit(None, pl.String()).alias("emitter"),
        flags.fill_null(pl.lit([], pl.List(pl.String()))).alias("flags"),
        pl.lit("rf").alias("sensor"),
    )


def _units(options: Mapping[str, str]) -> tuple[float, float, float]:
    for name, known in (("frequency-unit", _FREQUENCY), ("axis-unit", _AXIS)):
        if options[name] not in known:
            raise UsageError(f"--{name} {options[name]!r} is none of {', '.join(known)}")
    try:
        share = float(options["confidence"])
    except ValueError:
        share = 0.0
    if not 0.0 < share < 1.0:
        raise UsageError(f"--confidence {options['confidence']!r} is no share between 0 and 1, as 0.95")
    return _FREQUENCY[options["frequency-unit"]], _AXIS[options["axis-unit"]], share


def tied(detections: pl.DataFrame) -> pl.DataFrame:
    """One detection for the repeated emissions of one emitter in a look.

    An emitter's own id goes before the kernel: emissions that bear different ones are never tied, equal ones (within a
    pass of each other) are by the kernel's rule.
    """
    said = pl.col("flags").list.eval(pl.element().filter(pl.element().str.starts_with("emitter:"))).list.first()
    class_ = pl.concat_str(pl.col("emitter"), said, separator="\0", ignore_nulls=False)
    known = detections.with_columns(pl.coalesce(class_, "emitter").alias("emitter"))
    return fuse(detections, clusters(known))


def read(uri: Path, source: Source, options: Mapping[str, str], provider: str) -> Iterator[Batch]:
    """Read a file of located emissions: looks, and one detection for each emitter in each."""
    given = source.check(options)
    frames = _found.frames(uri, source)
    yield from _found.batches(frames, source, uri, lambda t: refine(t, given), provider=provider, whole=tied)
