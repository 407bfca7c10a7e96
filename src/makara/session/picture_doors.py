"""What a session offers on reception, and what it draws."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

from makara.lake import Lake, Settings
from makara.tables.release import Release


class _Session(Protocol):
    """What these doors need of the session that they belong to."""

    lake: Lake
    settings: Settings

    def select(self, table: str, *, partner: str = "self", purpose: str = "operations", **query: Any) -> Release: ...


class PictureDoors:
    """The part of a session that speaks of coverage and draws maps."""

    def coverage(self: _Session, **query: Any) -> Release:
        """Where AIS was heard and sensors looked, by cell: a release with tables coverage and reception.

        Both are computed when asked for. Table coverage has a row a cell and sensor (looked, could not see, not
        looked, and how long ago), from what may be seen of reception and looks; table reception says how well vessels
        that transmit are heard, by receiver and class.

        Args:
            query: ``bbox``; ``since`` and ``until``, taken to whole hours for reception (all that is known unless
                given); ``length_m``, of vessels that looks should have seen (50); ``hourly`` for reception alone, a
                row an hour; ``partner`` and ``purpose``.

        Raises:
            ReleaseError: no such partner.
            UsageError: the span is empty.
        """
        from makara.session.coverage import coverage, united

        now, length_m = datetime.now(UTC), query.pop("length_m", 50.0)
        heard = coverage(self.lake, self.settings, now, **query)
        if query.get("hourly"):
            return heard
        asked = {k: query[k] for k in ("since", "until", "partner", "purpose") if k in query}
        looks = self.select("collections", **asked)["collections"]
        return united(heard, looks, now, bbox=query.get("bbox"), until=query.get("until"), length_m=length_m)

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

        return of_vessel(self, ident, **options)

    def plot_density(self, **options: Any) -> Any:
        """A density map: options are ``bbox``, ``since``, ``until`` and those of :func:`makara.plot_density`."""
        from makara.session.plot import of_traffic

        return of_traffic(self, **options)

    def plot_coverage(self, **options: Any) -> Any:
        """A coverage map: options are ``bbox``, ``since``, ``until`` and those of :func:`makara.plot_coverage`."""
        from makara.session.plot import of_coverage

        return of_coverage(self, **options)
