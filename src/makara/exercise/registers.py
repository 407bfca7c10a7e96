"""Who may do what: licences to fish, and lists that vessels stand on."""

from __future__ import annotations

from datetime import datetime, timedelta

from makara.base.time import text
from makara.exercise.fleet import Fleet, Vessel
from makara.exercise.zones import LAWFUL, Zone

_BEFORE = timedelta(days=180)
_AFTER = timedelta(days=185)


def authorisations_csv(fleet: Fleet, zones: tuple[Zone, ...], start: datetime) -> bytes:
    """``authorisations.csv``: licences of every fishing vessel in no incident for each zone that it enters.

    A licence is for the gear that the vessel fishes with; ``licensed`` vessels hold one for another.
    """
    rows = ["mmsi,zone,gear,from,to\n"]
    since, until = text(start - _BEFORE), text(start + _AFTER)
    for i, v in enumerate(fleet.vessels):
        if v.mmsi is None or not v.kind.startswith("fishing") or (v.incident and v.licensed is None):
            continue
        x, y = fleet.lon[i, ::12], fleet.lat[i, ::12]
        inside = [z.zone for z in zones if z.kind in LAWFUL and z.holds(x, y).any()]
        gear = v.licensed or v.track.gear or "trawl"
        rows += [f"{v.mmsi},{zone},{gear},{since},{until}\n" for zone in inside]
    return "".join(rows).encode()


def lists_csv(vessels: tuple[Vessel, ...], start: datetime) -> bytes:
    """``lists.csv``: carriers in their register, and vessels on a list of past offenders (invented)."""
    rows = ["list,mmsi,imo,name,reason,from\n"]
    since = text(start - _BEFORE)
    for v in vessels:
        if v.kind == "carrier":
            c = v.claims[0]
            rows.append(f"carrier_register,{c.mmsi},{c.imo},{c.name},authorised carrier vessel,{since}\n")
    for v in vessels:
        if v.listed:
            c = v.claims[0]
            rows.append(f"iuu,{c.mmsi},{c.imo or ''},{c.name},fished without a licence before (invented),{since}\n")
    return "".join(rows).encode()
