"""Profile gfw: a peer's answers on real data; its declared defects, each beside what profile makara gives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from makara.base.errors import UsageError
from makara.tracks import segment
from makara.tracks._gfw_pass import mark_repeated
from makara.tracks.clean import DUPLICATE, KEPT
from makara.tracks.gfw import DEFECTS


def _alike(rows: pl.DataFrame) -> pl.DataFrame:
    """By mover: its rows, and those whose group by ``expected`` and by ``track`` is the same set."""
    size = [rows.group_by("mover", c).agg(pl.len().alias(n)) for c, n in (("expected", "a"), ("track", "b"))]
    both = rows.group_by("mover", "expected", "track").agg(pl.len().alias("both"))
    both = both.join(size[0], on=["mover", "expected"]).join(size[1], on=["mover", "track"])
    same = (pl.col("both") == pl.col("a")) & (pl.col("both") == pl.col("b"))
    return both.group_by("mover").agg(
        pl.col("both").sum().alias("rows"), pl.col("both").filter(same).sum().alias("same")
    )


@pytest.fixture(scope="module")
def answers(data_dir: Path) -> pl.DataFrame:
    """Messages with a position, each once, with the segment the peer gave; null where it dropped a repetition."""
    raw = pl.read_parquet(data_dir / "ais" / "gfw_regression_ais_a.parquet")
    said = pl.col("expected").drop_nulls().first().over("ssvid", "msgid")
    raw = raw.with_columns(said).unique(["ssvid", "msgid"], keep="first", maintain_order=True).with_row_index("report")
    return raw.filter(pl.col("lon").is_not_null()).select(
        report=pl.col("report").cast(pl.Int64),
        mover=pl.col("ssvid").cast(pl.Int64),
        t_seen="timestamp",
        lon_deg="lon",
        lat_deg="lat",
        sog_kn="speed",
        cog_deg="course",
        heading_deg="heading",
        msg_type=pl.col("type").str.strip_prefix("AIS.").cast(pl.Int32),
        expected="expected",
    )


@pytest.mark.filterwarnings("ignore:segment leaves out 555 of 37603 rows")  # 181 and 91: not available
def test_gfw_gives_the_peers_segments_on_real_messages(answers: pl.DataFrame) -> None:
    """Every message that the peer did not take for a repetition; one that it dropped has a segment of its own there.

    The file mixes answers of two published versions (the limit between messages was 8 h, then 24 h) and no row tells
    which: so each mover is held against both, and must equal one of them as a whole.
    """
    assert len(answers) > 37_000
    alike = []
    for hours in (24.0, 8.0):
        points = segment(answers.drop("expected"), profile="gfw", max_hours=hours)
        rows = points.join(answers.select("report", "expected"), on="report")
        repeated = rows.filter(pl.col("expected").is_null())
        assert len(repeated) > 3_000
        assert (repeated["flags"].list.first() == "duplicate").all()
        rows = rows.filter(pl.col("expected").is_not_null()).with_columns(pl.coalesce("track", -1 - pl.col("report")))
        alike.append(_alike(rows))
    held = alike[0].join(alike[1], on=["mover", "rows"], suffix="_8", validate="1:1")
    assert held["rows"].sum() > 33_000
    assert held.select(pl.max_horizontal("same", "same_8").sum() / pl.col("rows").sum()).item() >= 0.999
    newer = held.filter(pl.col("same") == pl.col("rows"), pl.col("same_8") < pl.col("rows"))
    older = held.filter(pl.col("same") < pl.col("rows"), pl.col("same_8") == pl.col("rows"))
    assert (len(newer), len(older), len(held)) == (5, 10, 31)  # the others have no silence that would tell


def test_gfw_ends_a_segment_after_24_h_unless_told(line) -> None:
    reports = _typed(line(n=3, kn=0.1, step_s=10 * 3600))
    assert_frame_equal(segment(reports, profile="gfw"), segment(reports, profile="gfw", max_hours=24))
    assert segment(reports, profile="gfw")["track"].n_unique() == 1
    assert segment(reports, profile="gfw", max_hours=8)["track"].n_unique() == 3


def test_max_hours_is_for_gfw(line) -> None:
    with pytest.raises(UsageError, match="for profile gfw"):
        segment(line(), max_hours=8)
    with pytest.raises(UsageError, match="above 0"):
        segment(line(), profile="gfw", max_hours=0)


def _both(reports: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    return tuple(segment(reports, profile=p) for p in ("makara", "gfw"))  # type: ignore[return-value]


def _typed(reports: pl.DataFrame) -> pl.DataFrame:
    return reports.with_columns(msg_type=pl.lit(1, pl.Int32))


def test_defects_are_declared() -> None:
    assert len(DEFECTS) >= 8
    assert all(d.endswith(".") for d in DEFECTS)


def test_a_repeated_place_is_dropped_for_ever_there_and_within_a_minute_here(line) -> None:
    """A ferry that passes the same buoy at the same speed four hours later."""
    out, back = line(n=8), line(n=8, first=20, start_s=4 * 3600 + 600, course=270.0, lon=10.275)
    again = out.head(1).with_columns(pl.col("report") + 90, pl.col("t_seen") + timedelta(hours=8))
    ours, theirs = _both(_typed(pl.concat([out, back, again])))
    assert theirs["track"].null_count() == 1
    assert theirs.filter(pl.col("track").is_null())["flags"].to_list() == [["duplicate"]]
    assert ours["track"].null_count() == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.1, 9.6]), st.integers(-2, 2)), max_size=120))
def test_what_a_mover_stated_before_is_repeated(rows: list[tuple[int, float, int]]) -> None:
    """Small movers beside large ones, all in one table: the compiled pass against a set per mover."""
    rows = sorted(rows, key=lambda r: r[0])
    seen: set[tuple[int, float, int]] = set()
    expected = []
    for row in rows:
        expected.append(DUPLICATE if row in seen and row[1] > 0 else KEPT)
        seen.add(row)
    first = {mover: i for i, (mover, _, _) in reversed(list(enumerate(rows)))}
    place = np.array([[179.0 + k, -k, kn, np.nan, np.nan] for _, kn, k in rows]).reshape(-1, 5)
    code = np.full(len(rows), KEPT, np.int8)
    mark_repeated(np.array([first[mover] for mover, _, _ in rows], np.int64), place, code)
    assert code.tolist() == expected


def test_two_ships_that_meet_lose_their_tracks_there_and_keep_them_here(line) -> None:
    a, b = line(n=40, kn=12.0), line(n=40, kn=12.0, course=270.0, lon=11.9, lat=50.02, first=60, start_s=300)
    ours, theirs = _both(_typed(pl.concat([a, b])))
    hull = pl.concat([a.select("report", hull=pl.lit("a")), b.select("report", hull=pl.lit("b"))])
    assert theirs["track"].n_unique() > 2
    kept = ours.filter(pl.col("track").is_not_null()).join(hull, on="report")
    assert kept["track"].n_unique() == 2
    assert len(kept) >= len(hull) - 2
    assert kept.group_by("track").agg(pl.col("hull").n_unique())["hull"].to_list() == [1, 1]


def test_a_report_without_speed_or_course_is_dropped_there_and_kept_here(line) -> None:
    odd = line(n=10).with_columns(
        sog_kn=pl.Series([10.0, None, *[10.0] * 8], dtype=pl.Float32),
        cog_deg=pl.Series([90.0, 90.0, None, *[90.0] * 7], dtype=pl.Float32),
    )
    ours, theirs = _both(_typed(odd))
    assert ours["track"].null_count() == 0
    assert theirs.filter(pl.col("track").is_null())["flags"].to_list() == [["noise"]] * 2


def test_a_fast_ferry_falls_apart_there_and_is_one_track_here(line) -> None:
    ferry = _typed(line(n=12, kn=38.0, step_s=3600))
    zigzag = ferry.with_columns(cog_deg=pl.lit(0.0, pl.Float32))  # a course that says nothing leaves only the speed
    ours, theirs = _both(zigzag)
    assert ours["track"].n_unique() == 1
    assert theirs["track"].n_unique() > 1


def test_near_a_pole_tracks_break_there_and_hold_here(line) -> None:
    over = _typed(line(lon=0.0, lat=88.17, kn=20.0, course=0.0, n=12, step_s=3600))
    over = over.with_columns(cog_deg=pl.when(pl.col("lon_deg").abs() > 90).then(180.0).otherwise(0.0).cast(pl.Float32))
    ours, theirs = _both(over)
    assert ours["track"].n_unique() == 1
    assert theirs["track"].n_unique() > 1


def test_gfw_takes_no_context(line) -> None:
    with pytest.raises(UsageError, match="whole movers"):
        segment(line(), profile="gfw", context=segment(line()))


def test_gfw_does_not_depend_on_batches_or_other_movers(messy) -> None:
    reports = pl.concat([messy(k).with_columns(pl.col("mover") + 10 * k) for k in range(5)]).unique(
        "report", maintain_order=True
    )
    whole = segment(reports, profile="gfw")
    apart = [segment(r, profile="gfw") for r in reports.partition_by("mover")]
    assert_frame_equal(whole, pl.concat(apart).sort("mover", "t_seen", "report"))
