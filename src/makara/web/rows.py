"""Rows of tables over HTTP: events, alerts, vessels, detections, collections, zones, matches, tracks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

import polars as pl
from fastapi import APIRouter, Depends, Query, Request, Response

from makara.base.errors import UsageError
from makara.sharing import OWNER
from makara.sinks import to_json
from makara.sinks.geojson import features
from makara.tables import table
from makara.tables.release import Release
from makara.web.query import Box, Ids, Kind, Known, Mmsi, Page, Partner, Since, Until, Zone, only, page
from makara.web.respond import GEOJSON, JSON, conditional, dumps

if TYPE_CHECKING:
    from makara.session import Session

router = APIRouter(tags=["rows"])
Asked = Annotated[Page, Depends(page)]
Sought = Annotated[str, Query(description="MMSI, IMO number, call sign, name, or a list's own number.", max_length=200)]
Most = Annotated[int, Query(description="At most so many rows.", ge=1, le=100)]
FOUND: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "What was found, with `score`, by which `value` of `what`, and the date (`as_of`) of a list."},
    304: {"description": "Nothing changed since the answer that `If-None-Match` names."},
}
SHOWN: Final = ("events", "alerts", "detections", "collections", "zones")
"""Tables that have places of their own, or of what they speak of."""


def row_schema(name: str) -> dict[str, Any]:
    """JSON schema of a row as given: any column may be null or left out, where it is withheld."""
    schema = table(name).json_schema()
    props = {c: p if "anyOf" in p else {"anyOf": [p, {"type": "null"}]} for c, p in schema["properties"].items()}
    return {"type": "object", "title": name, "description": table(name).doc, "properties": props}


def documented(name: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a route that gives rows of a table, for OpenAPI."""
    rows = {
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": row_schema(name)},
            "next": {"type": ["string", "null"], "description": "Where the next page is; null after the last."},
        },
        "required": ["rows", "next"],
    }
    features = {"type": "object", "title": "GeoJSON FeatureCollection (RFC 7946), with `links` to the next page"}
    content: dict[str, Any] = {JSON: {"schema": rows}}
    if name in (*SHOWN, "tracks"):
        content[GEOJSON] = {"schema": features}
    unchanged = {"description": "Nothing changed since the answer that `If-None-Match` names."}
    return {200: {"description": table(name).doc, "content": content}, 304: unchanged}


@router.get("/events", responses=documented("events"), summary="Events, newest versions")
def events(
    asked: Asked,
    bbox: Box = None,
    since: Since = None,
    until: Until = None,
    kind: Kind = None,
    ids: Ids = None,
    mmsi: Mmsi = None,
    as_known_at: Known = None,
) -> Response:
    """What happened over an interval: gaps, meetings, entries, and so on, each with its reasons."""
    times = {"since": since, "until": until, "as_known_at": as_known_at}
    filters = asked.filters(bbox=bbox, kind=kind, ids=ids, mmsi=mmsi, **times)
    return _page(asked, "events", filters)


@router.get("/events/{event}", summary="One event, and why")
def event(request: Request, event: str, partner: Partner = OWNER) -> Response:
    """The row of an event, and in words: why, reasons, evidence, what innocent thing looks the same."""
    only(request, ("partner",))
    session = request.app.state.session

    def body() -> tuple[bytes, Mapping[str, str]]:
        explained = session.explain(event, partner=partner)
        found = json.loads(to_json(session.select("events", partner=partner, ids=(event,)), "events"))
        return dumps({"event": found[0], "explain": explained}), {}

    return conditional(request, session, partner, body)


@router.get("/alerts", responses=documented("alerts"), summary="Alerts, the most urgent first")
def alerts(asked: Asked, bbox: Box = None, since: Since = None, until: Until = None, kind: Kind = None) -> Response:
    """Events that someone must see; box, times and kind are those of their events."""
    filters = asked.filters(bbox=bbox, since=since, until=until, kind=kind)
    session = asked.request.app.state.session

    def release(limit: int, offset: int) -> Release:
        every: Release = session.select("alerts", partner=asked.partner)
        spoken_of: Release = session.select("events", partner=asked.partner, **filters)
        of, rows = spoken_of["events"], every["alerts"]
        if len(rows):
            rows = rows.filter(pl.col("event").is_in(of["event"].implode())) if len(of) else rows.clear()
        tables = {"alerts": rows.slice(offset, limit), "events": of}
        return replace(every, tables=tables)

    return _answer(asked, "alerts", release)


@router.get("/detections", responses=documented("detections"), summary="What sensors found")
def detections(asked: Asked, bbox: Box = None, since: Since = None, until: Until = None, zone: Zone = None) -> Response:
    """What radar, optical, night-light and radio sensors found without being told."""
    return _page(asked, "detections", asked.filters(bbox=bbox, since=since, until=until, zone=zone))


@router.get("/matches", responses=documented("matches"), summary="Detections tied to tracks")
def matches(asked: Asked, ids: Ids = None) -> Response:
    """Each detection (`ids`) and the track that explains it best, with probabilities."""
    return _page(asked, "matches", asked.filters(ids=ids))


