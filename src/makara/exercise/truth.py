"""``truth.json``: what really happened, told from true motion and actual reception."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from makara.base.time import from_us, text, to_us
from makara.base.units import S_US
from makara.exercise import truth_motion, truth_signal
from makara.exercise.detections import Detection, name
from makara.exercise.truth_motion import Fact, World


def facts(w: World, found: list[Detection]) -> list[Fact]:
    """Everything true or tolerated, by kind, then time."""
    every: Iterator[Fact] = chain(
        truth_motion.loitering(w), truth_motion.encounters(w), truth_motion.zone_entries(w), truth_motion.fishing(w),
        truth_motion.cables(w), truth_signal.gaps(w), truth_signal.told(w), truth_signal.dark(w, found),
        truth_signal.dark_meetings(w, found),
    )  # fmt: skip
    return sorted(every, key=lambda f: (f.kind, f.t_start, f.vessels, f.zone or ""))


def truth_json(case: str, w: World, found: list[Detection], start: datetime) -> bytes:
    """The file, without a line break inside."""

    def when(t: float | None) -> str | None:
        return None if t is None else text(from_us(to_us(start) + round(t) * S_US))

    def told(f: Fact) -> dict[str, Any]:
        vessels = [w.fleet.vessels[i] for i in f.vessels]
        return {
            "kind": f.kind, "t_start": when(f.t_start), "t_end": when(f.t_end), "vessels": [v.vessel for v in vessels],
            "mmsi": list(dict.fromkeys(v.mmsi for v in vessels if v.mmsi is not None)), "lon": round(f.lon, 5),
            "lat": round(f.lat, 5), "zone": f.zone, "detections": list(f.detections), "planted": f.planted,
            "observable": f.observable,
        }  # fmt: skip

    span = w.fleet.span_s
    vessels = [
        {
            "vessel": v.vessel, "mmsi": v.mmsi, "class": v.kind, "length_m": v.length_m,
            "silent": [[when(a), when(min(b, span))] for a, b in v.silent],
        }
        for v in w.fleet.vessels
    ]  # fmt: skip
    every = facts(w, found)
    content = {
        "case": case, "t_start": when(0.0), "t_end": when(span), "vessels": vessels,
        "events": [told(f) for f in every if f.sure],
        "tolerated": [told(f) for f in every if not f.sure],
        "detections": {
            name(k): None if d.vessel is None else w.fleet.vessels[d.vessel].vessel for k, d in enumerate(found)
        },
    }  # fmt: skip
    return json.dumps(content, separators=(",", ":")).encode()
