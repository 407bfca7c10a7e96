"""Sharing: the only gate out. Marks say who may see a row, policies what a partner gets, the ledger what it holds."""

from __future__ import annotations

from makara.sharing.ledger import entry
from makara.sharing.marks import Mark, meet, meet_lists
from makara.sharing.policy import OWNER, REASONS
from makara.sharing.release import Released, own, release

__all__ = ["OWNER", "REASONS", "Mark", "Released", "entry", "meet", "meet_lists", "own", "release"]
