"""Licences of products: which one a row comes under, what its mark says of it, and whom that permits.

What is given at ingest counts before what a file says of its products, that before the licence of the feed's own mark,
that before the template of the product's provider. What satellites saw is refused without any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from makara.base.errors import UsageError
from makara.base.time import floor
from makara.base.units import HOUR_S
from makara.lake import ABOUT, TEMPLATES, TIERS, Licence, Settings
from makara.sharing.marks import ANY, Mark

NEEDED: Final = ("sar", "optical", "viirs", "rf")
"""Sensors whose products are someone's: they are not taken in without a licence."""
FORMS: Final = ("raw", "chip", "detection")


def of_provider(known: Mapping[str, Licence], provider: str | None) -> str | None:
    """The licence among those that are known whose template names a provider; None where none does."""
    asked = (provider or "").strip().casefold()
    return max((n for n, x in known.items() if x.provider and x.provider.casefold() == asked), default=None)


class Licences:
    """The licences that may be named: the templates under those of makara.toml, and the one given at ingest.

    Args:
        settings: with ``[licences]``.
        given: what ``--licence`` says, for all rows.

    Raises:
        UsageError: none of that name; the message lists those there are.
    """

    def __init__(self, settings: Settings, given: str | None = None) -> None:
        self.known: Mapping[str, Licence] = {**TEMPLATES, **settings.licences}
        self.permitted = set(settings.licences)
        if given is not None and given not in self.known:
            raise UsageError(f"no licence {given!r}; {self.listed()}")
        self.given = given

    def listed(self) -> str:
        """The names to choose from, in words."""
        named = [f"{n} ({ABOUT[n]})" if n in ABOUT else n for n in self.known]
        return f"there are: {'; '.join(named)}. Add your own as [licences.NAME] in makara.toml"

    def named(self, words: str | None) -> str | None:
        """The licence that a product's own words name; None where they name none that is known."""
        found = (words or "").strip().casefold()
        return next((n for n in self.known if n.casefold() == found), None)

    def of_provider(self, provider: str | None) -> str | None:
        """The licence whose template names a provider."""
        return of_provider(self.known, provider)

    def looks(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Looks with their licence in its column: given, or else their own words, or else their provider's."""
        if self.given is not None:
            return rows.with_columns(licence=pl.lit(self.given))
        if "provider" not in rows.columns:
            return rows
        by = {p: self.of_provider(p) for p in rows["provider"].unique().to_list()}
        theirs = pl.col("provider").replace_strict(by, default=None, return_dtype=pl.String())
        return rows.with_columns(licence=pl.coalesce("licence", theirs))

    def demanded(self, rows: pl.DataFrame, feed: str, own: Sequence[str]) -> None:
        """Refuse what satellites saw under no licence.

        Args:
            rows: looks or detections with their ``licence``.
            feed: their feed. Case directories are exercises: they are taken as they are.
            own: the licences that the feed's mark names.

        Raises:
            UsageError: naming the licences there are.
        """
        if self.given is not None or feed.split(".")[0] == "case" or set(own) - {"own"}:
            return
        bare = rows.filter(pl.col("sensor").is_in(NEEDED) & pl.col("licence").is_null())
        if len(bare):
            sensors = ", ".join(sorted(set(bare["sensor"].to_list())))
            raise UsageError(
                f"{len(bare)} rows of {feed} ({sensors}) come under no licence, so nobody could tell who may see them; "
                f"nothing was taken in. Give --licence NAME, or the licence in the file; {self.listed()}"
            )

    def mark(self, mark: Mark, licence: str, form: str, t: datetime | None) -> Mark:
        """A mark narrowed by a licence.

        Args:
            mark: the feed's.
            licence: a name, ``id@tier@form``, or a provider's words, which are kept as they are.
            form: raw, chip or detection.
            t: end of the look, for embargo and expiry; see :meth:`timed`.
        """
        ident = licence.split("@")[0]
        of = self.known.get(ident)
        if of is None:
            return mark.with_licence(licence)
        whole = licence
        if licence == ident and of.tiers is not None:
            whole = f"{ident}@{getattr(of.tiers, form)}@{form}"
        out = mark.with_licence(whole)
        # Taken to whole hours, to the strict side: so that marks stay few.
        if t is not None and of.embargo_s is not None:
            until = floor(t + timedelta(seconds=of.embargo_s + HOUR_S, microseconds=-1), HOUR_S)
            out = replace(out, embargo=max(until, out.embargo or until))
        if t is not None and of.expires_s is not None:
            end = floor(t + timedelta(seconds=of.expires_s), HOUR_S)
            out = replace(out, expires=min(end, out.expires or end))
        return out

    def timed(self, licence: str | None) -> bool:
        """Whether a licence has an embargo or an expiry, so that marks depend on the time of the look."""
        of = self.known.get((licence or "").split("@")[0])
        return of is not None and (of.embargo_s is not None or of.expires_s is not None)

    def warning(self, licence: str) -> str | None:
        """What the user should know of a licence that permits nobody yet."""
        ident = licence.split("@")[0]
        if ident in self.permitted:
            return None
        return f"licence {ident!r} is not in makara.toml, so it permits nobody but the owner; add [licences.{ident}]"


def permits(settings: Settings) -> dict[str, list[str]]:
    """Whom each licence permits, as a release asks: by id, and by ``id@tier@form`` those partners of fitting tier."""
    out = {name: list(licence.permits) for name, licence in settings.licences.items()}
    for name, licence in settings.licences.items():
        if "@" in name:
            continue
        for tier in TIERS:
            to = _within(licence.permits, tier, settings)
            for form in FORMS:
                out.setdefault(f"{name}@{tier}@{form}", to)
    return out


def _within(to: Sequence[str], tier: str, settings: Settings) -> list[str]:
    """Of partners those whose tier is no wider than a licence's."""
    wide = TIERS.index(tier)
    fit = [p for p, of in settings.partners.items() if TIERS.index(of.tier) <= wide]
    return sorted(fit if ANY in to else set(fit) & set(to))


__all__ = ["FORMS", "NEEDED", "Licences", "permits"]
