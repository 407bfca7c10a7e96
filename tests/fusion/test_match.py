"""Match: what it answers, when it abstains, and the laws that it keeps."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base.errors import ColumnsError, InputError, NotFoundError
from makara.base.lines import pack
from makara.fusion import match
from makara.tables import table

LAW = settings(max_examples=25, deadline=None, derandomize=True)


def run(sea, look=None, **more):
    return match(sea.detections, sea.look() if look is None else look, sea.track_points, **more)


def codes(row):
    return [r["code"] for r in row["reasons"]]


def random_sea(make_sea, seed, lon=130.0):
    rng = np.random.default_rng(seed)
    s = make_sea(lon=lon).fleet(6)
    for k in range(15):
        e, n = rng.uniform(-20_000, 20_000, 2)
        kn, course = float(rng.uniform(0, 15)), float(rng.uniform(0, 360))
        minutes = sorted(rng.uniform(-120, 120, rng.integers(1, 6)).tolist())
        s.vessel(k + 1, e, n, kn=kn, course=course, minutes=minutes)
        if rng.random() < 0.8:
            s.detection(e + rng.normal(0, 60), n + rng.normal(0, 60), length_m=float(rng.uniform(10, 200)))
    for _ in range(4):
        s.detection(*rng.uniform(-20_000, 20_000, 2))
    return s


def test_a_detection_where_a_track_is_is_that_track(sea):
    row = run(sea.fleet().vessel(1, 0, 0, kn=12, course=40).detection(30, -40)).to_dicts()[0]
    assert row["track"] == 10
    assert row["p"] > 0.98
    assert row["p_none"] < 0.02
    assert row["p_dark"] < 0.02


def test_a_detection_where_no_track_is_is_dark(sea):
    row = run(sea.fleet().vessel(1, 15_000, 0, kn=5).detection(0, 0)).to_dicts()[0]
    assert row["track"] is None
    assert row["p_none"] > 0.99
    assert row["p_heard"] > 0.9
    assert row["p_dark"] > 0.8
    assert "heard" in codes(row)


def test_rows_fit_the_table(make_sea):
    s = random_sea(make_sea, 1)
    out = run(s)
    stamps = {"source": pl.lit("s"), "t_known": pl.lit(s.points[0][1]), "mark": pl.lit("m")}
    full = table("matches").conform(out.with_columns(**stamps))
    assert full.columns[: len(out.columns) - 1] == out.columns[:-1]
    assert out.columns[-1] == "marks"
    assert out["detection"].to_list() == sorted(s.detections["detection"])
    shares = out.select(pl.col("p").fill_null(0) + pl.col("p_runner_up").fill_null(0) + pl.col("p_none")).to_series()
    assert (shares <= 1.001).all()
    assert out["p_none"].is_between(0, 1).all()


@LAW
@given(st.integers(0, 10_000))
def test_order_changes_nothing(make_sea, seed):
    s = random_sea(make_sea, seed)
    again = match(
        s.detections.sample(fraction=1.0, shuffle=True, seed=seed),
        s.look(),
        s.track_points.sample(fraction=1.0, shuffle=True, seed=seed),
    )
    assert_frame_equal(run(s), again)


@LAW
@given(st.integers(0, 10_000), st.sampled_from([180.0, -179.95, 60.0]))
def test_longitude_changes_nothing(make_sea, seed, lon):
    a, b = run(random_sea(make_sea, seed)), run(random_sea(make_sea, seed, lon))
    numbers = ["p", "p_none", "p_heard", "p_dark"]
    assert a["track"].to_list() == b["track"].to_list()
    for c in numbers:
        assert np.allclose(a[c].fill_null(-1).to_numpy(), b[c].fill_null(-1).to_numpy(), atol=2e-3)


@LAW
@given(st.integers(0, 10_000))
def test_a_vessel_far_away_changes_nothing(make_sea, seed):
    s = random_sea(make_sea, seed)
    before = run(s)
    s.vessel(777, 3_000_000, 500_000, kn=20, course=10, minutes=range(-300, 300, 10))
    assert_frame_equal(before, run(s))


@LAW
@given(st.integers(0, 10_000))
def test_reports_beyond_six_hours_change_nothing(make_sea, seed):
    s = random_sea(make_sea, seed)
    before = run(s)
    for k in range(1, 10):
        s.vessel(k, 50_000, 50_000, kn=3, course=10, minutes=(-900, -500, 400, 600))
    assert_frame_equal(before, run(s))


def test_one_to_one_within_a_sweep_and_again_in_the_next(sea):
    sea.fleet().vessel(1, 0, 0)
    sea.detection(10, 0, sensor="radar").detection(90, 0, sensor="radar").detection(20, 0, sensor="radar", seconds=360)
    out = run(sea, sea.look(sensor="radar"))
    assert out["track"].to_list() == [10, None, 10]


def test_the_likelier_length_wins(sea):
    sea.fleet().vessel(1, 0, 0, minutes=(-60, 60)).vessel(2, 200, 0, minutes=(-60, 60)).detection(
        100, 0, length_m=180.0
    )
    vessels = pl.DataFrame(
        {"mover": [1, 2], "class": ["cargo", "fishing"], "length_m": [185.0, 20.0], "marks": [["r1"], []]}
    )
    row = run(sea, vessels=vessels).to_dicts()[0]
    assert row["track"] == 10
    assert row["runner_up"] == 20
    assert "r1" in row["marks"]


@pytest.mark.parametrize(("side", "sign"), [("right", -1.0), ("left", 1.0)])
def test_sar_shows_movers_displaced_along_the_platforms_way(sea, side, sign):
    gain = 113.0 * np.sin(np.radians(35.0))
    east = 15.0 * 1852 / 3600  # it sails away from a radar that flies north and looks right
    sea.fleet().vessel(1, 0, 0, kn=15, course=90, minutes=(-1, 1)).detection(
        0, sign * gain * east, orientation_deg=None
    )
    other = {"right": "left", "left": "right"}[side]
    seen = run(sea, sea.look(heading_deg=0.0, look=side))
    missed = run(sea, sea.look(heading_deg=0.0, look=other))
    unsure = run(sea, sea.look(heading_deg=0.0))
    assert seen["p_none"][0] < unsure["p_none"][0] + 1e-3 < missed["p_none"][0]
    assert seen["track"][0] == unsure["track"][0] == 10


def test_it_abstains(sea):
    sea.fleet()
    for more in (
        {},
        {"collection": None},
        {"collection": "unknown"},
        {"collection": "blind"},
        {"structure": "platform"},
    ):
        sea.detection(0, 100.0 * len(sea.found), **more)
    sea.detection(61_000, 0).detection(59_800, 0).detection(59_800, 0, sensor="optical")
    blind = sea.look().with_columns(collection=pl.lit("blind"), footprint=pl.lit(None, dtype=pl.Binary))
    out = run(sea, pl.concat([sea.look(), blind]))
    assert out["p_dark"].is_not_null().to_list() == [True, False, False, False, False, False, False, True]
    said = [codes(r)[-1] for r in out.to_dicts()]
    assert said[1:7] == ["no_look", "no_look", "no_footprint", "structure", "outside_look", "border"]


def test_without_reception_it_abstains(sea):
    row = run(sea.fleet(3).detection(0, 0)).to_dicts()[0]
    assert row["p_heard"] is None
    assert row["p_dark"] is None
    assert "reception_unknown" in codes(row)


def test_vessels_heard_once_tell_of_those_not_heard(sea, make_sea):
    for k in range(12):
        sea.vessel(k + 1, 20_000 * np.cos(k), 20_000 * np.sin(k), minutes=(k * 29 - 170,))
    seldom = run(sea.detection(0, 0))["p_heard"][0]
    often = run(make_sea().fleet(12).detection(0, 0))["p_heard"][0]
    assert seldom < 0.3 < 0.9 < often


def test_class_b_is_heard_less_and_small_craft_are_mostly_class_b(sea):
    sea.fleet()
    for k in range(12):
        sea.vessel(k + 1, 20_000 * np.cos(k), 20_000 * np.sin(k), minutes=(k * 29 - 170,), kind="class_b")
    out = run(sea.detection(0, 0, length_m=200.0).detection(9_000, 0, length_m=12.0))
    assert out["p_heard"][0] > 0.9 > 0.5 > out["p_heard"][1]


def test_marks_are_those_of_all_that_the_answer_rests_on(sea):
    out = run(sea.fleet().vessel(1, 0, 0, mark="secret").detection(0, 0).detection(0, 50_000)).to_dicts()
    assert out[0]["marks"] == ["fleet", "image", "look", "secret"]
    assert out[0]["looked"] == ["feed:ais.terrestrial"]


def test_ais_and_vms_do_not_mix(sea):
    sea.fleet().vessel(1, 0, 0).detection(0, 0)
    vms = sea.track_points.with_columns(
        receiver=pl.when(pl.col("mover") == 1).then(pl.lit("vms")).otherwise("receiver")
    )
    against_ais = match(sea.detections, sea.look(), vms).to_dicts()[0]
    against_vms = match(sea.detections, sea.look(), vms, against="vms").to_dicts()[0]
    assert (against_ais["track"], against_vms["track"]) == (None, 10)
    assert (against_ais["against"], against_vms["against"]) == ("ais", "vms")


def test_nothing_in_nothing_out(sea):
    sea.fleet().detection(0, 0)
    assert len(match(sea.detections.head(0), sea.look(), sea.track_points)) == 0
    row = match(sea.detections, sea.look(), sea.track_points.head(0)).to_dicts()[0]
    assert (row["track"], row["p_none"], row["p_dark"]) == (None, 1.0, None)
    assert len(match(sea.detections, sea.look().head(0), sea.track_points)) == 1


def test_errors_name_what_is_wrong(sea):
    sea.fleet().detection(0, 0)
    with pytest.raises(ColumnsError, match="sensor"):
        match(sea.detections.drop("sensor"), sea.look(), sea.track_points)
    with pytest.raises(ColumnsError, match="track"):
        match(sea.detections, sea.look(), sea.track_points.drop("track"))
    with pytest.raises(InputError, match="WKB"):
        match(sea.detections, sea.look().with_columns(footprint=pl.lit(b"no")), sea.track_points)
    with pytest.raises(NotFoundError, match="makara"):
        run(sea, profile="none")
    with pytest.raises(NotFoundError, match="vms"):
        run(sea, against="radar")


@pytest.mark.parametrize("lon", [130.0, -179.95])
def test_what_bears_the_time_of_its_scene_is_taken_at_the_time_of_its_line(make_sea, lon):
    """A ship at 30 knots goes 460 m in the half minute between the scene's begin and its line."""
    s = make_sea(lon=lon).fleet().vessel(1, 0, 0, kn=30, course=90).detection(0, 0, seconds=-30.0)
    begin = s.detections["t_seen"][0].timestamp() * 1e6
    ends = [[s.place(e, n) for n in (30_000, -30_000)] for e in (-60_000, 60_000)]
    (x0, y0), (x1, y1) = (zip(*e, strict=True) for e in ends)
    lines = pack([begin, begin + 60e6], x0, y0, x1, y1)
    plain, timed = (run(s, s.look(line_times=data)).row(0, named=True) for data in (None, lines))
    away = [next(r["value"] for r in row["reasons"] if r["code"] == "track_near") for row in (plain, timed)]
    assert away[0] == pytest.approx(463.0, abs=15.0) and away[1] < 10.0
    assert timed["p"] > plain["p"] if plain["p"] else timed["track"] == 10
    own = make_sea(lon=lon).fleet().vessel(1, 0, 0, kn=30, course=90).detection(0, 0, seconds=0.5)
    a, b = (run(own, own.look(line_times=data)) for data in (None, lines))
    assert_frame_equal(a, b)
