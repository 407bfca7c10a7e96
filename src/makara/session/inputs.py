"""Settings in force as the walk takes them: rules with parameters, subscriptions, policies, secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from makara.base.errors import SettingsError
from makara.base.time import EPOCH
from makara.behaviours import names, rule
from makara.inputs import AreaInForce, Inputs, RuleInForce
from makara.lake import Lake, Settings, View
from makara.lake.keys import partner_key
from makara.lake.settings import RuleOf
from makara.session.licences import permits
from makara.session.resources import depth, shore
from makara.sharing import OWNER, Mark
from makara.sharing.marks import key
from makara.tables import table


def load_inputs(lake: Lake, settings: Settings, only: str | None = None) -> Inputs:
    """What a run does not change.

    Args:
        lake: zones, registers, secrets.
        settings: all else.
        only: the one rule to run; None: all that are enabled.

    Raises:
        SettingsError: a rule or parameter that does not exist.
        NotFoundError: ``only`` is no rule.
    """
    zones = lake.state("zones")
    return Inputs(
        profile=settings.tracks.profile,
        zones=zones,
        authorisations=authorisations_of(lake, zones),
        lists=lake.state("lists"),
        shore=shore(),
        depth=depth() if (zones["kind"] == "cable").any() else None,
        rules=rules_in_force(settings, zones, only),
        subscriptions=_subscriptions(settings, zones),
        policies=policies_of(lake, settings),
        licences=permits(settings),
        partners=tuple(sorted(settings.partners)),
        secrets={p: partner_key(lake.path, p) for p in settings.partners},
        only=only,
        acts=lake.state("acts"),
        bases={n: tuple(i[7:] for i in rule(n).RULE.inputs if i.startswith("events:")) for n in names()},
    )


def rules_in_force(settings: Settings, zones: pl.DataFrame, only: str | None = None) -> tuple[RuleInForce, ...]:
    """Rules that are enabled, or the one asked for, with their parameters, those that read others' events after them.

    Raises:
        SettingsError: a rule or parameter that does not exist.
        NotFoundError: ``only`` is no rule.
    """
    known = names()
    for name in settings.rules:
        if name not in known:
            raise SettingsError(f"makara.toml: no rule {name!r} in [rules]; there are: {', '.join(known)}")
    if only:
        return (rule_in_force(settings, zones, only),)
    enabled = [n for n in known if settings.rules.get(n, RuleOf()).enabled]
    return tuple(_ordered([rule_in_force(settings, zones, n) for n in enabled]))


def rule_in_force(
    settings: Settings, zones: pl.DataFrame, kind: str, values: Mapping[str, Any] | None = None
) -> RuleInForce:
    """A rule with its parameters, everywhere and by area.

    Args:
        settings: what makara.toml says of it.
        zones: table zones.
        kind: the rule.
        values: parameters that are taken in the place of those that are in force in no area.

    Raises:
        NotFoundError: no such rule.
        SettingsError: no such parameter, or a value of the wrong type.
    """
    module, said = rule(kind), settings.rules.get(kind, RuleOf())
    areas = [
        AreaInForce(
            zones.filter(pl.col("zone").is_in(zone_keys(zones, area.zones))),
            module.RULE.resolve("makara", **{**said.parameters, **area.parameters}),
        )
        for area in said.areas
    ]
    base = module.RULE.resolve("makara", **{**said.parameters, **(values or {})})
    return RuleInForce(module, base, said.shadow, tuple(areas))


def _ordered(rules: list[RuleInForce]) -> Iterable[RuleInForce]:
    """Rules after those whose events they read."""
    left = {r.module.RULE.kind: r for r in rules}
    while left:
        ready = [
            k
            for k, r in left.items()
            if not any(i[7:] in left for i in r.module.RULE.inputs if i.startswith("events:"))
        ]
        if not ready:
            raise SettingsError(f"rules read each other's events in a circle: {', '.join(sorted(left))}")
        for k in ready:
            yield left.pop(k)


def _subscriptions(settings: Settings, zones: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {"subscription": name, **s.model_dump(), "zones": zone_keys(zones, s.zones)}
        for name, s in sorted(settings.subscriptions.items())
    ]
    return _stamped("subscriptions", pl.DataFrame(rows) if rows else pl.DataFrame())


def policies_of(lake: Lake, settings: Settings) -> pl.DataFrame:
    """Policies of makara.toml as table policies; their zones by key."""
    zones = lake.state("zones")
    rows = []
    for p in settings.policies:
        said = p.model_dump(by_alias=True)
        coarsen = json.dumps({k: v for k, v in said["coarsen"].items() if v is not None})
        rows.append(said | {"coarsen": coarsen, "zones": zone_keys(zones, p.zones)})
    return _stamped("policies", pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame())


def zone_keys(zones: pl.DataFrame, said: list[str]) -> list[str]:
    """Keys of zones that are given by key, provider's id or name; a zone that is not there yet stays as it is said.

    A zone that nothing has brought yet matches nothing, so an allowance for it allows nothing.
    """
    out: set[str] = set()
    for name in said:
        same = (pl.col("zone") == name) | (pl.col("own_id") == name) | (pl.col("name") == name)
        found = zones.filter(same.fill_null(False))["zone"].to_list() if name != "*" else []
        out |= set(found) or {name}
    return sorted(out)


def authorisations_of(lake: Lake | View, zones: pl.DataFrame) -> pl.DataFrame:
    """Authorisations with their zones by key."""
    held = lake.state("authorisations")
    keys = zones.filter(pl.col("own_id").is_not_null()).select("own_id", pl.col("zone").alias("key"))
    named = held.join(keys, left_on="zone", right_on="own_id", how="left", maintain_order="left")
    return named.with_columns(pl.coalesce("key", "zone").alias("zone")).drop("key")


def _stamped(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    if rows.is_empty():
        return table(name).empty()
    stamps = {"source": pl.lit("settings"), "t_known": pl.lit(EPOCH), "mark": pl.lit(key(Mark.own(OWNER)))}
    return table(name).conform(rows.with_columns(**stamps))
