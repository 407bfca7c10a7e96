"""``truth.json``: what really happened, told from true motion and actual reception."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final

from makara.base.time import from_us, text, to_us
from makara.base.units import S_US
from makara.exercise import truth_craft, truth_motion, truth_pairs, truth_signal
from makara.exercise.detections import name
from makara.exercise.world import Fact, World

_TOLD: Final = (
    truth_motion.loitering, truth_motion.zone_entries, truth_motion.fishing, truth_motion.slow_passages,
    truth_motion.drifting, truth_motion.drop_offs, truth_motion.port_visits, truth_pairs.meetings, truth_motion.cables,
    truth_craft.go_fast, truth_craft.approaches, truth_craft.mother_ships, truth_signal.gaps, truth_signal.told,
    truth_signal.dark, truth_signal.dark_meetings,
)  # fmt: skip


def facts(w: World) -> list[Fact]:
    """Everything true or tolerated, by kind, then time."""
    every = chain.from_iterable(tell(w) for tell in _TOLD)
    return sorted(every, key=lambda f: (f.kind, f.t_start, f.vessels, f.zone or ""))


def truth_json(case: str, w: World, start: datetime, scenes: Sequence[Mapping[str, Any]] = ()) -> bytes:
    """The file, without a line break inside; ``scenes`` tells what rendered scenes show, where there are any."""

    def when(t: float | None) -> str | None:
        return None if t is None else text(from_us(to_us(start) + round(t) * S_US))

    def told(f: Fact) -> dict[str, Any]:
        vessels = [w.fleet.vessels[i] for i in f.vessels]
        return {
            "kind": f.kind, "t_start": when(f.t_start), "t_end": when(f.t_end), "vessels": [v.vessel for v in vessels],
            "mmsi": list(dict.fromkeys(c.mmsi for v in vessels for c in v.claims)), "lon": round(f.lon, 5),
            "lat": round(f.lat, 5), "zone": f.zone, "detections": list(f.detections), "planted": f.planted,
            "observable": f.observable,
        }  # fmt: skip

    span = w.fleet.span_s
    vessels = [
        {
            "vessel": v.vessel, "mmsi": v.mmsi, "class": v.kind, "length_m": v.length_m,
            "gear": v.track.gear or None, "silent": [[when(a), when(min(b, span))] for a, b in v.silent],
            "false_position": [[when(k.t_start), when(min(k.t_end, span))] for k in v.lies],
        }
        for v in w.fleet.vessels
    ]  # fmt: skip
    every = facts(w)
    content: dict[str, Any] = {
        "case": case, "t_start": when(0.0), "t_end": when(span), "vessels": vessels,
        "events": [told(f) for f in every if f.sure],
        "tolerated": [told(f) for f in every if not f.sure],
        "detections": {
            name(k): None if d.vessel is None else w.fleet.vessels[d.vessel].vessel for k, d in enumerate(w.found)
        },
    }  # fmt: skip
    if scenes:
        content["scenes"] = list(scenes)
    return json.dumps(content, separators=(",", ":")).encode()
