"""A lake of simulated voyages: a week of positions of as many vessels as are needed, round harbours all over the seas.

Half of the vessels lie, a third sail steadily, the others turn about as those that fish do. Zones are like the waters
of states: rugged polygons of a thousand corners round the harbours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

import makara
from makara.sharing import OWNER, Mark
from makara.sharing.marks import ROW, key, row
from makara.tables import table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAYS = 7
A_DAY = 400
"""Positions of a vessel a day, on average."""
HARBOURS = 60
CORNERS = 1_000
AT_ONCE = 1_000_000
T0 = datetime(2025, 12, 1, tzinfo=UTC)
KNOTS_DEG_S = 1 / 3600 / 60
"""Degrees of latitude that a knot makes in a second."""
STAMPS = {"source": pl.lit("nmea"), "mark": pl.lit(key(Mark.own(OWNER))), "t_known": pl.lit(T0 + timedelta(days=30))}


def make(path: Path, positions: int) -> None:
    """Make the lake, through its own writer, and compact it.

    Args:
        path: where; there must be none.
        positions: about so many.
    """
    rng = np.random.default_rng(4)
    harbours = np.column_stack([rng.uniform(-170, 170, HARBOURS), rng.uniform(-55, 65, HARBOURS)])
    session = makara.open(path)
    with session.lake.write() as commit:
        for rows in _days(rng, harbours, max(1, positions // (DAYS * A_DAY))):
            for first in range(0, len(rows), AT_ONCE):
                commit.append("reports", table("reports").conform(rows[first : first + AT_ONCE]))
        commit.put("zones", _zones(rng, harbours))
        commit.put("marks", pl.DataFrame([row(Mark.own(OWNER))], schema=ROW).with_columns(**STAMPS))
    session.compact()


def _days(rng: np.random.Generator, harbours: Floats, vessels: int) -> Iterator[pl.DataFrame]:
    """The positions of a day after another, as they come in: by time."""
    home = harbours[rng.integers(0, HARBOURS, vessels)]
    x, y = home[:, 0] + rng.normal(0, 2, vessels), home[:, 1] + rng.normal(0, 1.5, vessels)
    kind = rng.choice(3, vessels, p=[0.5, 0.32, 0.18])
    knots = np.choose(kind, [np.full(vessels, 0.05), rng.uniform(8, 17, vessels), rng.uniform(2, 5, vessels)])
    rate = rng.lognormal(np.log(A_DAY) - 0.18, 0.6, vessels).clip(20, 1500)
    course = rng.uniform(0, 360, vessels)
    for d in range(DAYS):
        count = np.maximum(1, rng.poisson(rate))
        of = np.repeat(np.arange(vessels), count)
        n, first = len(of), np.cumsum(count) - count
        t = rng.uniform(0, 86_400, n)
        t = t[np.lexsort((t, of))]
        turns = rng.normal(0, np.where(kind == 2, 80, 6)[:, None], (vessels, 12))
        cog = course[of] + turns[of, (t // 7200).astype(int)] + np.where((kind[of] == 1) & (t > 43_200), 180, 0)
        dt = np.diff(t, prepend=0.0)
        dt[first] = t[first]
        step = knots[of] * KNOTS_DEG_S * dt
        lat = y[of] + _summed(step * np.cos(np.radians(cog)), first, count)
        lon = x[of] + _summed(step * np.sin(np.radians(cog)) / np.cos(np.radians(lat)), first, count)
        last = first + count - 1
        x, y = lon[last], lat[last]
        lon, lat = (np.round(np.round(v * 6e5 + rng.normal(0, 12, n)) / 6e5, 7) for v in (lon, lat))
        rows = pl.DataFrame({
            "report": rng.integers(-(2**63), 2**63 - 1, n), "mover": 200_000_000 + of,
            "mmsi": (200_000_000 + of).astype(np.int32), "lon_deg": (lon + 180) % 360 - 180, "lat_deg": lat,
            "t_seen": pl.Series(t.astype(np.int64) * 1_000_000).cast(pl.Duration("us")) + T0 + timedelta(days=d),
            "sog_kn": np.round(np.abs(knots[of] + rng.normal(0, 0.3, n)), 1),
            "cog_deg": np.round((cog + rng.normal(0, 3, n)) % 360, 1),
            "heading_deg": np.round((cog + rng.normal(0, 2, n)) % 360) % 360,
            "rot_deg_min": np.where(kind[of] == 1, np.round(rng.normal(0, 2, n)), 0),
            "nav_status": np.choose(kind, [5, 0, 7])[of], "station": np.array([f"r{k}" for k in range(200)])[of % 200],
            "radio_channel": np.where(rng.random(n) < 0.5, "A", "B"), "accurate": rng.random(n) < 0.7,
            "transponder": np.where(of % 5, "class_a", "class_b"), "msg_type": np.where(of % 5, 1, 18),
        })  # fmt: skip
        stated = {"receiver": pl.lit("terrestrial"), "own": pl.lit(False), "flags": pl.lit([], pl.List(pl.String))}
        yield rows.with_columns(**stated, **STAMPS).sort("t_seen")


def _summed(steps: Floats, first: Ints, count: Ints) -> Floats:
    """Running sums, begun anew with each vessel."""
    total = np.cumsum(steps)
    return total - np.repeat(total[first] - steps[first], count)


def _zones(rng: np.random.Generator, harbours: Floats) -> pl.DataFrame:
    rows = []
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    for k, (x, y) in enumerate(harbours):
        far = rng.uniform(2, 5) * (1 + 0.3 * np.sin(5 * angle + k) + rng.uniform(0, 0.05, CORNERS))
        shape = shapely.Polygon(np.column_stack([x + far * np.cos(angle), y + far * np.sin(angle)]))
        w, s, e, n = shape.bounds
        box = {"w": w, "s": s, "e": e, "n": n}
        rows.append({"zone": f"z{k:02}", "name": f"Waters {k}", "kind": "eez", "geometry": shapely.to_wkb(shape),
                     "box": box, "attributes": "{}"})  # fmt: skip
    return table("zones").conform(pl.DataFrame(rows).with_columns(**STAMPS))
