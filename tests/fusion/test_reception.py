"""Reception: the share heard is found again on seas whose reception is known, with an interval that holds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

import makara
from makara.base.cell_at import cells
from makara.base.errors import ColumnsError
from makara.exercise.case import sea_over
from makara.exercise.fleet import Fleet, Register, assemble
from makara.exercise.radio import Pass, listen, passes
from makara.exercise.traffic import background
from makara.fusion.reception import TALLY, estimate, tally
from makara.session.resources import land

START = datetime(2026, 3, 14, 13, tzinfo=UTC)
KEYS = ["cell", "receiver", "transponder"]


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def still(lon: float, lat: float, heard: list[float], mover: int = 1, **more: object) -> pl.DataFrame:
    """A vessel that stays where it is, heard at some hours after the start."""
    n = len(heard)
    base = {"mover": [mover] * n, "t_seen": [at(h) for h in heard], "lon_deg": [lon] * n, "lat_deg": [lat] * n}
    return pl.DataFrame(base | {"receiver": ["terrestrial"] * n, "transponder": ["class_a"] * n}).with_columns(
        **{k: pl.lit(v) for k, v in more.items()}
    )


def known_sea(seed: int, hours: int = 48) -> tuple[pl.DataFrame, dict[int, float]]:
    """Vessels at rest in a belt of cells across 180, each heard in any hour with the chance of its cell."""
    rng = np.random.default_rng(seed)
    lon, lat = np.meshgrid(np.arange(174.0, 187.0, 1.1), np.arange(-20.0, -12.0, 1.1))
    lon = (lon.ravel() + 180.0) % 360.0 - 180.0
    home = cells(pl.Series(lon), pl.Series(lat.ravel()), 3).to_numpy()
    chance = {int(c): float(rng.beta(0.5, 0.5)) for c in np.unique(home)}
    rows = []
    for k in range(lon.size):
        for _ in range(int(rng.integers(1, 6))):
            heard = rng.random(hours) < chance[int(home[k])]
            known = rng.random(hours) < 0.5  # a satellite tells half the time that it is there
            for name, mask in (("terrestrial", heard), ("satellite", known)):
                t = np.flatnonzero(mask) + rng.uniform(0.0, 1.0, int(mask.sum()))
                rows.append((len(rows) // 2, name, lon[k], lat.ravel()[k], t))
    n = [len(r[4]) for r in rows]
    points = pl.DataFrame(
        {
            "mover": np.repeat([r[0] for r in rows], n),
            "receiver": np.repeat([r[1] for r in rows], n),
            "lon_deg": np.repeat([r[2] for r in rows], n),
            "lat_deg": np.repeat([r[3] for r in rows], n),
            "us": (np.concatenate([r[4] for r in rows]) * 3.6e9).astype(np.int64),
        }
    )
    t = pl.lit(START) + pl.duration(microseconds=pl.col("us"))
    return points.with_columns(t_seen=t.cast(pl.Datetime("us", "UTC")), transponder=pl.lit("class_a")), chance


@pytest.fixture(scope="module")
def sea() -> tuple[pl.DataFrame, dict[int, float]]:
    return known_sea(4)


def test_the_interval_holds_the_truth_as_often_as_it_says(sea: tuple[pl.DataFrame, dict[int, float]]) -> None:
    found, truth = [], {}
    for seed in (4, 5, 6):
        points, chance = sea if seed == 4 else known_sea(seed)
        found.append(makara.reception(points).filter(receiver="terrestrial").with_columns(seed=pl.lit(seed)))
        truth |= {(seed, c): p for c, p in chance.items()}
    rows = pl.concat(found).filter(pl.col("trials") > 0)
    p = np.array([truth[k] for k in rows.select("seed", "cell").iter_rows()])
    inside = (rows["p_lo"].to_numpy() - 0.005 <= p) & (p <= rows["p_hi"].to_numpy() + 0.005)
    assert len(rows) > 150
    assert 0.84 <= inside.mean() <= 0.97, inside.mean()
    assert abs((rows["p_heard"].to_numpy() - p).mean()) < 0.02
    assert np.abs(rows["p_heard"].to_numpy() - p).mean() < 0.05


def exercise_points(fleet: Fleet, seen: tuple[Pass, ...], seed: int) -> pl.DataFrame:
    parts = []
    for h in listen(fleet, seen, seed):
        if h.what != "static":
            lon, lat = fleet.at(h.vessel, h.t)
            name = "satellite" if h.satellite else "terrestrial"
            parts.append(pl.DataFrame({"mover": h.vessel, "s": h.t, "lon_deg": lon, "lat_deg": lat, "receiver": name}))
    kinds = np.array(["none", "class_a", "class_b"])[fleet.transponders()]
    p = pl.concat(parts).with_columns(lon_deg=(pl.col("lon_deg") + 180.0) % 360.0 - 180.0)
    t = pl.lit(START) + pl.duration(microseconds=(pl.col("s") * 1e6).cast(pl.Int64))
    return p.with_columns(pl.Series("transponder", kinds[p["mover"].to_numpy()]), t_seen=t)


def test_the_exercise_sea_gives_back_its_own_reception() -> None:
    """Truth: the same vessels on the same ways, heard anew many times; its mean by cell of true places."""
    hours, again = 12, 6
    motion, sea = np.random.default_rng([3, 1]), sea_over(land())
    fleet = assemble(background(motion, sea, Register(np.random.default_rng(3)), hours * 3600.0, 220))
    seen = passes(np.random.default_rng(5), hours * 3600.0)
    found = makara.reception(exercise_points(fleet, seen, 5)).filter(pl.col("trials") > 0)
    rates = np.zeros((2, len(fleet.vessels), hours))
    for seed in range(again):
        hit = np.zeros(rates.shape, bool)
        for h in listen(fleet, seen, 100 + seed):
            if h.what != "static":
                hit[int(h.satellite), h.vessel, np.minimum((h.t / 3600.0).astype(int), hours - 1)] = True
        rates += hit
    v, hour = (x.ravel() for x in np.meshgrid(np.arange(len(fleet.vessels)), np.arange(hours), indexing="ij"))
    lon, lat = fleet.at(v, hour * 3600.0 + 1800.0)
    place = cells(pl.Series((lon + 180.0) % 360.0 - 180.0), pl.Series(lat), 3)
    kinds = np.array(["none", "class_a", "class_b"])[fleet.transponders()][v]
    truth = pl.concat(
        pl.DataFrame({"cell": place, "transponder": kinds, "p": rates[k].ravel() / again, "receiver": name})
        for k, name in enumerate(("terrestrial", "satellite"))
    )
    mean = truth.group_by(KEYS).agg(pl.col("p").mean(), pl.len().alias("hours"))
    both = found.join(mean, on=KEYS)
    inside = pl.col("p").is_between(pl.col("p_lo") - 0.005, pl.col("p_hi") + 0.005)
    assert len(both) > 150
    assert both.select(inside.mean()).item() >= 0.85
    for name in ("terrestrial", "satellite"):
        part = both.filter(receiver=name)
        off = ((part["p_heard"] - part["p"]) * part["hours"]).sum() / part["hours"].sum()
        assert abs(off) < 0.03, (name, off)


def test_any_split_adds_up_the_same(sea: tuple[pl.DataFrame, dict[int, float]]) -> None:
    points, _ = sea
    whole = makara.reception(points)
    spans = points.group_by("receiver").agg(t_first=pl.col("t_seen").min(), t_last=pl.col("t_seen").max())
    by_mover = [tally(points.filter(pl.col("mover") % 3 == k), spans=spans) for k in range(3)]
    assert estimate(pl.concat(by_mover)).equals(whole)
    edges = [at(h) for h in (0, 7, 20, 21, 48)]
    parts = []
    for a, b in pairwise(edges):
        near = pl.col("t_seen").is_between(a - timedelta(hours=12), b + timedelta(hours=13))
        parts.append(tally(points.filter(near), frm=a, to=b, spans=spans))
    assert estimate(pl.concat(parts)).equals(whole)
    assert estimate(pl.concat(parts), hourly=True).equals(makara.reception(points, hourly=True))
    assert makara.reception(points.sample(fraction=1.0, shuffle=True, seed=3)).equals(whole)


def test_hours_add_up_to_the_span(sea: tuple[pl.DataFrame, dict[int, float]]) -> None:
    points, chance = sea
    hours, whole = makara.reception(points, hourly=True), makara.reception(points)
    summed = hours.group_by(KEYS).agg(pl.col("n_heard", "trials", "heard").sum()).sort(KEYS)
    assert summed.equals(whole.select(summed.columns).sort(KEYS))
    assert (hours["t_end"] - hours["t_start"] == timedelta(hours=1)).all()
    assert hours.select((pl.col("p_lo") <= pl.col("p_heard")) & (pl.col("p_heard") <= pl.col("p_hi"))).to_series().all()
    rows = hours.filter(pl.col("receiver") == "terrestrial", pl.col("trials") > 0)
    p = np.array([chance[c] for c in rows["cell"].to_list()])
    inside = (rows["p_lo"].to_numpy() - 0.005 <= p) & (p <= rows["p_hi"].to_numpy() + 0.005)
    assert inside.mean() > 0.85


def test_a_trial_needs_reports_before_and_after_and_close_enough() -> None:
    one = still(10.0, 0.0, [0.5, 3.5, 15.4])
    listened = pl.DataFrame({"receiver": ["terrestrial"], "t_first": [at(0)], "t_last": [at(24)]})
    found = estimate(tally(one, spans=listened), hourly=True)
    hours = {(r["t_start"] - START) // timedelta(hours=1): r["trials"] for r in found.to_dicts()}
    assert hours == {0: 0, 1: 1, 2: 1, 3: 0} | dict.fromkeys(range(4, 15), 1) | {15: 0}
    assert estimate(tally(still(10.0, 0.0, [0.5, 12.6]), spans=listened))["trials"].to_list() == [0]


def test_nobody_was_there_is_no_number_and_never_heard_is_nearly_zero() -> None:
    heard = pl.concat(still(0.1, 0.0, [h + 0.1 for h in range(24)], k) for k in range(6))
    far = pl.concat(still(3.0, 0.0, [h + 0.1 for h in range(24)], 10 + k, receiver="satellite") for k in range(6))
    found = makara.reception(pl.concat([heard, far]))
    here, there = (cells(pl.Series([x]), pl.Series([0.0]), 3)[0] for x in (0.1, 3.0))
    row = {(r["cell"], r["receiver"]): r for r in found.to_dicts()}
    assert set(found["cell"]) == {here, there}
    deaf = row[there, "terrestrial"]
    assert (deaf["trials"] > 100, deaf["heard"], deaf["n_heard"]) == (True, 0, 0)
    assert deaf["p_hi"] < 0.15 < 0.85 < row[here, "terrestrial"]["p_lo"]


def test_a_vessel_at_sea_across_180_and_at_the_pole_counts_where_it_is() -> None:
    times = [0.5, 6.5]
    across = still(179.0, -17.0, times).with_columns(lon_deg=pl.Series([177.5, -177.5]))
    pole = still(0.0, 89.0, times, 2).with_columns(lon_deg=pl.Series([0.0, 179.9]))
    for points, lon, lat in ((across, 180.0, -17.0), (pole, 0.0, 90.0)):
        counted = tally(pl.concat([points, still(5.0, 5.0, [0.1, 6.9], 9)])).filter(pl.col("mover") != 9)
        middle = counted.filter(pl.col("trials") > 0, pl.col("t_start") == at(3))["cell"].to_list()
        assert middle == cells(pl.Series([lon]), pl.Series([lat]), 3).to_list()


def test_what_is_no_ear_and_what_is_no_track_count_for_nothing() -> None:
    one = still(10.0, 0.0, [h + 0.5 for h in range(6)])
    vms = still(10.0, 0.0, [h + 0.5 for h in range(6)], -5, receiver="vms", transponder="vms")
    own = still(10.0, 0.0, [0.1, 5.9], 3, receiver="own")
    lost = one.with_columns(track=pl.lit(None, pl.Int64()), mover=pl.lit(7, pl.Int64()))
    points = pl.concat([one, vms, own]).with_columns(track=pl.col("mover"))
    found = makara.reception(pl.concat([points, lost.select(points.columns)]))
    assert found["receiver"].unique().to_list() == ["terrestrial"]
    assert found["n_movers"].to_list() == [1] and found["trials"].to_list() == [8]


def test_long_range_messages_are_class_as_and_unknown_stays_unknown() -> None:
    both = still(10.0, 0.0, [0.5, 1.5, 2.5, 3.5]).with_columns(
        transponder=pl.Series(["long_range", "long_range", "long_range", "class_a"])
    )
    assert makara.reception(both)["transponder"].unique().to_list() == ["class_a"]
    bare = both.select("mover", "t_seen", "lon_deg", "lat_deg")
    found = makara.reception(bare.to_pandas())
    assert found.select("receiver", "transponder").unique().rows() == [("unknown", "unknown")]


def test_a_missing_column_is_named_and_nothing_gives_nothing() -> None:
    with pytest.raises(ColumnsError, match="lat_deg"):
        makara.reception(pl.DataFrame({"mover": [1], "t_seen": [START], "lon_deg": [0.0]}))
    nothing = still(0.0, 0.0, [])
    assert tally(nothing).schema == TALLY
    assert len(makara.reception(nothing)) == 0 and len(makara.reception(nothing, hourly=True)) == 0
