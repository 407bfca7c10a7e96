"""The makara.toml that a new lake is given: every feed that is installed, every rule with its parameters."""

from __future__ import annotations

from typing import Final

from makara.base.loading import loading
from makara.behaviours import names as rule_names
from makara.behaviours import rule
from makara.lake import FeedDefault, render_settings
from makara.sources import names as source_names
from makara.sources import source
from makara.tables.collections import SENSORS

PARTS: Final = ("terrestrial", "satellite", "unknown", *SENSORS, "sightings", "zones", "lists", "authorisations")
"""Sub-feeds of a case directory."""


def default_settings() -> str:
    """The text of makara.toml, in full, with comments."""
    with loading():
        return _written()


def _written() -> str:
    rules = []
    for name in rule_names():
        module = rule(name)
        doc = (module.__doc__ or name).strip().splitlines()[0]
        values = module.RULE.resolve("makara").values
        parameters = [(p.name, values[p.name], p.doc) for p in module.RULE.parameters]
        rules.append((module.RULE.kind, module.RULE.version, doc, parameters))
    feeds = []
    for name in source_names():
        s = source(name).SOURCE
        parts = [f"{name}.{part}" for part in PARTS] if name == "case" else [name]
        found = "detections" in s.tables and "reports" not in s.tables
        feeds += [FeedDefault(f, s.doc, "detection" if found else _level(f)) for f in parts]
    return render_settings(rules, feeds)


def _level(feed: str) -> str:
    return "detection" if feed.rpartition(".")[2] in ("detections", "sightings", *SENSORS) else "raw"
