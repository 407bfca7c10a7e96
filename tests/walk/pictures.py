"""What the tests of looks and structures hold against each other: a lake's picture, with the rule dark alone."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

import makara
from makara.session.settings import default_settings


def of_dark() -> str:
    """Settings with the rule dark alone."""
    return re.sub(r"(\[rules\.(?!dark\])\w+\][^\n]*\n)enabled = true", r"\1enabled = false", default_settings())


def picture(session: makara.Session) -> dict[str, list[dict[str, Any]]]:
    """Looks, matches and events that stand, without when and by what they became known."""
    drop = ["t_known", "source"]
    events = session.events().filter(pl.col("state") != "withdrawn").drop("t_known", "version", "supersedes")
    return {
        "collections": session.view("collections").drop(drop).sort("collection").to_dicts(),
        "matches": session.view("matches").drop(drop).sort("detection").to_dicts(),
        "events": events.sort("event").to_dicts(),
    }
