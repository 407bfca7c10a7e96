"""A crowd's pairs are sought some ten minutes at a time, so that memory stays bounded: the events are the same."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from makara.behaviours import _pairs, find

N, VESSELS = 60, 40


def crowd() -> pl.DataFrame:
    """Vessels that drift about one another for ten hours, heard every ten minutes or so."""
    rng = np.random.default_rng(11)
    lon = 150.0 + np.cumsum(rng.normal(0, 4e-4, (VESSELS, N)), axis=1) + rng.uniform(0, 0.03, (VESSELS, 1))
    lat = 5.0 + np.cumsum(rng.normal(0, 4e-4, (VESSELS, N)), axis=1) + rng.uniform(0, 0.03, (VESSELS, 1))
    start = int(datetime(2026, 3, 1, 7, tzinfo=UTC).timestamp())
    seconds = start + np.arange(N) * 600 + rng.integers(0, 500, (VESSELS, N))
    return pl.DataFrame(
        {
            "report": np.arange(VESSELS * N),
            "mover": np.repeat(201_000_000 + np.arange(VESSELS), N),
            "track": np.repeat(np.arange(VESSELS), N),
            "t_seen": pl.from_epoch(pl.Series(seconds.ravel())).cast(pl.Datetime("us", "UTC")),
            "lon_deg": lon.ravel(),
            "lat_deg": lat.ravel(),
            "sog_kn": np.full(VESSELS * N, 0.5, np.float32),
        }
    )


def test_pairs_sought_in_parts_give_the_same_events(monkeypatch: pytest.MonkeyPatch) -> None:
    points = crowd()
    whole = find("encounter", points)
    assert len(whole) > 20
    sought: list[int] = []
    touching = _pairs.touching
    monkeypatch.setattr(_pairs, "touching", lambda who, *a: (sought.append(len(who)), touching(who, *a))[1])
    monkeypatch.setattr(_pairs, "PIECES", 200)
    assert find("encounter", points).equals(whole)
    assert len(sought) > 5
    assert max(sought) <= 200 + 2 * VESSELS, "no more than asked, but for one ten minutes"
