"""Planned radar looks rendered as scenes: which vessels each shows, what of them can be seen, and the truth of it.

A scene takes the place of what would have been drawn for its look: the detector has to find the vessels in its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import shapely

from makara.base import geo, time
from makara.exercise.detections import SEMI_95, Detection, name
from makara.exercise.fleet import Fleet
from makara.exercise.looks import Look, instant
from makara.exercise.motion import TICK_S
from makara.exercise.radar import Rendered, Target, View, render
from makara.exercise.radar.clutter import level, noise
from makara.exercise.radar.product import metadata, safe_name
from makara.exercise.radar.render import targets_drawn
from makara.exercise.radar.ships import Drawn
from makara.exercise.routes import LandMask

SPACING_M: Final = 10.0
CLEAR_DB: Final = 14.0
"""Contrast from which a vessel counts as one that the detector must find."""
_QUALITY: Final = 3.0
_LEAST_M: Final = 25.0
_BORDER: Final = 50


@dataclass(frozen=True)
class Shot:
    """A scene to be rendered.

    Attributes:
        number: from 0.
        look: the look that it is.
        view: where it lies.
        vessels: numbers of the vessels in and around it.
        targets: the same.
        times: when the radar passes each, seconds after the exercise's start.
        seed: of its pixels.
    """

    number: int
    look: Look
    view: View
    vessels: tuple[int, ...]
    targets: tuple[Target, ...]
    times: tuple[float, ...]
    seed: int

    @property
    def directory(self) -> str:
        """Name of its product."""
        return safe_name(self.view, self.number)

    def drawn(self) -> tuple[Drawn, ...]:
        """Its targets' images, without the sea."""
        return targets_drawn(self.view, self.targets, self.seed)

    def rendered(self, land: LandMask) -> Rendered:
        """Its pixels."""
        return render(self.view, self.targets, land_mask=land, seed=self.seed)

    def metadata(self) -> dict[str, bytes]:
        """Its files but pixels and manifest, by path in the product."""
        return metadata(self.view, self.number)


def shots(looks: Sequence[Look], fleet: Fleet, start: datetime, seed: int, count: int) -> list[Shot]:
    """Which planned radar looks to render: those with the most silent vessels of 25 m and more in them.

    Args:
        looks: all of the exercise.
        fleet: who sails where.
        start: of the exercise.
        seed: of the exercise.
        count: how many; no more than there are.
    """
    able = [k for k in looks if k.sensor == "sar" and k.planned]
    ranked = sorted(able, key=lambda k: (-_silent(k, fleet), k.t_start, k.collection))[:count]
    return [_shot(i, k, fleet, start, seed) for i, k in enumerate(ranked)]


def found(shot: Shot, fleet: Fleet) -> list[Detection]:
    """What there is to find in a scene: each vessel where it is shown, and whether it is clear."""
    out = []
    for i, t, d in zip(shot.vessels, shot.times, shot.drawn(), strict=True):
        rows, columns = shot.view.shape
        if not (0 <= d.shown_line <= rows - 1 and 0 <= d.pixel <= columns - 1):
            continue
        (lon, lat), v = shot.view.place(d.shown_line, d.pixel), fleet.vessels[i]
        edge = min(d.shown_line, rows - 1 - d.shown_line, d.pixel, columns - 1 - d.pixel)
        semi = SEMI_95 * shot.look.sd_m
        out.append(Detection(shot.look, i, t, float(lon), float(lat), v.length_m, v.width_m, None, semi, 0.8 * semi,
                             shot.view.heading_deg % 180.0, _QUALITY if contrast_db(shot, d) >= CLEAR_DB else -_QUALITY,
                             edge < _BORDER, True))  # fmt: skip
    return out


def contrast_db(shot: Shot, d: Drawn) -> float:
    """Peak of a vessel's image against the mean sea there, noise included, decibels."""
    at = np.array([d.pixel])
    sea = float(level(shot.view, at)[0] + noise(shot.view, at)[0])
    return float(10.0 * np.log10(max(d.peak, 1e-9) / sea))


