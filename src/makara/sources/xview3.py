"""Labels of the xView3 challenge: ships and fixed structures in Sentinel-1 scenes, from AIS and from analysts.

Who: Global Fishing Watch and the Defense Innovation Unit (Paolo et al., NeurIPS 2022). Format: CSV of labels
(``detect_lat, detect_lon, vessel_length_m, source`` (ais, manual, ais/manual), ``is_vessel, is_fishing, scene_id,
confidence`` (LOW, MEDIUM, HIGH), ``detect_id``). The scenes are anonymous and hold no times: ``--time`` gives one for
all, or one a scene. ``is_vessel`` is P(vessel) 1 or 0, what is no vessel is a structure; who labelled it and how surely
are flags (``label:ais``, ``label:low``). A scene is a look whose footprint the labels do not hold. Licence: CC BY-NC-SA
4.0. Latency: none; a data set for measurement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from makara.base import time
from makara.base.errors import UsageError
from makara.sources import _found
from makara.sources._sniff import Guess, Head
from makara.sources._source import TS, Batch, Option, Source, several

SOURCE = Source(
    "xview3",
    ("collections", "detections"),
    "xView3 labels of Sentinel-1 scenes (CSV)",
    (Option("time", "when the scenes were taken, or SCENE=TIME for one of them", repeat=True),),
    columns={
        "provider_id": ("detect_id",),
        "product": ("scene_id",),
        "lon_deg": ("detect_lon",),
        "lat_deg": ("detect_lat",),
        "length_m": ("vessel_length_m",),
        "is_vessel": ("is_vessel",),
        "label": ("source",),
        "surely": ("confidence",),
    },
    needed=("product", "lon_deg", "lat_deg", "is_vessel"),
    any_case=True,
)


def recognises(head: Head) -> Guess | None:
    """The columns of the challenge."""
    if {"detect_lat", "detect_lon", "scene_id", "is_vessel"} <= set(head.columns):
        return Guess(0.95, "it has detect_lat, detect_lon, scene_id and is_vessel")
    return None


def _times(options: Mapping[str, str]) -> tuple[datetime | None, dict[str, datetime]]:
    common, by_scene = None, {}
    for item in several(options, "time"):
        scene, equals, text = item.rpartition("=")
        if equals:
            by_scene[scene.strip()] = time.parse(text)
        else:
            common = time.parse(text)
    if common is None and not by_scene:
        raise UsageError("xView3's scenes hold no times; add --time 2020-06-01T00:00:00Z, or --time SCENE=TIME")
    return common, by_scene


def _refine(told: pl.DataFrame, common: datetime | None, by_scene: Mapping[str, datetime]) -> pl.DataFrame:
    scenes = pl.Series(list(by_scene), dtype=pl.String()), pl.Series(list(by_scene.values()), dtype=TS)
    t = pl.col("product").replace_strict(*scenes, default=common, return_dtype=TS)
    ship = pl.col("is_vessel").str.to_lowercase()
    labels = [
        pl.when(pl.col(c).is_not_null()).then(pl.format("label:{}", pl.col(c).str.to_lowercase()))
        for c in ("label", "surely")
        if c in told.columns
    ]
    flags = pl.concat_list(labels).list.drop_nulls() if labels else pl.lit([], pl.List(pl.String()))
    return told.with_columns(
        t.alias("t_seen"),
        pl.lit(value=False).alias("t_seen_said"),
        pl.when(ship == "true").then(1.0).when(ship == "false").then(0.0).alias("p_vessel"),
        pl.when(ship == "false").then(pl.lit("platform")).alias("structure"),
        flags.alias("flags"),
        pl.lit("sar").alias("sensor"),
        pl.lit("Sentinel-1").alias("platform"),
    )


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file of labels; feed ``xview3``. See :class:`makara.sources.Reader`."""
    common, by_scene = _times(SOURCE.check(options))
    frames = _found.frames(uri, SOURCE)
    yield from _found.batches(frames, SOURCE, uri, lambda t: _refine(t, common, by_scene), provider="xView3")
