"""Small hulls for the tests of tracks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from makara.base import geo

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def make_line(mover=1, lon=10.0, lat=50.0, kn=10.0, course=90.0, n=20, step_s=600, start_s=0, first=0, state=True):
    """Reports of a hull on a straight course."""
    t = np.arange(n) * step_s
    x, y = geo.destination(lon, lat, course, kn * 1852 / 3600 * t)
    return pl.DataFrame(
        {
            "report": np.arange(first, first + n, dtype=np.int64) + mover * 100_000,
            "mover": np.full(n, mover, np.int64),
            "t_seen": [T0 + timedelta(seconds=float(s) + start_s) for s in t],
            "lon_deg": x,
            "lat_deg": y,
            "sog_kn": [kn if state else None] * n,
            "cog_deg": [course if state else None] * n,
        },
        schema_overrides={"sog_kn": pl.Float32, "cog_deg": pl.Float32, "t_seen": pl.Datetime("us", "UTC")},
    )


def make_messy(seed: int, n: int = 120) -> pl.DataFrame:
    """A mover with clones, jumps, holes and repetitions; another that behaves."""
    rng = np.random.default_rng(seed)
    homes = rng.uniform([-40, -40], [40, 40], (rng.integers(1, 5), 2))
    t = np.cumsum(
        rng.exponential(rng.choice([60, 1800, 10_000]), n) + rng.choice([0, 0, 90_000], n, p=[0.9, 0.07, 0.03])
    )
    at = homes[rng.integers(0, len(homes), n)] + rng.normal(0, 0.02, (n, 2))
    jump = rng.random(n) < 0.1
    at[jump] += rng.uniform(-5, 5, (int(jump.sum()), 2))
    stated = rng.random(n) < 0.7
    frame = pl.DataFrame(
        {
            "report": rng.permutation(n).astype(np.int64),
            "mover": np.full(n, 7, np.int64),
            "t_seen": [T0 + timedelta(microseconds=int(s * 1e6)) for s in t],
            "lon_deg": at[:, 0],
            "lat_deg": at[:, 1],
            "sog_kn": np.where(stated, rng.uniform(0, 40, n), np.nan).astype(np.float32),
            "cog_deg": np.where(stated, rng.uniform(0, 360, n), np.nan).astype(np.float32),
        },
        schema_overrides={"t_seen": pl.Datetime("us", "UTC")},
    )
    again = frame.sample(15, seed=seed).with_columns(pl.col("report") + 500, pl.col("t_seen") + timedelta(seconds=3))
    return pl.concat([frame, again, make_line(mover=8, n=30).select(frame.columns)])


def make_berth(seed: int, hulls: int = 4, n: int = 60) -> pl.DataFrame:
    """Hulls moored some 50 m apart that share an MMSI, each heard every ten seconds; ``hull`` tells them apart."""
    rng = np.random.default_rng(seed)
    k = np.tile(np.arange(hulls), n)
    t = np.repeat(np.arange(n) * 10.0, hulls) + rng.uniform(0, 9, hulls)[k]
    x, y = geo.destination(10.0 + 0.0007 * k, 50.0 + 0.0002 * k, 0.0, rng.normal(0, 2, len(k)))
    frame = pl.DataFrame(
        {
            "report": rng.permutation(len(k)).astype(np.int64),
            "mover": np.full(len(k), 9, np.int64),
            "t_seen": [T0 + timedelta(microseconds=int(s * 1e6)) for s in t],
            "lon_deg": x,
            "lat_deg": y,
            "sog_kn": np.zeros(len(k), np.float32),
            "cog_deg": ((40 + 97 * k) % 360 + rng.normal(0, 3, len(k))).astype(np.float32) % 360,
            "hull": k,
        },
        schema_overrides={"t_seen": pl.Datetime("us", "UTC")},
    )
    return frame


@pytest.fixture(scope="session")
def berth():
    return make_berth


@pytest.fixture(scope="session")
def line():
    return make_line


@pytest.fixture(scope="session")
def messy():
    return make_messy
