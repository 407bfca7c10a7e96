"""Alerts: events that someone must see, in the order of a published sum."""

from __future__ import annotations

from makara.alerts.decide import decide, explain

__all__ = ["decide", "explain"]
