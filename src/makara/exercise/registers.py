"""Who may do what: licences to fish, and lists that vessels stand on."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from makara.base.time import text
from makara.exercise.fleet import Fleet, Vessel
from makara.exercise.zones import LAWFUL, Zone

_BEFORE = timedelta(days=180)
_AFTER = timedelta(days=185)


def authorisations_csv(fleet: Fleet, zones: tuple[Zone, ...], start: datetime) -> bytes:
    """``authorisations.csv``: licences of every fishing vessel in no incident for each zone that it enters."""
    rows = ["mmsi,zone,gear,from,to\n"]
    since, until = text(start - _BEFORE), text(start + _AFTER)
    for i, v in enumerate(fleet.vessels):
        if v.mmsi is None or v.incident or not v.kind.startswith("fishing"):
            continue
        x, y = fleet.lon[i, ::12], fleet.lat[i, ::12]
        inside = [z.zone for z in zones if z.kind in LAWFUL and z.holds(x, y).any()]
        rows += [f"{v.mmsi},{zone},trawl,{since},{until}\n" for zone in inside]
    return "".join(rows).encode()


def lists_csv(vessels: tuple[Vessel, ...], start: datetime, rng: np.random.Generator) -> bytes:
    """``lists.csv``: carriers in their register, and two fishing vessels on a list of past offenders (invented)."""
    rows = ["list,mmsi,imo,name,reason,from\n"]
    since = text(start - _BEFORE)
    carriers = [v for v in vessels if v.kind == "carrier"]
    rows += [f"carrier_register,{v.mmsi},{v.imo},{v.name},authorised carrier vessel,{since}\n" for v in carriers]
    listed = [v for v in vessels if v.kind == "fishing_a" and v.incident in ("", "silent")]
    once = [v for v in listed if v.incident] + [v for v in listed if not v.incident][:40]
    if once:
        chosen = {0, int(rng.integers(len(once)))}
        for k in sorted(chosen):
            v = once[k]
            rows.append(f"iuu,{v.mmsi},{v.imo or ''},{v.name},fished without a licence before (invented),{since}\n")
    return "".join(rows).encode()