@router.get("/collections", responses=documented("collections"), summary="Looks that were taken")
def collections(asked: Asked, since: Since = None, until: Until = None) -> Response:
    """Where and when sensors looked, whether or not they found anything."""
    return _page(asked, "collections", asked.filters(since=since, until=until))


@router.get("/zones", responses=documented("zones"), summary="Areas with a law or a purpose")
def zones(asked: Asked, bbox: Box = None, kind: Kind = None) -> Response:
    """Exclusive economic zones, closures, ports, cables, and so on."""
    return _page(asked, "zones", asked.filters(bbox=bbox, kind=kind))


@router.get("/vessels", responses=documented("vessels"), summary="Vessels")
def vessels(asked: Asked, ids: Ids = None) -> Response:
    """Identities over time, each part with how sure it is."""
    return _page(asked, "vessels", asked.filters(ids=ids))


@router.get("/vessels/{ident:path}", summary="One vessel with its track")
def vessel(request: Request, ident: str, partner: Partner = OWNER, track: bool = True) -> Response:
    """A vessel by id, MMSI, IMO number or name: identity, members, events and, unless `track=false`, all its points."""
    only(request, ("partner", "track"))
    session = request.app.state.session
    names = ("vessels", "vessel_links", "events", "track_points") if track else ("vessels", "vessel_links", "events")

    def body() -> tuple[bytes, Mapping[str, str]]:
        found = session.vessel(ident, partner=partner)
        parts = [f'"{name}":{to_json(found, name).strip()}' for name in names]
        return ("{" + ",".join(parts) + "}").encode(), {}

    return conditional(request, session, partner, body)


@router.get("/search", responses=FOUND, summary="Vessels by any number or name")
def search(request: Request, q: Sought, partner: Partner = OWNER, limit: Most = 20) -> Response:
    """Vessels, and for the owner entries of lists, that a text may mean, also misspelt; the likeliest first."""
    only(request, ("q", "partner", "limit"))
    session = request.app.state.session

    def body() -> tuple[bytes, Mapping[str, str]]:
        found = session.search(q, partner=partner, limit=limit)
        dated = found.with_columns(pl.col("as_of").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return dumps({"rows": dated.to_dicts()}), {}

    return conditional(request, session, partner, body)


@router.get("/tracks", responses=documented("tracks"), summary="Tracks, as rows or lines")
def tracks(asked: Asked, bbox: Box = None, since: Since = None, until: Until = None, mmsi: Mmsi = None) -> Response:
    """Reports held to be one object; as GeoJSON their lines, with the newest position as `last`."""
    return _page(asked, "tracks", asked.filters(bbox=bbox, since=since, until=until, mmsi=mmsi))


def _page(asked: Page, name: str, filters: Mapping[str, Any]) -> Response:
    session = asked.request.app.state.session

    def release(limit: int, offset: int) -> Release:
        found: Release = session.select(name, partner=asked.partner, limit=limit, offset=offset, **filters)
        return found

    return _answer(asked, name, release)


def _answer(asked: Page, name: str, release: Callable[[int, int], Release]) -> Response:
    """A page of a release, and where the next one is."""
    session = asked.request.app.state.session
    lines = name == "tracks"
    if asked.form == "geojson" and not (lines or name in SHOWN):
        raise UsageError(f"{name} have no places; ask for format=json")

    def body() -> tuple[bytes, Mapping[str, str]]:
        found: Release = release(asked.limit + 1, asked.offset)
        rows = found[name]
        more = len(rows) > asked.limit
        found = replace(found, tables={**found.tables, name: rows.head(asked.limit)})
        following = asked.following if more else None
        link = {"Link": f'<{following}>; rel="next"'} if following else {}
        if asked.form == "json":
            return b'{"rows":%b,"next":%b}' % (to_json(found, name).strip().encode(), dumps(following)), link
        shown = list(_lines(session, found)) if lines else list(features(found, name))
        links = [{"rel": "next", "href": following}] if following else []
        return dumps({"type": "FeatureCollection", "features": shown, "links": links}), link

    return conditional(asked.request, session, asked.partner, body, GEOJSON if asked.form == "geojson" else JSON)


def _lines(session: Session, found: Release) -> Iterator[dict[str, Any]]:
    """Tracks as features: the line of their points, their row, and their newest position as ``last``."""
    rows, points = found["tracks"], session.release(found.partner)["track_points"]
    if not len(rows) or not len(points):
        return
    mine = points.filter(pl.col("track").is_in(rows["track"].implode()))
    newest = mine.sort("t_seen", "report").unique("track", keep="last", maintain_order=True)
    told = {r["track"]: r for r in json.loads(to_json(found, "tracks"))}
    last = {p["track"]: p for p in json.loads(to_json(replace(found, tables={"track_points": newest}), "track_points"))}
    for f in features(replace(found, tables={"track_points": mine}), "track_points"):
        point = {c: last[f["id"]][c] for c in ("t_seen", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg")}
        yield f | {"properties": {"table": "tracks"} | told[f["id"]] | {"last": point}}
