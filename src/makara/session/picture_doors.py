"""What a session offers on reception, and what it draws."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from makara.lake import Lake, Settings
from makara.tables.release import Release

if TYPE_CHECKING:
    from makara.session.session import Session


class _Session(Protocol):
    """What these doors need of the session that they belong to."""

    lake: Lake
    settings: Settings


class PictureDoors:
    """The part of a session that speaks of coverage and draws maps."""

    def coverage(self: _Session, **query: Any) -> Release:
        """How well vessels that transmit are heard, by cell: a release with table reception, computed when asked for.

        Args:
            query: ``bbox``; ``since`` and ``until``, taken to whole hours (all that is known unless given); ``hourly``
                for a row an hour, else a row a cell, those where nobody was among them (``state`` not looked);
                ``partner`` and ``purpose``.

        Raises:
            ReleaseError: no such partner.
            UsageError: the span is empty.
        """
        from makara.session.coverage import coverage

        return coverage(self.lake, self.settings, datetime.now(UTC), **query)

    def anchorages(self: _Session, **query: Any) -> Release:
        """Anchorages discovered in the lake's tracks: a release with table zones, points of kind anchorage.

        Args:
            query: ``since`` and ``until`` (all that is known unless given); ``radius_m``, ``stay_min_s``,
                ``vessels_min``, ``positions_min`` as in :func:`makara.zones.anchorages`; ``partner`` and ``purpose``.

        Raises:
            ReleaseError: no such partner.
        """
        from makara.session.anchorages import anchorages

        return anchorages(self.lake, self.settings, datetime.now(UTC), **query)

    def plot_track(self, ident: str | int, **options: Any) -> Any:
        """A map of a vessel's tracks, by its id, MMSI, IMO number or name; matplotlib axes.

        Options are ``since``, ``until`` and those of :func:`makara.plot_track`.

        Raises:
            NotFoundError: no such vessel.
        """
        from makara.session.plot import of_vessel

        return of_vessel(cast("Session", self), ident, **options)

    def plot_density(self, **options: Any) -> Any:
        """A density map: options are ``bbox``, ``since``, ``until`` and those of :func:`makara.plot_density`."""
        from makara.session.plot import of_traffic

        return of_traffic(cast("Session", self), **options)

    def plot_coverage(self, **options: Any) -> Any:
        """A coverage map: options are ``bbox``, ``since``, ``until`` and those of :func:`makara.plot_coverage`."""
        from makara.session.plot import of_coverage

        return of_coverage(cast("Session", self), **options)
