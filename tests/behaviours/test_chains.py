"""Chains as pieces of rows, changes from row to row, and who was heard around: against the plain way."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base.geo import distance_m, wrap_lon
from makara.behaviours._chains import NEVER, Chained, split
from makara.behaviours._heard import heard
from makara.behaviours._points import changes, list_changes, ready_points, rows_at

texts = st.one_of(st.none(), st.sampled_from("ab"))
H = 3_600_000_000


@given(st.lists(texts, max_size=20), st.lists(st.one_of(st.none(), st.lists(st.sampled_from("ab"), max_size=3))))
@settings(max_examples=100, deadline=None)
def test_a_change_is_any_difference_from_the_row_before(marks: list[str | None], zones: list[list[str] | None]) -> None:
    assert changes(pl.Series(marks, dtype=pl.String())).tolist() == [
        i == 0 or m != marks[i - 1] for i, m in enumerate(marks)
    ]
    plain = [z or [] for z in zones]
    assert list_changes(pl.Series(zones, dtype=pl.List(pl.String()))).tolist() == [
        i == 0 or z != plain[i - 1] for i, z in enumerate(plain)
    ]


def some_points(rng: np.random.Generator, n: int, lon: float, lat: float, hours: int = 24) -> pl.DataFrame:
    """Points of a few movers with some tracks each, at places within a degree or two."""
    track = rng.integers(0, 12, n)
    return ready_points(
        pl.DataFrame(
            {
                "report": rng.permutation(n),
                "mover": 412_000_000 + track % 5,
                "track": track,
                "t_seen": pl.Series(rng.integers(0, hours * 6, n) * (H // 6)).cast(pl.Datetime("us", "UTC")),
                "lon_deg": wrap_lon(lon + rng.normal(0, 0.4, n)),
                "lat_deg": np.clip(lat + rng.normal(0, 0.4, n), -90, 90),
                "transponder": np.where(track % 2, "class_a", "class_b"),
            }
        )
    )


def joined(apart: bool) -> pl.DataFrame:
    """Tracks 0 to 11 of five movers; of some movers all in one chain, though they overlap in time."""
    joins = [None if t < 5 or (apart and t % 5 < 3) else t - 5 for t in range(12)]
    return pl.DataFrame({"track": range(12), "joins": joins}, schema={"track": pl.Int64(), "joins": pl.Int64()})


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_pieces_of_chains_are_the_points_in_the_order_of_chain_time_and_report(seed: int, apart: bool) -> None:
    points = some_points(np.random.default_rng(seed), 80, 179.8, 10.0)
    chained = Chained.of(points, joined(apart))
    chain = {t: t % 5 if not apart or t % 5 >= 3 else t for t in range(12)}
    plain = points.with_row_index("row").with_columns(chain=pl.col("track").replace_strict(chain))
    plain = plain.sort("chain", "t_seen", "report")
    assert chained.at(np.arange(len(points))).tolist() == plain["row"].to_list()
    after = plain.with_columns(onward=pl.col("t_seen").to_physical().shift(-1).over("chain")).sort("row")
    assert chained.onward(np.arange(len(points))).tolist() == after["onward"].fill_null(NEVER).to_list()


@given(st.integers(0, 10_000), st.sampled_from([(179.9, 0.3), (12.0, 71.0), (-30.0, 89.6)]))
@settings(max_examples=30, deadline=None)
def test_who_was_heard_around_is_what_counting_all_others_gives(seed: int, place: tuple[float, float]) -> None:
    rng = np.random.default_rng(seed)
    points = some_points(rng, 120, *place)
    chained = Chained.of(points, joined(apart=True))
    who, t = points["mover"].to_numpy(), chained.t
    x, y = np.round(points["lon_deg"].to_numpy() * 1e7) / 1e7, np.round(points["lat_deg"].to_numpy() * 1e7) / 1e7
    sort = np.where(points["transponder"].to_numpy() == "class_a", 1, 2)
    onward, span, reach = chained.onward(np.arange(len(points))), 6 * H, 40_000.0
    ask = rng.integers(0, len(points), 15)
    at, me, mine = t[ask], who[ask], sort[ask]
    lon, lat = np.concatenate([x[ask], wrap_lon(x[ask] + 0.2)]), np.concatenate([y[ask], y[ask]])
    n, kept, ahead = heard(chained, lon, lat, at, me, mine, reach, span)
    for g in range(at.size):
        near = distance_m(x, y, lon[g], lat[g]) <= reach
        last = near & (who != me[g]) & (sort == mine[g]) & (t <= at[g]) & (t > at[g] - span) & (onward > at[g])
        assert n[g] == last.sum()
        assert kept[g] == (last & (onward <= at[g] + span)).sum()
        beyond = distance_m(x, y, lon[at.size + g], lat[at.size + g]) <= reach
        later = beyond & (who != me[g]) & (t > at[g]) & (t <= at[g] + span)
        assert ahead[g] == len(set(who[later]))


def test_rows_of_movers_at_instants_are_found_on_all_their_tracks() -> None:
    points = some_points(np.random.default_rng(3), 300, 0.0, 0.0, hours=4)
    mover, t = points["mover"].to_numpy(), points["t_seen"].to_physical().to_numpy()
    found = rows_at(mover, t, np.array([412_000_002, 999]), np.array([2 * H, 2 * H]))
    assert found.tolist() == np.flatnonzero((mover == 412_000_002) & (t == 2 * H)).tolist()
    assert len(found) > 1


def test_of_movers_that_jump_all_rows_are_given_only_where_they_come_back_within_a_day() -> None:
    def stay(mover: int, track: int, hour: float, lon: float) -> pl.DataFrame:
        t = pl.Series((np.arange(10) * H // 10 + int(hour * H)).astype(np.int64)).cast(pl.Datetime("us", "UTC"))
        return pl.DataFrame({"mover": mover, "track": track, "t_seen": t, "lon_deg": lon, "lat_deg": 0.0})

    came_back = [stay(1_000_000_001, 1, 0, 0.0), stay(1_000_000_001, 2, 1, 5.0), stay(1_000_000_001, 3, 2, 0.0)]
    late = [stay(1_000_000_002, 4, 0, 0.0), stay(1_000_000_002, 5, 1, 5.0), stay(1_000_000_002, 6, 40, 0.0)]
    slow = [stay(1_000_000_003, 7, 0, 0.0), stay(1_000_000_003, 8, 1, 0.1)]
    points = ready_points(pl.concat([*came_back, *late, *slow]).with_row_index("report"))
    tracks = pl.DataFrame({"track": [3, 6], "joins": [1, 4]})
    rows, chain = split(points, tracks, 25.0, 20_000.0)
    assert rows.tolist() == [*range(30), 30, 39, 40, 49, 50, 59]
    assert chain.tolist() == [1] * 10 + [2] * 10 + [1] * 10 + [4, 4, 5, 5, 4, 4]
