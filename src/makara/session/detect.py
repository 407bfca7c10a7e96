"""Ships in a satellite scene: opened, masked, searched, measured; with no lake, or for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base import ids, time
from makara.base.errors import ColumnsError, InputError
from makara.base.frames import frame
from makara.sensors.scene import Scene
from makara.session.resources import sea
from makara.sources.scene import identity, placed
from makara.tables import table

COLUMNS: Final = [f.name for f in table("detections").own]
PLACE: Final = ("line", "pixel")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Searched:
    """A scene that was searched.

    Attributes:
        detections: columns of table detections without those that every row has (``t_seen`` may be null), and ``line,
            pixel`` in the scene.
        chips: bytes of pictures around detections, by their hash.
        about: what the detector said of its work.
    """

    detections: pl.DataFrame
    chips: Mapping[str, bytes] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


def detect(
    scene: str | Path | Scene,
    *,
    provider: str | None = None,
    units: str | None = None,
    time: str | datetime | None = None,
    polarisation: str | None = None,
    licence: str | None = None,
    zones: Any = None,
    earlier: Any = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Find ships in a satellite scene, on this machine alone, with no lake.

    Args:
        scene: a product as its provider delivers it (directory, zip, tar, GeoTIFF with its metadata), or an opened one.
        provider: who provided it, where it does not say.
        units: of a plain radar GeoTIFF: ``dB``, ``dBx100``, ``power`` or ``amplitude``, where it does not say.
        time: when it was taken, where it does not say: ISO 8601, or begin and end parted by ``/``.
        polarisation: which to take of several; default ``vv``, else ``hh``.
        licence: licence of the product; goes into the chips.
        zones: table zones; what lies in one of kind ``infrastructure`` is labelled as a structure.
        earlier: detections of other dates (without a time: of some other date); what stands where one was is labelled
            as a structure. Both Polars, pandas, GeoPandas or Arrow.
        progress: told how many lines are done, of how many.

    Returns:
        One row a detection, the columns of table detections; ``t_seen`` is null where the scene has no time.

    Raises:
        InputError: the product cannot be read, is not whole, is hostile, or was taken after now.
        UsageError: an argument does not fit.
    """
    known = {
        "zones": None if zones is None else frame(zones),
        "earlier": None if earlier is None else _dated(frame(earlier), "earlier"),
    }
    if isinstance(scene, Scene):
        return search(scene, progress=progress, **known).detections.select(COLUMNS)
    told = {"provider": provider, "units": units, "time": time, "polarisation": polarisation, "licence": licence}
    with opened(scene, **told) as found:
        return search(found, progress=progress, **known).detections.select(COLUMNS)


def opened(path: str | Path, **told: Any) -> Scene:
    """Open a product, not from the future; see :func:`makara.sources.scenes.open_scene`."""
    from makara.sources.scenes import open_scene

    return open_scene(path, now=datetime.now(UTC), **told)


def search(
    scene: Scene,
    *,
    zones: pl.DataFrame | None = None,
    earlier: pl.DataFrame | None = None,
    progress: Progress | None = None,
) -> Searched:
    """Search an opened scene; see :func:`detect`.

    Raises:
        InputError: there is no detector for its kind, its pixels lie nowhere, or it cannot be read to its end.
    """
    placed(scene)
    if scene.sensor == "sar":
        from makara.sensors import sar
        from makara.sensors.sar.kinds import Known
        from makara.sensors.sar.measure import measure

        known = Known(zones=zones, earlier=earlier)
        found: Any = sar.detect(
            scene, sea=sea(scene), measure=lambda c, s: measure(c, s, known=known), progress=progress
        )
    else:
        from makara.sensors import optical

        found = optical.detect(scene, sea=sea(scene), progress=progress)
    return Searched(_named(found.detections, identity(scene), scene.sensor), found.chips, {"land": found.land})


def _named(found: pl.DataFrame, collection: str, sensor: str) -> pl.DataFrame:
    """Detections with their look, the provider's id (line and pixel) and their key."""
    own = found.select(pl.format("{}:{}", pl.col("line").round(1), pl.col("pixel").round(1)))[:, 0].to_list()
    rows = found.with_columns(
        pl.lit(collection).alias("collection"),
        pl.lit(sensor).alias("sensor"),
        pl.Series("provider_id", own, dtype=pl.String()),
        pl.Series("detection", [ids.ident("dt", collection, x) for x in own], dtype=pl.String()),
    )
    if "flags" not in rows.columns:
        rows = rows.with_columns(pl.lit([], pl.List(pl.String())).alias("flags"))
    missing = [c for c in COLUMNS if c not in rows.columns]
    types = table("detections").schema
    full = rows.with_columns(pl.lit(None, types[c]).alias(c) for c in missing)
    once = table("detections").conform(full, partial=True).select(COLUMNS)
    return once.hstack(full.select(pl.col(c).cast(pl.Float64) for c in PLACE)).unique(
        "detection", keep="first", maintain_order=True
    )


def before(path: str | Path) -> pl.DataFrame:
    """Detections of an earlier date from a file that the command wrote, or any with places: for ``earlier``.

    Args:
        path: CSV or Parquet with ``lon_deg, lat_deg`` (or ``lon, lat``), and where known ``t_seen`` and ``length_m``;
            other forms as the source ``detections`` reads them.

    Raises:
        InputError: it cannot be read.
        ColumnsError: it has no places.
    """
    from makara.sources import source

    path, kind = Path(path), Path(path).suffix.lower()
    if kind not in (".csv", ".parquet"):
        return pl.concat([b.frames["detections"] for b in source("detections").read(path, {})])
    try:
        found = pl.read_csv(path, infer_schema=False) if kind == ".csv" else pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as e:
        raise InputError(f"{path} cannot be read as {kind[1:]}: {str(e).splitlines()[0][:160]}") from e
    return _dated(found, str(path))


def _dated(found: pl.DataFrame, name: str) -> pl.DataFrame:
    """Places, times and lengths of detections, null where they are not known."""
    found = found.rename({"lon": "lon_deg", "lat": "lat_deg"}, strict=False)
    if lacking := [c for c in ("lon_deg", "lat_deg") if c not in found.columns]:
        raise ColumnsError(f"{name} has no column {', '.join(lacking)}; it has: {', '.join(found.columns[:60])}")
    t = pl.col("t_seen") if "t_seen" in found.columns else pl.lit(None, pl.String())
    if found.schema.get("t_seen", pl.String()) == pl.String():
        t = t.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    numbers = [c for c in ("lon_deg", "lat_deg", "length_m") if c in found.columns]
    rows = found.select(
        pl.col(numbers).cast(pl.Float64(), strict=False), t.cast(pl.Datetime("us", "UTC")).alias("t_seen")
    )
    return rows.filter(pl.col("lon_deg").is_finite() & pl.col("lat_deg").is_finite())


def untimed(scene: Scene) -> InputError:
    """The error that says that a lake needs the time of a scene."""
    return InputError(
        f"{scene.uri or scene.product} does not say when it was taken, and a lake needs to know; "
        f"give --time, as {time.text(time.EPOCH).replace('1970', '2026')} or begin/end"
    )


__all__ = ["Searched", "before", "detect", "opened", "search", "untimed"]
