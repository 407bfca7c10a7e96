"""A whole exercise: from a seed to the files of a case directory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import numpy as np

from makara.base.errors import UsageError
from makara.base.units import HOUR_S
from makara.exercise import feed
from makara.exercise.detections import detect, detections_csv
from makara.exercise.fleet import Register, assemble
from makara.exercise.incidents import Stage, alike, plant
from makara.exercise.looks import all_looks, collections_geojson
from makara.exercise.motion import TICK_S
from makara.exercise.places import FIJI_GROUNDS, GROUNDS, NODES, PORTS
from makara.exercise.radio import Heard, listen, passes
from makara.exercise.registers import authorisations_csv, lists_csv
from makara.exercise.routes import FloatArray, LandMask, Sea
from makara.exercise.scenes import Shot, replaced, shots, told, without
from makara.exercise.traffic import background
from makara.exercise.truth import truth_json
from makara.exercise.world import World
from makara.exercise.zones import all_zones, zones_geojson

START: Final = datetime(2026, 3, 14, 13, 0, tzinfo=UTC)
"""When exercises begin unless told otherwise: evening in the Andaman Sea, past midnight in Fiji."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case directory in memory: its name, the bytes of each file, and scenes to be rendered beside them."""

    name: str
    files: dict[str, bytes]
    scenes: tuple[Shot, ...] = ()


def sea_over(land: LandMask) -> Sea:
    """The waypoints, ports, anchorages and fishing grounds of the exercise over a land mask."""
    nodes = dict(NODES)
    for p in PORTS.values():
        nodes[f"port:{p.name}"] = (p.lon, p.lat)
        nodes[f"anch:{p.name}"] = (p.anchor_lon, p.anchor_lat)
    for g in (*GROUNDS, *FIJI_GROUNDS):
        nodes[f"ground:{g.name}"] = (g.lon, g.lat)
    return Sea(land, nodes)


def simulate(
    seed: int, *, hours: float = 24.0, vessels: int = 300, quiet: bool = False, land: LandMask, start: datetime = START,
    scenes: int = 0,
) -> Case:  # fmt: skip
    """Simulate the Andaman Sea, the Malacca Strait and a corner of Fiji, with known truth.

    The same arguments always give the same bytes. Nothing in it is real but the coast: vessels, numbers, names, zones
    and events are invented. Stations forward one position of a mover a minute (see :mod:`makara.exercise.radio`).

    Args:
        seed: any whole number from 0.
        hours: length; the planted silence of over 6 h needs 12 or more.
        vessels: how many there are at least; the incidents and their like need about twenty.
        quiet: no incident, look-alikes only.
        land: whether points lie on land; longitudes and latitudes in degrees.
        start: first instant, aware.
        scenes: how many of the planned radar looks to give as scenes instead of as detections.

    Returns:
        The files of a case directory, and the scenes.

    Raises:
        UsageError: ``hours`` is under 1 or over 240, ``vessels``, ``scenes`` or ``seed`` is negative, ``start`` names
            no zone.
    """
    if not (math.isfinite(hours) and 1.0 <= hours <= 240.0):
        raise UsageError(f"hours is {hours:g}; an exercise takes 1 to 240 hours")
    if vessels < 0 or seed < 0 or scenes < 0:
        raise UsageError("vessels, scenes and seed cannot be negative")
    if start.tzinfo is None:
        raise UsageError("start names no time zone; give an aware datetime")
    span = round(hours * HOUR_S / TICK_S) * float(TICK_S)
    identity, motion, signal, sight = (np.random.default_rng([seed, k]) for k in range(4))
    sea, zones = sea_over(land), all_zones()
    stage = Stage(motion, sea, Register(identity), span)
    if not quiet:
        plant(stage, seed)
    alike(stage, seed)
    stage.vessels += background(motion, sea, stage.register, span, max(0, vessels - len(stage.vessels)))
    fleet = assemble(stage.vessels)
    seen = passes(signal, span)
    heard = listen(fleet, seen, int(signal.integers(1 << 62)))
    looks = all_looks(stage.planted, start, span, sight)
    sought = [i for i, v in enumerate(fleet.vessels) if v.incident]
    found = detect(sight, looks, fleet, sea, np.array(sought, np.int64))
    rendered = shots(looks, fleet, start, seed, scenes)
    found = replaced(found, rendered, fleet)
    near, far = (feed.lines_of(fleet, heard, satellite, seen, start, signal) for satellite in (False, True))
    name = f"exercise-{seed}{'-quiet' if quiet else ''}"
    positions, statics = (_heard_times(heard, len(fleet.vessels), static) for static in (False, True))
    asked = tuple(stage.planted), tuple(stage.borderline)
    world = World(fleet, zones, *asked, sea, positions, statics, tuple(found))
    files = {
        feed.TERRESTRIAL: feed.gz(near),
        feed.SATELLITE: feed.gz(far),
        "known.csv": feed.known_csv(far, seen, start),
        "detections.csv": detections_csv(found, start),
        "collections.geojson": collections_geojson(without(looks, rendered), start),
        "zones.geojson": zones_geojson(zones),
        "authorisations.csv": authorisations_csv(fleet, zones, start),
        "lists.csv": lists_csv(fleet.vessels, start),
        "truth.json": truth_json(name, world, start, [told(s, fleet, found, start) for s in rendered]),
    }  # fmt: skip
    return Case(name, files, tuple(rendered))


def _heard_times(heard: list[Heard], count: int, static: bool) -> tuple[FloatArray, ...]:
    """When positions (or static data) of each vessel were received, sorted, seconds."""
    positions = [h for h in heard if (h.what == "static") == static]
    who = np.concatenate([h.vessel for h in positions])
    t = np.concatenate([h.t for h in positions])
    order = np.lexsort((t, who))
    ends = np.searchsorted(who[order], np.arange(count + 1))
    return tuple(t[order][a:b] for a, b in pairwise(ends))
