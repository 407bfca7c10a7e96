"""makara.toml: what it may say, in types; read strictly, overridden by MAKARA_<SECTION>__<KEY> variables.

Unknown keys and values that do not fit are errors that name the file, the key, and what is allowed.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from makara.base.errors import SettingsError
from makara.lake import complaints
from makara.lake.disk import replace_file, storage
from makara.lake.keys import NAME

PREFIX: Final = "MAKARA_"
OWNER: Final = "self"
"""The partner that is the owner of the node; no other may be called so."""


def _scalar(given: Any) -> Any:
    if not isinstance(given, bool | int | float | str):
        raise ValueError(f"is {given!r}: must be a number, text in quotes, true or false")
    return given


def _aware(t: datetime) -> datetime:
    if t.tzinfo is None:
        raise ValueError("names no time zone; add Z for UTC, as in 2026-01-31T14:00:00Z")
    return t


Scalar = Annotated[bool | int | float | str, BeforeValidator(_scalar)]
Instant = Annotated[datetime, AfterValidator(_aware)]
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Level = Literal["raw", "detection", "event", "aggregate"]
Tier = Literal["own", "domestic", "foreign", "public"]


class _Section(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)


class Node(_Section):
    """Who runs this node."""

    name: str = Field(default="makara", min_length=1, description="name of this node, as partners see it")


class Run(_Section):
    """How the walk goes."""

    step_s: int = Field(default=900, ge=1, le=86_400, description="step of t_known in which a run walks, seconds")
    workers: int = Field(
        default=1, ge=1, le=256, description="processes that work side by side; the result is the same"
    )


class Tracks(_Section):
    """How reports become tracks."""

    profile: Literal["makara"] = Field(default="makara", description="profile of segmentation")


class MarkOf(_Section):
    """The mark that a feed's rows bear: who may see them."""

    originators: list[str] = Field(min_length=1, description="who the data come from")
    tlp: Tlp = Field(description="traffic light: clear, green, amber, amber+strict or red")
    release_to: list[str] = Field(description="partners that it may go to; * everyone; empty: the originators only")
    purposes: list[str] = Field(description="purposes that it may be used for; * any")
    licences: list[str] = Field(description="licences that must each permit it, named in [licences]")
    level: Level = Field(description="raw, detection, event or aggregate")
    embargo: Instant | None = Field(default=None, description="not before this instant")
    expires: Instant | None = Field(default=None, description="not after this instant")


class Feed(_Section):
    """A feed that may be taken in."""

    mark: MarkOf


class Tiers(_Section):
    """Up to which tier of partners each form of a product may go."""

    raw: Tier = Field(default="own", description="its pixels or raw records")
    chip: Tier = Field(default="own", description="cut-outs of a few hundred metres around what was found")
    detection: Tier = Field(default="own", description="what was found, and where and when one looked")


class Licence(_Section):
    """Whom a licence permits to see, and from when to when."""

    permits: list[str] = Field(description="partners, or *")
    provider: str | None = Field(default=None, description="whose products come under it, where nothing else is said")
    tiers: Tiers | None = Field(
        default=None, description="widest tier of partners that raw, chip and detection may go to"
    )
    embargo_s: int | None = Field(default=None, ge=0, description="kept back for so long after the look, seconds")
    expires_s: int | None = Field(default=None, gt=0, description="given no longer than so long after it, seconds")


class AreaOf(_Section):
    """Zones in which a rule has parameters of its own."""

    zones: list[str] = Field(min_length=1, description="zones, by their keys, their provider's ids or names")
    parameters: dict[str, Scalar] = Field(min_length=1, description="what differs there")


class RuleOf(_Section):
    """A rule's switch and parameters."""

    enabled: bool = Field(default=True, description="whether it runs")
    shadow: bool = Field(default=False, description="on trial: events are kept, nobody is alerted")
    parameters: dict[str, Scalar] = Field(default={}, description="the rule's own; `makara rules` explains them")
    areas: list[AreaOf] = Field(default=[], description="where others are in force; the first that holds an event")


class Subscription(_Section):
    """What someone wants to be alerted of."""

    who: str = Field(default="watch", description="whose it is")
    kinds: list[str] = Field(default=["*"], description="kinds of event; * all")
    zones: list[str] = Field(default=["*"], description="zones; * anywhere")
    severity_min: int = Field(default=2, ge=0, le=4, description="least severity, 0 to 4")
    vessels: list[str] = Field(default=["*"], description="vessels by MMSI, IMO number or id; * all")
    lists: list[str] = Field(default=["*"], description="watch lists whose vessels count, besides those named; * all")
    indicators_min: int = Field(default=1, ge=1, le=5, description="independent indicators, the event itself is one")
    budget: int | None = Field(default=20, ge=1, description="most alerts a watch of 12 h; the others are listed")


class Partner(_Section):
    """Someone to share with."""

    name: str = Field(min_length=1, description="name in full")
    tier: Tier = Field(description="licence tier: own, domestic, foreign or public")


class Coarsen(_Section):
    """How exact what is given may be."""

    position_m: float | None = Field(default=None, gt=0, description="positions are rounded to so many metres")
    time_s: int | None = Field(default=None, gt=0, description="times are rounded to so many seconds")