def told(shot: Shot, fleet: Fleet, every: Sequence[Detection], start: datetime) -> dict[str, Any]:
    """The truth of a scene: which vessel is where in the image, and under which name the truth calls its detection."""
    names = {d.vessel: name(k) for k, d in enumerate(every) if d.pixels and d.look == shot.look}
    vessels = []
    for i, t, d in zip(shot.vessels, shot.times, shot.drawn(), strict=True):
        if i not in names:
            continue
        lon, lat = shot.view.place(d.shown_line, d.pixel)
        vessels.append({
            "vessel": fleet.vessels[i].vessel, "detection": names[i], "t": instant(start, t),
            "line": round(d.line, 2), "pixel": round(d.pixel, 2), "shown_line": round(d.shown_line, 2),
            "shown_lon": round(float(lon), 6), "shown_lat": round(float(lat), 6),
            "contrast_db": round(contrast_db(shot, d), 1),
        })  # fmt: skip
    return {
        "product": shot.directory.removesuffix(".SAFE"), "collection": shot.look.collection,
        "t_start": time.text(shot.view.start), "t_end": time.text(shot.view.end), "vessels": vessels,
    }  # fmt: skip


def _silent(look: Look, fleet: Fleet) -> int:
    every = np.arange(len(fleet.vessels))
    t = np.full(len(every), look.t_start)
    inside = shapely.contains_xy(look.footprint, *fleet.at(every, t))
    long = np.array([v.length_m >= _LEAST_M for v in fleet.vessels])
    return int((inside & long & ~fleet.talking(every, t)).sum())


def _shot(number: int, look: Look, fleet: Fleet, start: datetime, seed: int) -> Shot:
    ring = np.array(look.footprint.exterior.coords)
    # As looks.scene draws it: its first side lies across the way, its second along it.
    across, along = geo.distance_m(ring[:2, 0], ring[:2, 1], ring[1:3, 0], ring[1:3, 1])
    centre = look.footprint.centroid
    view = View(
        centre.x, centre.y, look.heading_deg or 0.0, look.incidence_deg or 34.0,
        (round(float(along) / SPACING_M), round(float(across) / SPACING_M)), SPACING_M,
        start + timedelta(seconds=look.t_start),
    )  # fmt: skip
    every = np.arange(len(fleet.vessels))
    t = np.full(len(every), look.t_start)
    for _ in range(2):
        lon, lat = fleet.at(every, t)
        line, pixel = view.pixel_of(lon, lat)
        t = np.clip(look.t_start + line * view.line_s, 0.0, fleet.span_s - 1.0)
    reach = (view.ambiguity_m(0.0) + 2000.0) / SPACING_M
    rows, columns = view.shape
    near = (line > -reach) & (line < rows + reach) & (pixel > -50) & (pixel < columns + 50)
    numbers = np.flatnonzero(near)
    tick = np.minimum(t / TICK_S, fleet.lon.shape[1] - 1).astype(np.int64)
    targets = []
    for i in numbers.tolist():
        v, k = fleet.vessels[i], tick[i]
        targets.append(Target(
            v.vessel, "vessel", float(geo.wrap_lon(lon[i])), float(lat[i]), v.length_m, v.width_m,
            float(fleet.heading_deg[i, k]), float(fleet.cog_deg[i, k]), float(fleet.sog_kn[i, k]),
        ))  # fmt: skip
    return Shot(number, look, view, tuple(numbers.tolist()), tuple(targets), tuple(t[numbers].tolist()),
                seed * 100 + number)  # fmt: skip


def without(looks: Sequence[Look], rendered: Sequence[Shot]) -> list[Look]:
    """The looks that are told in the case's own files: those not rendered."""
    taken = {s.look.collection for s in rendered}
    return [k for k in looks if k.collection not in taken]


def replaced(drawn: Sequence[Detection], rendered: Sequence[Shot], fleet: Fleet) -> list[Detection]:
    """Detections, those of rendered looks taken from the scenes; in the order of ids."""
    taken = {s.look.collection for s in rendered}
    rest = [d for d in drawn if d.look.collection not in taken]
    new = [d for s in rendered for d in found(s, fleet)]
    return sorted([*rest, *new], key=lambda d: (d.look.t_start, d.look.collection, d.t, d.lon))
