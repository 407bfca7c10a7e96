"""What a session offers on alerts: what operators do to them, one in words, a rule tried on history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from makara.lake import Lake, Settings
from makara.session.vessel_doors import acted, user
from makara.sharing import Released
from makara.tables.release import Release

if TYPE_CHECKING:
    from makara.session.tally import Backtest


class _Session(Protocol):
    """What these doors need of the session that they belong to."""

    lake: Lake
    settings: Settings

    def run(self) -> dict[str, Any]: ...

    def vessel(self, ident: str) -> Release: ...

    def select(self, table: str) -> Release: ...

    def _released(self, partner: str, purpose: str) -> Released: ...


class AlertDoors:
    """The part of a session that speaks of alerts and of what would alert."""

    def backtest(
        self: _Session,
        rule: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        against: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        bbox: tuple[float, float, float, float] | None = None,
    ) -> Backtest:
        """What a rule would have raised on the points, detections and zones that the lake holds; nothing is written.

        Args:
            rule: its kind; it need not be enabled.
            parameters: values in the place of those in force; areas with values of their own keep these.
            against: a second setting, held beside the first; {}: what is in force.
            since: count events that began from this instant on; None: from the first point on.
            until: know nothing from this instant on; None: all.
            bbox: count events in this box: W, S, E, N in degrees; W > E crosses 180.

        Returns:
            Counts and frames of each setting (``tried``), what only one of them has, and all as JSON (``summary()``).

        Raises:
            NotFoundError: no such rule.
            SettingsError: no such parameter.
            UsageError: the span is empty.
        """
        from makara.session.backtest import backtest

        tries = [dict(parameters or {})] + ([] if against is None else [dict(against)])
        return backtest(self.lake.view(), self.settings, rule, tries, since=since, until=until, bbox=bbox)

    def fairness(self: _Session) -> pl.DataFrame:
        """Alerts of each rule for a thousand vessel-days, with intervals, by flag, class, length and size of vessel.

        Returns:
            Columns of :data:`makara.alerts.fairness.RATES`, which says what they mean. For the owner.
        """
        from makara.session.fairness import fairness

        return fairness(self.lake.view())

    def rules(self: _Session) -> list[dict[str, Any]]:
        """The rules with the parameters that are in force in this lake, everywhere and by area."""
        from makara.behaviours import names
        from makara.session.inputs import rule_in_force

        zones = self.lake.state("zones")
        out = []
        for kind in names():
            said, rule = self.settings.rules.get(kind), rule_in_force(self.settings, zones, kind)
            areas = [{"zones": a.zones["name"].to_list(), "parameters": dict(a.parameters.values)} for a in rule.areas]
            out.append(
                {
                    "kind": kind,
                    "version": rule.module.RULE.version,
                    "enabled": said is None or said.enabled,
                    "shadow": rule.shadow,
                    "parameters": dict(rule.parameters.values),
                    "areas": areas,
                }
            )
        return out

    def alert(self: _Session, ident: str, *, partner: str = "self") -> dict[str, Any]:
        """One alert in words: why, where it stands, its rank, innocent explanations, what would change our mind.

        Raises:
            NotFoundError: no such alert among what the partner may see.
        """
        from makara.session.alerting import event_of
        from makara.session.share import explain

        seen = self._released(partner, "operations").release
        row = event_of(seen["alerts"], ident)
        return explain(seen, row["event"], alert=ident)

    def suppress(
        self: _Session,
        alert: str | None = None,
        *,
        vessel: str | None = None,
        zone: str | None = None,
        rule: str | None = None,
        why: str | None = None,
        until: datetime | None = None,
        who: str | None = None,
    ) -> str:
        """Keep alerts silent, and walk on; answers the act's id. They stand with the reason, and come back at the end.

        Args:
            alert: one alert, and whatever takes its place in its line.
            vessel: alerts in which this vessel takes part: MMSI, IMO number, id, call sign or exact name.
            zone: alerts that touch this zone: key, provider's id or name.
            rule: alerts of this kind. Of several of these all must hold.
            why: the reason; it stands with each alert.
            until: when it is over; None: when it is lifted.
            who: who says so; None: the user of this process.

        Raises:
            NotFoundError: no such alert, vessel, zone or rule.
            UsageError: nothing is named, no reason is given, or a name means several.
        """
        from makara.session.alerting import suppress

        named = {"alert": alert, "vessel": vessel, "zone": zone, "kind": rule}
        act = suppress(self.lake, **named, who=who or user(), why=why, until=until, now=datetime.now(UTC))
        return acted(self, act)

    def lift(self: _Session, act: str, *, why: str | None = None, who: str | None = None) -> str:
        """Say that an act of suppression does not count any more, and walk on; answers the new act's id.

        Raises:
            NotFoundError: no such act.
            UsageError: it is lifted already, or over.
        """
        from makara.session.alerting import lift

        return acted(self, lift(self.lake, act, who or user(), why, datetime.now(UTC)))

    def suppressions(self: _Session) -> pl.DataFrame:
        """Acts that suppress alerts or lift that, the newest first, and whether they ``count``. For the owner."""
        from makara.session.alerting import log

        return log(self.select("acts")["acts"], datetime.now(UTC))
