"""What a session offers on live feeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from makara.lake import Lake, Settings


class _Session(Protocol):
    """What this door needs of the session that it belongs to."""

    lake: Lake
    settings: Settings

    def run(self) -> dict[str, Any]: ...


class FollowDoors:
    """The part of a session that receives."""

    def follow(
        self: _Session,
        source: str,
        address: str,
        *,
        every_s: float = 60.0,
        for_s: float | None = None,
        walk: bool = True,
        connection: Mapping[str, str] | None = None,
        say: Callable[[str], None] | None = None,
        started: Callable[[Event], None] | None = None,
        **options: str,
    ) -> dict[str, Any]:
        """Receive a live feed: every line to disk first, then into the lake, until stopped.

        Args:
            source: tcp, listen or mqtt.
            address: where from, as ``makara sources`` says.
            every_s: how often what came is taken in, seconds.
            for_s: stop after so many seconds; None: never.
            walk: walk after each time.
            connection: ``password-file`` and ``ca`` of mqtt.
            say: takes what the operator should know.
            started: takes an event that ends it when set.
            options: the source's own: ``form``, ``receiver``, ``feed``.

        Returns:
            lines, segments, left_behind, reports, claims, duplicates, rejects by reason, runs.

        Raises:
            SettingsError: the feed declares no mark.
            InputError: the port is taken, or the broker refuses.
            LakeLockedError: another process follows the same feed.
        """
        from makara.session.follow import Following

        def run() -> None:
            self.run()

        feed = Following(
            self.lake,
            self.settings,
            source,
            address,
            {name.replace("_", "-"): value for name, value in options.items()},
            connection=connection or {},
            clock=lambda: datetime.now(UTC),
            walk=run if walk else None,
            say=say or (lambda news: None),
        )
        if started:
            started(feed.stop)
        return feed.run(every_s=every_s, for_s=for_s).summary()

    def watch(
        self: _Session,
        folder: str | Path,
        *,
        licence: str | None = None,
        settle_s: float = 10.0,
        every_s: float = 60.0,
        for_s: float | None = None,
        walk: bool = True,
        say: Callable[[str], None] | None = None,
        started: Callable[[Event], None] | None = None,
        **options: str,
    ) -> dict[str, Any]:
        """Watch a folder for satellite scenes: each is taken in once, when it is whole, until stopped.

        Args:
            folder: its direct entries are products: directories, archives, GeoTIFFs.
            licence: what all that comes is under; None: what products say.
            settle_s: a product must not have changed for so long, seconds.
            every_s: how often the folder is looked at, seconds.
            for_s: stop after so many seconds; None: never.
            walk: walk after each time that something came.
            say: takes what the operator should know.
            started: takes an event that ends it when set.
            options: of the source ``scene``: ``provider``, ``units``, ``time``, ``polarisation``.

        Returns:
            products, known, left with the reason by name, tables, runs.

        Raises:
            InputError: there is no such folder.
            SettingsError: the feed ``scene`` declares no mark.
            UsageError: no such licence.
        """
        from makara.session.watch import Watching

        def run() -> None:
            self.run()

        watching = Watching(
            self.lake,
            self.settings,
            Path(folder),
            options,
            licence=licence,
            settle_s=settle_s,
            clock=lambda: datetime.now(UTC),
            walk=run if walk else None,
            say=say or (lambda news: None),
        )
        if started:
            started(watching.stop)
        return watching.run(every_s=every_s, for_s=for_s).summary()
