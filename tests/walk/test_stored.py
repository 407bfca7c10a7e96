"""Points on disk are read as those in memory are, and no window holds many more of them than it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from makara.lake.drafts import drafts
from makara.reads import Ready
from makara.replay import windows
from makara.session import stored
from makara.tables import table

T0 = datetime(2026, 3, 1, 7, tzinfo=UTC)
DAYS = 10
HOUR = timedelta(hours=1)
NONE = table("track_points").empty().lazy(), table("reports").empty().lazy()


def points(n: int) -> pl.DataFrame:
    """Points of vessels, an aid and a base station over ten days; every tenth on no track."""
    rng = np.random.default_rng(3)
    mover = rng.choice([201_000_001, 201_000_002, 366_000_003, 992_000_001, 2_320_001], n)
    rows = pl.DataFrame({"report": rng.permutation(n), "mover": mover, "h3_3": 0})
    seen = T0 + pl.duration(seconds=pl.Series(rng.integers(0, DAYS * 86_400, n)))
    more = {c: pl.lit(None, t).alias(c) for c, t in table("track_points").schema.items()}
    more |= {"transponder": pl.lit("class_a"), "mmsi": pl.col("mover").cast(pl.Int32), "mark": pl.lit("mk")}
    more |= {"track": pl.when(pl.col("report") % 10 > 0).then(pl.col("mover") * 3 + pl.col("report") % 2)}
    more |= {"lon_deg": pl.lit(1.0), "lat_deg": pl.lit(2.0), "receiver": pl.lit("satellite")}
    made = rows.with_columns(t_seen=seen.dt.cast_time_unit("us")).with_columns(
        e.alias(c) for c, e in more.items() if c not in ("report", "mover", "t_seen", "h3_3")
    )
    return made.drop("source", "t_known").sort("mover", "t_seen", "report")


@pytest.fixture
def kept(tmp_path: Path) -> stored.Stored:
    with drafts(tmp_path) as aside:
        yield stored.Stored(aside, *NONE)  # type: ignore[misc]


def test_points_on_disk_are_those_in_memory(kept: stored.Stored) -> None:
    every = points(5_000)
    held = Ready(every)
    for _, some in every.group_by("mover", maintain_order=True):
        kept.put(some)
    assert kept.span() == held.span()
    for frm, to in ((0, 30), (5, 30), (20, 30), (10, 200), (500, 600)):
        a, b = T0 + frm * HOUR, T0 + to * HOUR
        assert kept.between(a, b).equals(held.between(a, b)), (frm, to)
    for looks in ([], [3], [50, 2, 49], [100_000]):
        times = pl.Series([T0 + k * HOUR for k in looks], dtype=pl.Datetime("us", "UTC"))
        near = [f.near(times, 2 * HOUR).select("report").sort("report") for f in (kept, held)]
        assert near[0].equals(near[1])
        gap = (every["t_seen"].to_frame().join(times.to_frame("look"), how="cross")) if looks else None
        within = 0 if gap is None else gap.filter((pl.col("t_seen") - pl.col("look")).abs() <= 2 * HOUR).height
        assert (len(near[0]) > 0) == (within > 0)


def test_no_window_holds_more_points_than_it_may(kept: stored.Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the lake: time is cut so that a window holds no more than asked, or no more than 12 hours."""
    monkeypatch.setattr(stored, "WINDOW_ROWS", 1_000)
    every = points(9_000)
    kept.put(every)
    spans = windows(datetime(1970, 1, 1, tzinfo=UTC), T0 + timedelta(days=DAYS), T0, kept.cuts())
    rows = [len(kept.between(a, b)) for a, b in spans]
    assert sum(rows) == len(Ready(every).points)
    assert max(rows) <= 1_000
    assert all(b.hour in (0, 12) for _, b in spans[:-1])
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert len(spans) < 16, "and no more often than need be"
