"""The session: ingest, run, and every reading, each through release."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from makara.base.errors import NotFoundError, UsageError
from makara.base.time import text
from makara.lake import Lake, Settings
from makara.session import read
from makara.session.alert_doors import AlertDoors
from makara.session.follow_doors import FollowDoors
from makara.session.picture_doors import PictureDoors
from makara.session.read import VIEW, Query
from makara.session.sighting_doors import SightingDoors
from makara.session.vessel_doors import VesselDoors
from makara.sharing import OWNER, Released, own
from makara.tables.release import Release

Box = tuple[float, float, float, float]


def open(path: str | Path, *, create: bool = True, settings: str | None = None) -> Session:
    """Open a lake, or make one.

    Args:
        path: directory of the lake.
        create: make it, with a makara.toml written in full, when there is none.
        settings: text of a new lake's makara.toml; None: every feed, nothing shared, every rule.

    Raises:
        NotFoundError: there is no lake and ``create`` is false.
        LakeTooNewError: a newer Makara wrote it.
        SettingsError: makara.toml does not fit.
    """
    from makara.session.settings import default_settings

    text_of = default_settings if settings is None else lambda: settings
    return Session(Lake.open(path, create=create, settings=text_of))


def preview(source: str | None, files: Sequence[str | Path], **options: str) -> dict[str, Any]:
    """What an ingest would recognise, its first rows as understood, and what it would reject; needs no lake.

    Args:
        source: a name from ``makara sources``; None to take the one that fits best.
        files: paths.
        options: the source's own.

    Returns:
        As :func:`makara.session.explain.explain`.

    Raises:
        InputError: a file cannot be read.
        UsageError: no source fits; the message says what the file looks like.
    """
    from makara.session import explain

    return explain.explain(source, [Path(f) for f in files], _named(options), _clock())


class Session(VesselDoors, PictureDoors, FollowDoors, AlertDoors, SightingDoors):
    """A lake, opened. Reading methods give what release allows; the owner is partner ``self``."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.settings: Settings = lake.settings(os.environ)
        self._views: dict[tuple[Any, ...], Released] = {}
        self._lock = Lock()

    # -- what changes a lake

    def ingest(
        self,
        source: str,
        files: Sequence[str | Path] | str | Path,
        *,
        licence: str | None = None,
        explain: bool = False,
        progress: Callable[[int], None] | None = None,
        **options: str,
    ) -> dict[str, Any]:
        """Take files of a source in, in one commit; the same file again is a no-op.

        Args:
            source: a name from ``makara sources``.
            files: paths; for ``case`` directories.
            licence: a licence that all that comes is under, as ``[licences]`` names them; products of satellites need
                one, here, in the file, or in their feed's mark.
            explain: only say what was recognised and what would be rejected.
            progress: called with the number of rows read so far.
            options: the source's own.

        Returns:
            rows, reports, claims, rejects by reason, skipped_same_file, duplicates, tables, warnings.

        Raises:
            InputError: a file cannot be read.
            LakeLockedError: another writer holds the lake.
            UsageError: no such licence, or products of satellites without one; the message lists those there are.
        """
        from makara.session import ingest

        paths = [Path(files)] if isinstance(files, str | Path) else [Path(f) for f in files]
        if explain:
            return preview(source, paths, **options)
        return ingest.ingest(
            self.lake, self.settings, source, paths, _named(options), _clock(), progress, licence
        ).summary()

    def run(
        self,
        *,
        rule: str | None = None,
        frm: datetime | None = None,
        to: datetime | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> dict[str, Any]:
        """Walk what is new: tracks, matches, events, alerts, releases.

        Args:
            rule: only this rule.
            frm: redo the rules from this instant of happening on.
            to: walk no further than what was known at this instant.
            progress: called with the number of steps done.
        """
        from makara.session.inputs import load_inputs
        from makara.session.run import run

        inputs = load_inputs(self.lake, self.settings, rule)
        return run(
            self.lake, self.settings, inputs, clock=_clock(), code=version("makara"), frm=frm, to=to, progress=progress
        )

    def hand_over(self, partner: str, *, purpose: str = "operations") -> Release:
        """Release everything that a partner may have now, and enter it into the ledger.

        Raises:
            ReleaseError: no such partner.
        """
        from makara.session.share import hand_over

        return hand_over(self.lake, self._released(partner, purpose), _clock())

    # -- what reads it

    def select(self, table: str, *, partner: str = "self", purpose: str = "operations", **query: Any) -> Release:
        """A release with the rows of one table that are asked for.

        Args:
            table: a name from TABLES.md.
            partner: for whom.
            purpose: what for.
            query: fields of :class:`makara.session.read.Query` (``bbox``, ``zone``, ``since``, ``until``, ``mover``,
                ``mmsi``, ``vessel``, ``kind``, ``ids``, ``limit``, ``offset``), and ``as_known_at``.

        Raises:
            ReleaseError: no such partner.
            NotFoundError: no such vessel or zone.
            UsageError: a query that cannot be.
        """
        as_known_at = query.pop("as_known_at", None)
        asked = Query(**query)
        if partner == OWNER:
            rows = read.rows(self.lake.view(), table, asked, as_known_at)
            return own({table: rows}, purpose, _clock())
        if as_known_at is not None:
            raise UsageError("as_known_at is for the owner; what a partner knew is in its ledger (tables releases)")
        if table not in VIEW:
            raise UsageError(f"table {table} is not shared; a partner can ask for {', '.join(VIEW)}")
        return read.narrow(self._released(partner, purpose).release, table, asked)

    def view(self, table: str, **query: Any) -> pl.DataFrame:
        """Rows of a table, as :meth:`select`."""
        return self.select(table, **query)[table]

    def reports(self, **query: Any) -> pl.DataFrame:
        """Reports, as :meth:`select`."""
        return self.view("reports", **query)

    def track_points(self, **query: Any) -> pl.DataFrame:
        """Points on tracks, as :meth:`select`: a vessel's week, or all in a zone on a day, without reading the rest."""
        return self.view("track_points", **query)

    def events(self, **query: Any) -> pl.DataFrame:
        """Events, newest versions, as :meth:`select`; ``as_known_at`` answers what was known then."""
        return self.view("events", **query)

    def alerts(self, **query: Any) -> pl.DataFrame:
        """Alerts, the most urgent first, as :meth:`select`."""
        return self.view("alerts", **query)

    def detections(self, **query: Any) -> pl.DataFrame:
        """Detections, as :meth:`select`."""
        return self.view("detections", **query)

    def rejects(self, **query: Any) -> pl.DataFrame:
        """Input that could not be used, as :meth:`select`."""
        return self.view("rejects", **query)

    def vessel(
        self,
        ident: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        partner: str = "self",
        purpose: str = "operations",
    ) -> Release:
        """One vessel: tables vessels, vessel_links, track_points, events of its movers while they belonged to it.

        Args:
            ident: vessel id, MMSI, IMO number, call sign or name; a former MMSI finds it, too.
            since: points from this instant on, and events not over before it.
            until: points before this instant, and events begun before it.
            partner: for whom.
            purpose: what for.

        Raises:
            NotFoundError: no such vessel among what the partner may see.
        """
        from makara.session.share import one_vessel

        if partner == OWNER:
            view = self.lake.view()

            def table(name: str, **query: Any) -> pl.DataFrame:
                return read.rows(view, name, Query(**query))

            return own(one_vessel(table, ident, since, until), purpose, _clock())
        seen = self._released(partner, purpose).release

        def released(name: str, **query: Any) -> pl.DataFrame:
            return read.narrow(seen, name, Query(**query))[name]

        return replace(seen, tables=one_vessel(released, ident, since, until))

    def release(self, partner: str = "self", *, purpose: str = "operations") -> Release:
        """Everything that a partner may see now.

        Raises:
            ReleaseError: no such partner.
        """
        return self._released(partner, purpose).release

    def withheld(self, partner: str, *, purpose: str = "operations") -> pl.DataFrame:
        """For the owner: rows and columns that a partner does not get, and why (tables.release.DECISIONS)."""
        return self._released(partner, purpose).withheld

    def decisions(self, partner: str, *, purpose: str = "operations") -> pl.DataFrame:
        """For the owner: every decision on what a partner gets and does not get, with its reason."""
        done = self._released(partner, purpose)
        return pl.concat([done.release.decisions, done.withheld])

    def explain(self, event: str, *, partner: str = "self") -> dict[str, Any]:
        """Why an event is one: in words, its reasons, evidence, innocent explanations, what would change our mind.

        Raises:
            NotFoundError: no such event among what the partner may see.
        """
        from makara.session.share import explain

        return explain(self._released(partner, "operations").release, event)

    def partners(self) -> pl.DataFrame:
        """The owner and the partners that settings name: partner, name."""
        rows = [{"partner": OWNER, "name": self.settings.node.name}]
        rows += [{"partner": k, "name": p.name} for k, p in sorted(self.settings.partners.items())]
        return pl.DataFrame(rows)

    def snapshot_id(self) -> str:
        """Changes whenever what can be read changes."""
        snapshot = self.lake.snapshot()
        return f"{self.lake.identity()}-{snapshot.number if snapshot else 0}"

    def status(self) -> dict[str, Any]:
        """How much there is and how old it is: rows by table, newest t_seen and t_known, horizons."""
        reports = self.lake.scan("reports")
        newest = reports.select(pl.col("t_seen").max(), pl.col("t_known").max()).collect().row(0, named=True)
        counts = {t: self.lake.scan(t).select(pl.len()).collect().item() for t in ("reports", "detections", "tracks")}
        horizons = {r: text(t) for r, t in self.lake.state("horizons").select("receiver", "horizon").iter_rows()}
        return {
            "node": self.settings.node.name,
            "t_seen": text(newest["t_seen"]) if newest["t_seen"] else None,
            "t_known": text(newest["t_known"]) if newest["t_known"] else None,
            "rows": counts,
            "horizons": horizons,
            "version": version("makara"),
        }

    def score(self, truth: str | Path) -> dict[str, Any]:
        """Hold events and alerts against the truth of a case (``truth.json``).

        Raises:
            NotFoundError: no such file.
            UsageError: it is no truth file.
        """
        from makara.session.share import score

        path = Path(truth)
        if not path.is_file():
            raise NotFoundError(f"{path} does not exist; a case directory has its truth in truth.json")
        try:
            held = json.loads(path.read_text())
        except json.JSONDecodeError as e:
            raise UsageError(f"{path} is no truth file: {e}") from e
        return score(self.lake, held)

    def compact(self) -> dict[str, dict[str, int]]:
        """Write tables anew that have fallen into many files, in order, as few files; readings stay the same.

        Run again, it finds nothing to do. Replaced files stay for readers of older snapshots as long as always.

        Returns:
            By table: rows, files and bytes before, files and bytes now.

        Raises:
            LakeLockedError: another writer holds the lake.
        """
        before = self.lake.sizes()
        with self.lake.write() as commit:
            commit.compact(_clock())
        now = self.lake.sizes()
        return {
            name: {"rows": b.rows, "files_before": b.files, "bytes_before": b.bytes, "files": a.files, "bytes": a.bytes}
            for name, (b, a) in ((n, (before[n], now[n])) for n in before)
        }

    def doctor(self) -> list[dict[str, str]]:
        """Findings about the lake: level (ok, warning, error), what, detail."""
        return self.lake.doctor()

    # -- the gate

    def _release(self, view: dict[str, pl.DataFrame], partner: str, purpose: str, now: datetime) -> Released:
        from makara.session.share import gate

        return gate(self.lake, self.settings, view, partner, purpose, now)

    def _released(self, partner: str, purpose: str) -> Released:
        """The whole view of a partner; kept while neither the snapshot nor the minute changes.

        It is decided for the minute, not the moment: when the owner's lake changed is none of a partner's business.
        """
        minute = _clock().replace(second=0, microsecond=0)
        k = (self.snapshot_id(), partner, purpose, minute)
        with self._lock:
            held = self._views.get(k)
        if held is not None:
            return held
        snapshot = self.lake.view()
        made = self._release({name: read.declared(snapshot, name) for name in VIEW}, partner, purpose, minute)
        with self._lock:
            self._views = {k2: v for k2, v in self._views.items() if k2[0] == k[0] and k2[3] == minute} | {k: made}
        return made


def _clock() -> datetime:
    return datetime.now(UTC)


def _named(options: dict[str, str]) -> dict[str, str]:
    """Options as sources name them: time_from is time-from."""
    return {name.replace("_", "-"): value for name, value in options.items()}
