"""What a session offers on alerts: a rule tried on history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from makara.lake import Lake, Settings

if TYPE_CHECKING:
    from makara.session.tally import Backtest


class _Session(Protocol):
    """What these doors need of the session that they belong to."""

    lake: Lake
    settings: Settings


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
