"""Satellite scenes on their way into a lake: known by content, searched for ships, chips kept beside the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import polars as pl

from makara.base.errors import InputError, UsageError
from makara.lake import Lake
from makara.lake.landing import digest, keep, land
from makara.session import detect
from makara.session.licences import Licences
from makara.sources import Batch, _source
from makara.sources.case import SCENES
from makara.sources.scene import SOURCE, look_of
from makara.sources.scenes import open_scene

LAND_MOST: Final = 64 * 1024**2
"""Products up to this many bytes are copied into the landing; of larger ones the hash and the place are kept."""
OWN: Final = "own"
MEDIA: Final = "image/png"
TOLD: Final = ("provider", "units", "time", "polarisation")


def images(reader: Any) -> bool:
    """Whether a source gives images: such are searched for ships."""
    return isinstance(reader, ModuleType) and (hasattr(reader, "open_scene") or reader.SOURCE is SOURCE)


def register(lake: Lake, path: Path) -> tuple[str, int]:
    """The content hash and size of a product; a small one is kept in the landing.

    A directory's hash is that of its files' relative names and hashes, whatever their order on disk.

    Raises:
        InputError: it cannot be read.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist; check the path")
    files = sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    small = sum(f.stat().st_size for f in files) <= LAND_MOST
    found = []
    for f in files:
        if small:
            landed = land(lake.path, f)
            found.append((f, landed.sha256, landed.bytes))
        else:
            found.append((f, *digest(f)))
    size = sum(n for _, _, n in found)
    if not path.is_dir():
        return found[0][1], size
    whole = hashlib.sha256()
    for f, sha, _ in found:
        whole.update(f"{f.relative_to(path).as_posix()}\0{sha}\n".encode())
    return whole.hexdigest(), size


def batches(
    lake: Lake,
    name: str,
    path: Path,
    options: Mapping[str, str],
    licences: Licences,
    now: datetime,
    progress: Callable[[int], None] | None,
) -> Iterator[Batch]:
    """A scene as its look, its detections and their chips; a look that found nothing is kept.

    Args:
        lake: chips go into its folder ``chips``.
        name: the feed.
        path: the product.
        options: of the source.
        licences: which may be named, and the one given.
        now: products from after it are refused.
        progress: told how many lines are done.

    Raises:
        InputError: the product cannot be read, or does not say when it was taken.
        UsageError: it comes under no licence; the message lists those there are.
    """
    told = {k: options.get(k) for k in TOLD}
    with open_scene(path, **told, licence=licences.given, now=now) as scene:
        licence = licences.given or licences.named(scene.licence) or licences.of_provider(scene.provider)
        if licence is None:
            said = f"says {scene.licence!r}, which is none of these" if scene.licence else "says none"
            raise UsageError(
                f"{path} needs a licence, and it {said}; nothing was taken in. Give --licence NAME; {licences.listed()}"
            )
        if scene.t_start is None:
            raise detect.untimed(scene)
        look = look_of(scene).with_columns(licence=pl.lit(licence))
        found = detect.search(scene, progress=None if progress is None else lambda lines, _: progress(lines))
    rows = found.detections.drop(detect.PLACE)
    frames = {"collections": _source.shape("collections", look), "detections": _source.shape("detections", rows)}
    for data in found.chips.values():
        keep(lake.path / "chips", data, ".png")
    shown = rows.filter(pl.col("chip").is_in(list(found.chips)))
    sizes = {sha: len(data) for sha, data in found.chips.items()}
    frames["chips"] = shown.select(
        "chip",
        "detection",
        "collection",
        pl.lit(MEDIA).alias("media"),
        pl.col("chip").replace_strict(sizes, default=0, return_dtype=pl.Int64()).alias("bytes"),
    ).unique("chip", keep="first", maintain_order=True)
    yield Batch(frames, _source.no_rejects(), len(rows) + 1, name)


def in_case(directory: Path) -> list[Path]:
    """The products that a case directory brings, in its folder ``scenes``."""
    return sorted(p for p in (directory / SCENES).glob("*") if not p.name.startswith("."))


def of_case(lake: Lake, directory: Path, licences: Licences, now: datetime) -> Iterator[Batch]:
    """The scenes of a case directory, searched; known when they were taken, as all of a case. See :func:`batches`.

    A case is an exercise: its scenes are the owner's unless a licence is given.
    """
    under = copy(licences)
    under.given = licences.given or OWN
    for product in in_case(directory):
        for batch in batches(lake, "case.sar", product, {}, under, now, None):
            known = pl.lit(batch.frames["collections"]["t_end"][0])
            yield replace(batch, frames={k: f.with_columns(t_known=known) for k, f in batch.frames.items()})


__all__ = ["LAND_MOST", "batches", "images", "in_case", "of_case", "register"]
