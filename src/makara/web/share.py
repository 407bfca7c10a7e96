"""Sharing and standing over HTTP: partners, what each is released and not, the ledger, how old the picture is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Query, Request, Response

from makara.base import time
from makara.base.errors import UsageError
from makara.sharing import OWNER, REASONS
from makara.sinks import to_json
from makara.tables.release import Release
from makara.web.query import Limit, Offset, Partner, only
from makara.web.respond import conditional, dumps

router = APIRouter(tags=["sharing"])
EXAMPLES = 3
"""Ids given of each group of withheld rows."""
Grouped = Annotated[bool, Query(description="Counts by table, column, reason and policy, with a few ids each.")]


@router.get("/partners", summary="Who this node shares with")
def partners(request: Request) -> Response:
    """The owner first, then the partners of makara.toml."""
    only(request, ())
    session = request.app.state.session
    return conditional(request, session, OWNER, lambda: (dumps({"rows": session.partners().to_dicts()}), {}))


@router.get("/release", summary="What a partner is released now, and the ledger of what it was given")
def release(request: Request, partner: Partner = OWNER) -> Response:
    """Rows by table with where to read them, decisions by reason, and past releases with their Merkle roots.

    A preview: handing a release over, with its entry in the ledger, is ``makara release``.
    """
    only(request, ("partner",))
    session = request.app.state.session

    def body() -> tuple[bytes, Mapping[str, str]]:
        now: Release = session.release(partner)
        given = session.select("releases")
        mine = given["releases"].filter(pl.col("partner") == partner).sort("seq")
        ledger = json.loads(
            to_json(Release(OWNER, given.purpose, given.now, {"releases": mine}, given.decisions, ()), "releases")
        )
        reasons = now.decisions.group_by("table", "effect", "reason", "policy").len("rows").sort(pl.all())
        out = {
            "partner": now.partner,
            "purpose": now.purpose,
            "policy_versions": list(now.policy_versions),
            "rows": {name: len(rows) for name, rows in now.tables.items()},
            "decisions": [r | {"text": REASONS.get(r["reason"], r["reason"])} for r in reasons.to_dicts()],
            "ledger": ledger,
        }
        return dumps(out), {}

    return conditional(request, session, partner, body)


@router.get("/withheld", summary="For the owner: what a partner does not get, and why")
def withheld(
    request: Request, partner: Partner, grouped: Grouped = True, limit: Limit = 1000, offset: Offset = 0
) -> Response:
    """Rows (`deny`) and columns (`withhold`) that do not go, under the owner's ids."""
    only(request, ("partner", "grouped", "limit", "offset"))
    if partner == OWNER:
        raise UsageError("nothing is withheld from the owner; name a partner, as partner=FJI")
    session = request.app.state.session
    names = dict(session.partners().select("partner", "name").iter_rows())

    def body() -> tuple[bytes, Mapping[str, str]]:
        rows = session.withheld(partner)
        if grouped:
            by = ["table", "effect", "column", "reason", "policy"]
            rows = rows.group_by(by).agg(pl.len().alias("rows"), pl.col("id").sort().head(EXAMPLES).alias("examples"))
            rows = rows.sort(["effect", "rows", *by], descending=[False, True] + [False] * len(by))
        out = [r | {"text": REASONS.get(r["reason"], r["reason"])} for r in rows.slice(offset, limit).to_dicts()]
        total = {"total": len(rows), "name": names.get(partner, partner)}
        return dumps({"partner": partner, **total, "rows": out}), {}

    return conditional(request, session, partner, body)


@router.get("/status", summary="How old the picture is, and how much there is")
def status(request: Request, partner: Partner = OWNER) -> Response:
    """For the owner of the whole node; for a partner of what it is released, and nothing else."""
    only(request, ("partner",))
    session = request.app.state.session

    def body() -> tuple[bytes, Mapping[str, str]]:
        if partner == OWNER:
            return dumps(session.status()), {}
        seen = session.release(partner)
        newest = newest_seen(seen)
        counts = {name: len(rows) for name, rows in seen.tables.items()}
        return dumps({"partner": partner, "t_seen": None if newest is None else time.text(newest), "rows": counts}), {}

    return conditional(request, session, partner, body)


def newest_seen(seen: Release) -> datetime | None:
    """The newest instant that anything in a release was seen at; None where nothing says."""
    found: list[Any] = []
    for name, column in (("track_points", "t_seen"), ("detections", "t_seen"), ("events", "t_end_floor")):
        if len(seen[name]):
            found.append(seen[name][column].max())
    return max((t for t in found if t is not None), default=None)
