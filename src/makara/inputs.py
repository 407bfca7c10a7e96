"""What stays the same during a run: zones, registers, settings in force, who may see what. Loaded by the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import polars as pl

from makara.behaviours import Parameters
from makara.tables import table
from makara.zones import Shore

PURPOSE: Final = "operations"
"""What the walk releases for; other purposes are asked for."""


@dataclass(frozen=True)
class RuleInForce:
    """A rule with its settings.

    Attributes:
        module: the rule's file: RULE, step, why.
        parameters: the values in force, with their profile.
        shadow: on trial: events are kept, nobody is alerted.
    """

    module: ModuleType
    parameters: Parameters
    shadow: bool = False

    @property
    def profile(self) -> str:
        """Profile whose parameters it starts from."""
        return self.parameters.profile

    @property
    def key(self) -> tuple[str, str, str]:
        """Rule@version, profile, hash of the parameters."""
        r = self.module.RULE
        return f"{r.kind}@{r.version}", self.profile, self.parameters.hash


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
    """

    profile: str
    zones: pl.DataFrame
    authorisations: pl.DataFrame
    lists: pl.DataFrame
    shore: Shore | None
    rules: tuple[RuleInForce, ...]
    subscriptions: pl.DataFrame
    policies: pl.DataFrame
    licences: Mapping[str, list[str]]
    partners: tuple[str, ...]
    secrets: Mapping[str, bytes]
    only: str | None = None
    acts: pl.DataFrame = field(default_factory=lambda: table("acts").empty())

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
