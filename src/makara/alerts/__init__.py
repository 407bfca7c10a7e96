"""Alerts: events that someone must see, in the order of a published sum."""

from __future__ import annotations

from makara.alerts.decide import decide, explain
from makara.alerts.suppress import VERBS, in_force
from makara.alerts.wanted import is_vessel_id

__all__ = ["VERBS", "decide", "explain", "in_force", "is_vessel_id"]
