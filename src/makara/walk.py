"""The walk, on one screen: from what came in to what each partner may see. Nothing is decided here.

Steps 1 and 2 (sources keep the raw lines, sensors decode them) are done when rows arrive; step 8 (sinks, API and map
show a Release) when someone looks.
"""

from __future__ import annotations

import polars as pl

from makara.alerts import decide
from makara.arrived import Arrived, Dirty
from makara.engine import Embedded
from makara.fusion import match, structures
from makara.inputs import Inputs
from makara.picture import OWN, Picture
from makara.registry import classes, watched
from makara.sharing import release
from makara.tracks import segment, tracks
from makara.zones import tag


def walk(arrived: Arrived, picture: Picture, inputs: Inputs, engine: Embedded) -> None:
    """One step of t_known: reports, claims, collections and detections become versions of events, alerts, releases."""
    now = arrived.now
    dirty = picture.take(arrived)  # 1, 2: what came in, decoded

    for some in picture.parts(arrived, dirty):
        picture.replace_points(_made(picture, some, inputs, engine), some)  # 3, 4: tracks; where, under whose law
        picture.replace_tracks(tracks(picture.points_of(some), profile=inputs.profile), some)
    picture.replace_vessels(classes(picture.claims_of(dirty), inputs.lists), dirty)  # whose
    found = match(*picture.looks(dirty), vessels=picture.vessels)  # matched or not
    found = structures(found, picture.sighted, picture.matches, picture.collections, inputs.zones)  # or what stands
    picture.replace_matches(found, dirty)

    picture.redo(dirty, inputs)  # 5: behaviours
    picture.retire(inputs)

    heard = picture.heard(inputs)  # 6: alerts
    lists = watched(picture.vessels, inputs.lists)
    about = {"zones": inputs.zones, "lists": lists, "members": picture.members(inputs), "acts": inputs.acts}
    picture.put_alerts(
        decide(heard, inputs.subscriptions, picture.alerts, picture.vessels, now, bases=inputs.bases, own=OWN, **about)
    )

    for partner in inputs.partners:  # 7: release, the only gate out
        view = {"events": picture.events, "alerts": picture.alerts}
        given = release(view, now=now, held=picture.released[partner], **inputs.gate(partner, picture.marks))
        picture.put_release(given)


def _made(picture: Picture, some: Dirty, inputs: Inputs, engine: Embedded) -> pl.DataFrame:
    """Points of the reports that must be segmented anew, tagged; the picture alone holds on to them."""
    points = engine.by_mover(_onward, *picture.behind(some), profile=inputs.profile, clock_off=picture.clock_off)
    return tag(points, inputs.zones, shore=inputs.shore, depth=inputs.depth)


def _onward(reports: pl.DataFrame, before: pl.DataFrame, *, profile: str, clock_off: pl.DataFrame) -> pl.DataFrame:
    return segment(reports, profile=profile, context=before, clock_off=clock_off)
