"""Ids as one partner knows them: HMAC-SHA256 under the partner's secret, so that two partners cannot compare notes.

An id keeps its form (two letters and 26, or a signed 64-bit number) and is mapped alike wherever it stands. MMSIs are
the vessels' own claims and stay, unless the row's MMSI is withheld; movers of other schemes (VMS) are always mapped.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Final

import polars as pl

from makara.base import ids

IDS: Final = re.compile(r"(?<![a-z0-9])[a-z]{2}[a-z2-7]{26}(?![a-z0-9])")
ROWS: Final = re.compile(r"rows:(-?\d+):([^/]+)/(.+)")
NUMBERS: Final = {
    "report": "report",
    "claim": "claim",
    "message": "message",
    "track": "track",
    "runner_up": "track",
    "joins": "track",
}
"""Columns of bulk keys, and what the number names."""
TEXTS: Final = ("event", "supersedes", "alert", "detection", "collection", "vessel", "zone", "scope")
"""Columns of text ids."""


class Outside:
    """Maps our ids to a partner's."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._texts: dict[str, str] = {}

    def _mac(self, what: str) -> bytes:
        return hmac.digest(self.secret, what.encode(), "sha256")

    def text(self, own: str) -> str:
        """A text id; an empty one (no scope) stays empty."""
        if own and own not in self._texts:
            prefix = own[:2] if ids.is_ident(own) else "id"
            self._texts[own] = prefix + base64.b32encode(self._mac(own)[:16]).decode("ascii").rstrip("=").lower()
        return self._texts[own] if own else own

    def number(self, what: str, own: int) -> int:
        """A bulk key of a kind of thing."""
        return int.from_bytes(self._mac(f"{what}:{own}")[:8], "little", signed=True)

    def mover(self, own: int, hide: bool) -> int:
        """A mover: an MMSI stays unless it is to be hidden; any other becomes a negative number."""
        if own > 0 and not hide:
            return own
        return -(int.from_bytes(self._mac(f"mover:{own}")[:8], "little") >> 2)

    def member(self, own: str, hide: bool) -> str:
        """A participant or member: ``mv<mover>``, or the id of a detection or vessel."""
        if own.startswith("mv") and own[2:].lstrip("-").isdigit():
            return f"mv{self.mover(int(own[2:]), hide)}"
        return self.text(own)

    def words(self, text: str) -> str:
        """Prose or JSON with the ids in it mapped."""
        return IDS.sub(lambda m: self.text(m[0]), text)

    def texts(self, own: pl.Series) -> pl.Series:
        """A column of text ids."""
        table = {x: self.text(x) for x in own.unique().drop_nulls().to_list()}
        return own.replace_strict(table, default=None, return_dtype=pl.String())

    def numbers(self, what: str, own: pl.Series) -> pl.Series:
        """A column of bulk keys."""
        table = {x: self.number(what, x) for x in own.unique().drop_nulls().to_list()}
        return own.replace_strict(table, default=None, return_dtype=pl.Int64())


def mentioned(participants: str) -> int | None:
    """The mover that a participant or member is; None for other ids."""
    body = participants[2:]
    return int(body) if participants.startswith("mv") and body.lstrip("-").isdigit() else None
