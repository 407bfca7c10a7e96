"""What stays the same during a run: zones, registers, settings in force, who may see what. Loaded by the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import polars as pl

from makara.behaviours import Parameters
from makara.tables import table
from makara.zones import Depth, Shore, tag

PURPOSE: Final = "operations"
"""What the walk releases for; other purposes are asked for."""


@dataclass(frozen=True)
class AreaInForce:
    """Zones in which a rule has parameters of its own.

    Attributes:
        zones: rows of table zones; those that are lines or points hold nothing.
        parameters: the values in force there.
    """

    zones: pl.DataFrame
    parameters: Parameters


@dataclass(frozen=True)
class RuleInForce:
    """A rule with its settings.

    Attributes:
        module: the rule's file: RULE, step, why.
        parameters: the values in force, with their profile.
        shadow: on trial: events are kept, nobody is alerted.
        areas: where others are in force; of several that hold an event's place the first counts.
    """

    module: ModuleType
    parameters: Parameters
    shadow: bool = False
    areas: tuple[AreaInForce, ...] = ()

    @property
    def profile(self) -> str:
        """Profile whose parameters it starts from."""
        return self.parameters.profile

    @property
    def key(self) -> tuple[str, str, str]:
        """Rule@version, profile, hash of the parameters."""
        return self._key(self.parameters)

    @property
    def sets(self) -> tuple[Parameters, ...]:
        """The different sets of parameters, those that are in force in no area first: the rule runs once with each."""
        every = (self.parameters, *(a.parameters for a in self.areas))
        return tuple({p.hash: p for p in reversed(every)}[h] for h in dict.fromkeys(p.hash for p in every))

    @property
    def keys(self) -> tuple[tuple[str, str, str], ...]:
        """As ``key``, one for each of the ``sets``."""
        return tuple(map(self._key, self.sets))

    def judged(self, found: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Of the events found with each of the ``sets``, those that are judged by it: their place decides.

        Args:
            found: events by set of parameters; their place is where they began.

        Returns:
            Each event once, ordered by event.
        """
        if not self.areas:
            return found[0]
        every = pl.concat(found)
        zones = pl.concat(a.zones.with_columns(kind=pl.lit("buffer")) for a in self.areas).unique("zone")
        holding = tag(every.select("lon_deg", "lat_deg", t_seen="t_start"), zones)["zones"]
        judge = pl.lit(self.parameters.hash)
        for area in reversed(self.areas):
            inside = holding.list.set_intersection(area.zones["zone"].to_list()).list.len() > 0
            judge = pl.when(inside).then(pl.lit(area.parameters.hash)).otherwise(judge)
        judged = every.filter(pl.col("parameters") == judge)
        return judged.unique("event", keep="first", maintain_order=True).sort("event")

    def _key(self, p: Parameters) -> tuple[str, str, str]:
        r = self.module.RULE
        return f"{r.kind}@{r.version}", p.profile, p.hash


@dataclass(frozen=True)
class Inputs:
    """Inputs that a run does not change.

    Attributes:
        profile: profile of segmentation.
        rules: rules in force, those that read others' events after them.
        licences: partners that each licence permits (* anyone).
        secrets: partners' secrets, from which their outside ids are made.
        only: the one rule that was asked for; None: ``rules`` are all that are in force.
        acts: what operators did (table acts).
        bases: by kind, the kinds whose events its rule reads; of all rules, in force or not.
    """

    profile: str
    zones: pl.DataFrame
    authorisations: pl.DataFrame
    lists: pl.DataFrame
    shore: Shore | None
    depth: Depth | None
    rules: tuple[RuleInForce, ...]
    subscriptions: pl.DataFrame
    policies: pl.DataFrame
    licences: Mapping[str, list[str]]
    partners: tuple[str, ...]
    secrets: Mapping[str, bytes]
    only: str | None = None
    acts: pl.DataFrame = field(default_factory=lambda: table("acts").empty())
    bases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def gate(self, partner: str, marks: pl.DataFrame) -> dict[str, Any]:
        """What release needs to know beside the rows."""
        return {
            "partner": partner,
            "purpose": PURPOSE,
            "policies": self.policies,
            "marks": marks,
            "licences": self.licences,
            "zones": self.zones,
            "secret": self.secrets.get(partner),
        }
