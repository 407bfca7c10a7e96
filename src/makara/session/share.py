"""What leaves: the gate with what it must know, the ledger, one vessel, one event's why, the score."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import polars as pl

from makara.alerts import explain as explain_alert
from makara.base.errors import NotFoundError, ReleaseError
from makara.base.time import parse, text
from makara.behaviours import rule
from makara.exercise.score import in_scenes
from makara.exercise.score import score as score_events
from makara.lake import Lake, Settings
from makara.lake.keys import partner_key
from makara.looks import one_each
from makara.replay import newest
from makara.session.inputs import policies_of
from makara.session.licences import permits
from makara.sharing import OWNER, Mark, Released, entry, release
from makara.sharing.marks import ROW, key, row
from makara.tables.release import Release

_FOUND: Final = ("detection", "provider_id", "sensor", "t_seen", "lon_deg", "lat_deg")
NO_ALERT: Final[dict[str, Any]] = {"alert": None, "rank": None, "contributions": []}
"""What stands in for the alert of an event that alerts nobody."""


def gate(
    lake: Lake,
    settings: Settings,
    view: Mapping[str, pl.DataFrame],
    partner: str,
    purpose: str,
    now: datetime,
    *,
    marks: pl.DataFrame | None = None,
) -> Released:
    """Put a view through release; ``marks`` are those of its rows that the lake does not hold.

    A look that was declared several times goes as the declarations that may go tell it.

    Raises:
        ReleaseError: no such partner.
    """
    owner = partner == OWNER
    held_marks = lake.state("marks")
    if not owner and partner not in settings.partners:
        raise ReleaseError(f"no partner {partner!r}; the owner names partners in makara.toml, as [partners.FJI]")
    every = held_marks if marks is None else pl.concat([held_marks, marks], how="diagonal")
    told: dict[str, Any] = {
        "partner": partner,
        "purpose": purpose,
        "policies": policies_of(lake, settings),
        "licences": permits(settings),
        "zones": lake.state("zones"),
        "secret": None if owner else partner_key(lake.path, partner),
        "now": now,
    }
    looks = view.get("collections")
    if looks is not None and looks["collection"].is_duplicated().any():
        if not owner:
            alone = looks.with_columns(collection=pl.format("{}/{}", "collection", pl.int_range(pl.len())))
            going = release({"collections": alone}, marks=every, **told).ids["inside_id"]
            looks = looks.filter(alone["collection"].is_in(going.implode()))
        looks, met = one_each(looks, every)
        view, every = {**view, "collections": looks}, pl.concat([every, met], how="diagonal")
    return release(view, marks=every, held=None if owner else history(lake, partner)[0], **told)


def history(lake: Lake, partner: str) -> tuple[pl.DataFrame, int]:
    """What the ledger says of a partner: its released rows, and the number of its last release."""
    mine = lake.state("releases").filter(pl.col("partner") == partner)
    rows = lake.history("released_rows").join(mine.select("release"), on="release", how="semi")
    return rows, int(mine["seq"].max() or 0)  # type: ignore[arg-type]


def hand_over(lake: Lake, released: Released, now: datetime) -> Release:
    """Enter a release into the ledger; answers it."""
    out = released.release
    if out.partner == OWNER:
        return out
    with lake.write() as commit:
        made = entry(released, *history(lake, out.partner))
        if made is not None:
            own = Mark.own(OWNER)
            stamps = {"source": pl.lit("release"), "t_known": pl.lit(now), "mark": pl.lit(key(own))}
            commit.put("marks", pl.DataFrame([row(own)], schema=ROW).with_columns(**stamps))
            for name, frame in zip(("releases", "released_rows"), made, strict=True):
                commit.put(name, frame.with_columns(**stamps))
    return out


def named(vessels: pl.DataFrame, links: pl.DataFrame, ident: str) -> pl.DataFrame:
    """Vessels that an id, MMSI, IMO number, call sign or exact name means; a former one where no vessel has it now.

    Args:
        vessels: table vessels, as far as the asker may see it; what they bore before stands in ``evidence``.
        links: table vessel_links, likewise: former MMSIs and vessels that were taken up.
        ident: what was given.
    """
    if not len(vessels):
        return vessels
    asked = ident.strip()
    same = pl.col("vessel") == asked
    for column in ("name", "callsign"):
        same = same | (pl.col(column).str.to_uppercase() == asked.upper())
    if asked.isdecimal() and len(asked) <= 9:
        same = same | (pl.col("mmsi") == int(asked)) | (pl.col("imo") == int(asked))
    found = vessels.filter(same.fill_null(False))
    if not len(found) and len(links):
        held = links.filter(pl.col("member").is_in([asked, f"mv{asked}"]))
        found = vessels.filter(pl.col("vessel").is_in(held["vessel"].implode()))
    if not len(found) and "evidence" in vessels.columns:
        bore = [any(str(h["value"]).upper() == asked.upper() for h in _history(e)) for e in vessels["evidence"]]
        found = vessels.filter(pl.Series(bore, dtype=pl.Boolean()))
    return found


def _history(evidence: str | None) -> list[dict[str, Any]]:
    """What a vessel was called; a flag names no vessel."""
    return [h for h in json.loads(evidence or "{}").get("history", ()) if h["what"] != "flag"]


def one_vessel(
    table: Callable[..., pl.DataFrame], ident: str, since: datetime | None = None, until: datetime | None = None
) -> dict[str, pl.DataFrame]:
    """One vessel: itself, its members, and their points and events while they belonged to it.

    Args:
        table: gives a table's rows that a query (as keyword arguments) asks for, as far as they may be seen.
        ident: vessel id, MMSI, IMO number, call sign or name; a former MMSI.
        since: points and events from then on.
        until: points and events before then.

    Returns:
        Tables vessels, vessel_links, track_points and events, narrowed to the vessel.

    Raises:
        NotFoundError: no such vessel in it.
    """
    links = table("vessel_links")
    found = named(table("vessels"), links, ident)
    if not len(found):
        raise NotFoundError(f"no vessel {ident!r}; give its id, MMSI, IMO number, call sign or exact name, or search")
    links = links.join(found.select("vessel"), on="vessel", how="semi") if len(links) else links
    held = links.filter(pl.col("member").str.starts_with("mv")) if len(links) else links
    movers = tuple(int(m[2:]) for m in held["member"].unique()) if len(held) else ()
    span = {"since": since, "until": until}
    events, points = table("events", **span), table("track_points", mover=movers, **span)
    if len(events):
        each = events.select("event", "t_start", "t_end_floor", pl.col("participants").alias("member")).explode(
            "member"
        )
        spans = each.join(held.select("member", "from", "to"), on="member") if len(held) else each.clear()
        over = spans.filter(_within("t_end_floor", "t_start")) if len(spans) else spans
        events = events.join(over, on="event", how="semi")
    if len(points):
        ids = held.select(pl.col("member").str.slice(2).cast(pl.Int64).alias("mover"), "from", "to")
        spans = points.join(ids, on="mover").filter(_within("t_seen", "t_seen"))
        points = points.join(spans, on="report", how="semi")
    return {"vessels": found, "vessel_links": links, "track_points": points, "events": events}


def _within(last: str, first: str) -> pl.Expr:
    """Whether what lasted from ``first`` to ``last`` touches the time of the link; unknown times do not bar."""
    begun = (pl.col(last) >= pl.col("from")).fill_null(True)
    return begun & (pl.col(first) <= pl.col("to")).fill_null(True)


def explain(seen: Release, event: str, *, alert: str | None = None) -> dict[str, Any]:
    """Why an event is one, from what a release shows of it; with its first alert, or one that is named.

    Raises:
        NotFoundError: no such event in it.
    """
    events = seen["events"]
    rows = events.filter(pl.col("event") == event).to_dicts() if len(events) else []
    if not rows:
        raise NotFoundError(f"no event {event!r}")
    alerts = seen["alerts"]
    mine = alerts.filter(pl.col("event") == event).to_dicts() if len(alerts) else []
    mine = [a for a in mine if alert is None or a["alert"] == alert]
    found = rows[0]
    whole = all(found.get(c) is not None for c in ("details", "participants", "mmsi"))
    why = rule(found["kind"]).why(found | {"details": json.loads(found["details"])}) if whole else found["kind"]
    return explain_alert(mine[0] if mine else NO_ALERT, found, why)


def score(lake: Lake, truth: dict[str, Any]) -> dict[str, Any]:
    """Score a lake's newest events and its alerts against a case's truth."""
    detections = lake.scan("detections").select(*_FOUND).collect()
    ids = dict(detections.select("detection", "provider_id").iter_rows())
    seen = lake.scan("reports").select(pl.col("t_seen").min().alias("a"), pl.col("t_seen").max().alias("b")).collect()
    span = [truth.get("t_start") or text(seen["a"][0]), truth.get("t_end") or text(seen["b"][0])]
    return score_events(
        newest(lake.read("events")),
        lake.state("alerts"),
        truth,
        t_start=parse(span[0]),
        t_end=parse(span[1]),
        provider_ids=ids | in_scenes(detections, truth.get("scenes") or []),
    )
