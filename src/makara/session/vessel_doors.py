"""What a session offers on vessels: their history, search, and what operators say of them."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from typing import Any, Protocol

import polars as pl

from makara.lake import Lake
from makara.sharing import OWNER, Released
from makara.tables.release import Release


class Walks(Protocol):
    """A session, as far as acts need it."""

    def run(self) -> dict[str, Any]:
        """Walk on."""


class _Session(Protocol):
    """What these doors need of the session that they belong to."""

    lake: Lake

    def run(self) -> dict[str, Any]: ...

    def vessel(self, ident: str) -> Release: ...

    def select(self, table: str) -> Release: ...

    def _released(self, partner: str, purpose: str) -> Released: ...


class VesselDoors:
    """The part of a session that speaks of vessels."""

    def history(self: _Session, ident: str) -> pl.DataFrame:
        """What a vessel was called, from when to when: ``vessel, what, value, from, to, n, evidence``. For the owner.

        Args:
            ident: vessel id, MMSI, IMO number, call sign or name.

        Raises:
            NotFoundError: no such vessel.
        """
        from makara.session.vessels import history

        return history(self.vessel(ident)["vessels"])

    def search(
        self: _Session, text: str, *, partner: str = "self", purpose: str = "operations", limit: int = 20
    ) -> pl.DataFrame:
        """Vessels, and for the owner entries of lists, that a text may mean, the likeliest first.

        Args:
            text: MMSI, IMO number, call sign, name (also misspelt), vessel id, or a list's own number.
            partner: for whom; partners find by what they see of vessels.
            purpose: what for.
            limit: at most so many.

        Returns:
            ``score``, ``what`` was found by which ``value``, the vessel, or the list with its date (``as_of``).
        """
        from makara.registry import search
        from makara.tables import table

        owner = partner == OWNER
        seen = self.select("vessels") if owner else self._released(partner, purpose).release
        lists = self.select("lists")["lists"] if owner else table("lists").empty()
        return search(seen["vessels"], lists, text, limit)

    # -- what operators say of vessels

    def merge(self: _Session, *vessels: str, why: str | None = None, who: str | None = None) -> str:
        """Say that vessels are one, and walk on; answers the act's id. The one that was seen first keeps its id.

        Args:
            vessels: two or more, by id, MMSI, IMO number, call sign or exact name.
            why: the reason, for the log.
            who: who says so; None: the user of this process.

        Raises:
            NotFoundError: no such vessel.
            UsageError: they are one already, or a name means several.
        """
        from makara.session.vessels import merge

        return acted(self, merge(self.lake, list(vessels), who or user(), why, datetime.now(UTC)))

    def split(self: _Session, vessel: str, member: str, *, why: str | None = None, who: str | None = None) -> str:
        """Say that a member (MMSI, mover or merged vessel) is no part of a vessel, and walk on; answers the act's id.

        Raises:
            NotFoundError: no such vessel or member.
            UsageError: the vessel has no other member.
        """
        from makara.session.vessels import split

        return acted(self, split(self.lake, vessel, member, who or user(), why, datetime.now(UTC)))

    def undo(self: _Session, act: str, *, why: str | None = None, who: str | None = None) -> str:
        """Say that an act does not count, and walk on; answers the new act's id, which can be undone in turn.

        Raises:
            NotFoundError: no such act.
            UsageError: it is undone already.
        """
        from makara.session.vessels import undo

        return acted(self, undo(self.lake, act, who or user(), why, datetime.now(UTC)))

    def acts(self: _Session) -> pl.DataFrame:
        """What operators said of vessels, the newest first, and whether it ``counts``. For the owner."""
        from makara.session.vessels import log

        return log(self.select("acts")["acts"])


def acted(session: Walks, act: str) -> str:
    """Acts are inputs: the walk makes of them what follows."""
    session.run()
    return act


def user() -> str:
    """The user of this process, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