class Policy(_Section):
    """A rule of release. Deny beats allow; what no policy allows is not given."""

    policy: str = Field(min_length=1, description="name of the policy")
    version: int = Field(default=1, ge=1, description="its version; raise it with each change")
    partner: str = Field(description="partner, or *")
    effect: Literal["allow", "deny"] = Field(description="allow or deny")
    tables: list[str] = Field(default=["*"], description="tables; * all")
    kinds: list[str] = Field(default=["*"], description="kinds of event; * all")
    zones: list[str] = Field(
        default=["*"], description="zones that a row must touch, by the provider's id or name; * anywhere"
    )
    buffer_m: float = Field(default=0.0, ge=0, description="how far around the zones it holds, metres")
    columns: list[str] = Field(default=["*"], description="columns that are given; * all")
    delay_s: int = Field(default=0, ge=0, description="how old a row must be, seconds")
    coarsen: Coarsen = Field(default=Coarsen(), description="position_m and time_s to which it is rounded")
    purposes: list[str] = Field(default=["*"], description="purposes; * any")
    from_: Instant | None = Field(default=None, alias="from", description="in force since")
    to: Instant | None = Field(default=None, description="in force until")
    signed_by: str | None = Field(default=None, description="who signed it")


class Settings(_Section):
    """All of makara.toml."""

    format: Literal[1] = Field(default=1, description="format of this file")
    node: Node = Node()
    run: Run = Run()
    tracks: Tracks = Tracks()
    feeds: dict[str, Feed] = {}
    licences: dict[str, Licence] = {}
    rules: dict[str, RuleOf] = {}
    subscriptions: dict[str, Subscription] = {}
    partners: dict[str, Partner] = {}
    policies: list[Policy] = []

    @field_validator("feeds", mode="before")
    @classmethod
    def _sub_feeds(cls, given: Any) -> Any:
        """[feeds.case.sar] is the feed case.sar."""
        return _flat(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name in self.partners:
            if not NAME.fullmatch(name) or name == OWNER:
                raise ValueError(f"partners.{name}: use letters, digits, - and _, and another name than the owner's")
        seen = set()
        for p in self.policies:
            if p.partner != "*" and p.partner not in self.partners:
                raise ValueError(f"policies {p.policy}: no partner {p.partner!r}; add [partners.{p.partner}]")
            if (p.policy, p.version) in seen:
                raise ValueError(f"policies {p.policy}: version {p.version} is there twice; raise the version")
            seen.add((p.policy, p.version))
        return self


def _flat(feeds: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, given in feeds.items():
        if not isinstance(given, dict):
            out[prefix + name] = given
            continue
        subs = {k: v for k, v in given.items() if k != "mark" and isinstance(v, dict)}
        rest = {k: v for k, v in given.items() if k not in subs}
        if rest or not subs:
            out[prefix + name] = rest
        out |= _flat(subs, f"{prefix}{name}.")
    return out


def load(path: Path, env: Mapping[str, str]) -> Settings:
    """Read a makara.toml, under what the environment says.

    Args:
        path: the file.
        env: variables; MAKARA_RUN__STEP_S=600 sets ``run.step_s`` (two underscores for a dot, any case; the value
            is JSON, else text). Lists of tables (policies) cannot be set so.

    Raises:
        SettingsError: naming file, key, what is wrong and what is allowed.
        LakeError: the file cannot be read.
    """
    with storage(f"cannot read {path}"):
        raw = path.read_bytes()
    said, origin = parse(raw, path), {}
    for variable in sorted(v for v in env if v.upper().startswith(PREFIX) and "__" in v):
        keys = variable[len(PREFIX) :].split("__")
        key = _set(said, keys, _value(env[variable]), variable)
        origin[key] = variable
    return _validated(said, path, origin)


def parse(raw: bytes, path: Path) -> dict[str, Any]:
    """TOML to plain values.

    Raises:
        SettingsError: it is no TOML.
    """
    try:
        return tomllib.loads(raw.decode())
    except UnicodeDecodeError as e:
        raise SettingsError(f"{path}: not UTF-8 text (byte {e.start}); save it as UTF-8") from e
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(f"{path}: not TOML: {e}") from e


def append(path: Path, text: str) -> Settings:
    """Add text to a makara.toml if the whole then fits; else leave it as it is.

    Args:
        path: the file.
        text: TOML, beginning with a table header.

    Raises:
        SettingsError: the whole would not fit.
        LakeError: the file cannot be read or written.
    """
    with storage(f"cannot change {path}"):
        whole = path.read_bytes().rstrip(b"\n") + b"\n\n" + text.strip("\n").encode() + b"\n"
        found = _validated(parse(whole, path), path, {})
        replace_file(path, whole)
    return found


def _validated(said: dict[str, Any], path: Path, origin: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate(said)
    except ValidationError as e:
        raise SettingsError(complaints.told(e, Settings, path, origin)) from e


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _set(said: dict[str, Any], keys: list[str], value: Any, variable: str) -> str:
    """Set a value deep in plain settings; names of what is there already match in any case. Answers the dotted key."""
    at: Any = said
    model: type[BaseModel] | None = Settings
    named = []
    for n, key in enumerate(keys):
        known = list(at) + (complaints.keys_of(model) if model else [])
        name = next((k for k in known if k.lower() == key.lower()), key.lower())
        named.append(name)
        if n == len(keys) - 1:
            at[name] = value
            break
        at = at.setdefault(name, {})
        if not isinstance(at, dict):
            raise SettingsError(f"{variable}: {'.'.join(named)} is no section, so it has no {keys[n + 1].lower()}")
        model = complaints.model_at(Settings, named)
    return ".".join(named)
