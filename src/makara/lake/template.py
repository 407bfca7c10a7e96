"""The makara.toml of a new lake: every setting with its default, its unit and what it means."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from makara.lake.licences import ABOUT, TEMPLATES
from makara.lake.settings import MarkOf, Node, Partner, Policy, RuleOf, Run, Settings, Subscription, Tracks

Parameter = tuple[str, bool | int | float | str, str]
"""A rule's parameter: name (its unit is the suffix), default, what it means."""
RuleDefault = tuple[str, str, str, Sequence[Parameter]]
"""A rule: kind, version, what it finds, its parameters."""

HEAD: Final = """\
# Makara: settings of this lake. Every setting is here with its default; change what you like, and keep the rest.
# The unit of a number is the end of its name: _s seconds, _m metres, _kn knots, _deg degrees.
# A variable overrides a line: MAKARA_RUN__STEP_S=600 sets step_s in [run] (two underscores for the dot).
# `makara doctor LAKE` checks this file.

"""
FEEDS: Final = """\
# Feeds: what may be taken in, and the mark that its rows bear. A feed without a mark is refused, because nobody
# could tell who may see it. What is derived of several feeds bears the strictest of their marks.
"""
LICENCES: Final = """\
# Licences that marks name, and whom each permits to see. A licence that is not here permits nobody but the owner.
# `makara ingest ... --licence NAME` puts products under one; what is found in them bears it as NAME@tier@form, and goes
# to partners up to that tier (own, domestic, foreign, public), after its embargo and before it expires.
"""
RULES: Final = """\
# Rules: what is looked for. Alerts come of those that are enabled and not on trial (shadow).
# Parameters may differ by area; an event is judged with those of the first area that holds the place where it began:
# [[rules.loitering.areas]]
# zones = ["Anchorage North"]  # zones, by their keys, their provider's ids or names
# parameters = { duration_min_s = 28800 }  # what differs there
"""
SUBSCRIPTIONS: Final = """\
# Subscriptions: what someone is alerted of.

[subscriptions.watch]
"""
PARTNERS: Final = """\
# Partners and policies: who sees what. Without a policy that allows it a partner sees nothing; deny beats allow.
# A partner's secret is made on first use, in the folder keys/: keep it, or all ids that the partner knows change.
# To share events in one zone with a partner, take the # away:
"""


@dataclass(frozen=True)
class FeedDefault:
    """A feed as a new lake's makara.toml has it.

    Attributes:
        name: feed id, as ``nmea`` or ``case.sar``.
        doc: what it brings, a line.
        level: what its rows are: raw, detection, event or aggregate.
    """

    name: str
    doc: str
    level: str = "raw"


def render_settings(rules: Sequence[RuleDefault], feeds: Sequence[FeedDefault]) -> str:
    """The text of makara.toml for a new lake: all defaults, each with a comment.

    Args:
        rules: the rules that are installed.
        feeds: the feeds that are installed; their marks keep everything with the owner.
    """
    parts = [HEAD, f"format = 1{_note('format of this file')}\n"]
    for name, model in (("node", Node()), ("run", Run()), ("tracks", Tracks())):
        parts.append(f"\n[{name}]\n{_lines(model)}")
    parts.append("\n" + FEEDS)
    parts += [_comment(k, f) for k, f in MarkOf.model_fields.items() if f.default is not None]
    for feed in feeds:
        parts.append(f"\n[feeds.{feed.name}]{_note(feed.doc)}\nmark = {_mark(feed.level)}\n")
    parts.append("\n" + LICENCES)
    for name, licence in TEMPLATES.items():
        key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
        parts.append(f"\n[licences.{key}]{_note(ABOUT[name])}\n{_lines(licence, unset=name == 'own')}")
    parts.append("\n" + RULES)
    for kind, version, doc, parameters in rules:
        parts.append(f"\n[rules.{kind}]{_note(f'{doc} (version {version})')}\n{_lines(RuleOf())}")
        parts.append(f"[rules.{kind}.parameters]\n")
        parts += [f"{name} = {_toml(default)}{_note(about)}\n" for name, default, about in parameters]
    parts.append("\n" + SUBSCRIPTIONS + _lines(Subscription()))
    partner = _lines(Partner(name="Fiji", tier="foreign"))
    policy = Policy(
        policy="fiji-eez", partner="FJI", effect="allow", tables=["events", "alerts", "vessels"], zones=["eez-fji"]
    )
    shown = f"\n[partners.FJI]\n{partner}\n[[policies]]\n{_lines(policy)}"
    parts.append("\n" + PARTNERS + re.sub(r"(?m)^(?=.)", "# ", shown))
    return "".join(parts)


def _mark(level: str) -> str:
    given = {
        "originators": ["self"],
        "tlp": "amber+strict",
        "release_to": [],
        "purposes": ["*"],
        "licences": ["own"],
        "level": level,
    }
    return _toml(given)


def _comment(name: str, field: Any) -> str:
    return f"#   {name}: {field.description}\n"


def _lines(model: BaseModel, *, unset: bool = True) -> str:
    """A section's keys with their values and what they mean; those without a value as a comment, or left out."""
    out = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        key = field.alias or name
        if name in ("parameters", "areas"):
            continue
        if value is None and unset:
            out.append(f"# {key} ={_note(field.description)}\n")
        elif value is not None:
            out.append(f"{key} = {_toml(value)}{_note(field.description)}\n")
    return "".join(out)


def _note(text: str | None) -> str:
    return f"  # {' '.join(text.split())}" if text else ""


def _toml(value: Any) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_none=True)
    if isinstance(value, dict):
        inner = ", ".join(f"{k} = {_toml(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(v) for v in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


__all__ = ["FeedDefault", "Parameter", "RuleDefault", "Settings", "render_settings"]
