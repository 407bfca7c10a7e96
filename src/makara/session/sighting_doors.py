"""What a session offers to those who report what they saw."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from makara.base.errors import UsageError
from makara.lake import Lake, Settings

FEED: Final = "sightings"


class _Session(Protocol):
    """What this door needs of the session that it belongs to."""

    lake: Lake
    settings: Settings


class SightingDoors:
    """The part of a session that takes sightings."""

    def sight(self: _Session, told: Mapping[str, Any]) -> dict[str, Any]:
        """File a sighting, as the source ``sightings`` reads one: the record is kept as a file, its detection ingested.

        Args:
            told: ``time`` (ISO 8601 with Z), ``lon, lat`` (degrees, or text as ``17 30.5 S``), and where known
                ``length_m, speed_kn, course_deg, radius_nmi, platform, remarks``.

        Returns:
            ``detection`` (its id), ``new`` (False: the very same was there already), ``t_seen, lon_deg, lat_deg``.

        Raises:
            UsageError: it has no usable time or place, or is ahead of now; nothing was filed.
            SettingsError: the feed ``sightings`` has no mark.
            LakeLockedError: another writer holds the lake.
        """
        from makara.session import ingest
        from makara.sources import judge, source

        record = json.dumps(dict(told), ensure_ascii=False, sort_keys=True).encode()
        now = datetime.now(UTC)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"sighting-{hashlib.sha256(record).hexdigest()[:16]}.json"
            path.write_bytes(record)
            batches = list(source(FEED).read(path, {}))
            found = pl.concat([b.frames["detections"] for b in batches])
            kept, late = judge(found, now)
            wrong = [*(b.rejects for b in batches), late.select(batches[0].rejects.columns)]
            if len(kept) != 1:
                said = pl.concat(wrong)["detail"].to_list()
                raise UsageError(f"the sighting cannot be filed: {'; '.join(said) or 'it is not one sighting'}")
            taken = ingest.ingest(self.lake, self.settings, FEED, [path], {}, now)
        row = kept.row(0, named=True)
        answer = {n: row[n] for n in ("detection", "t_seen", "lon_deg", "lat_deg")}
        return {**answer, "new": taken.tables["detections"] == 1}
