"""Profile gfw: a peer's answers on real data; its declared defects, each beside what profile makara gives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from makara.base.errors import UsageError
from makara.tracks import segment
from makara.tracks.gfw import DEFECTS


def _alike(rows: pl.DataFrame) -> float:
    """Share of rows whose group by ``expected`` and by ``track`` is the same set."""
    whole = [rows.group_by("mover", c).len(n) for c, n in (("expected", "a"), ("track", "b"))]
    both = rows.group_by("mover", "expected", "track").len("both")
    both = both.join(whole[0], on=["mover", "expected"]).join(whole[1], on=["mover", "track"])
    return both.filter((pl.col("both") == pl.col("a")) & (pl.col("both") == pl.col("b")))["both"].sum() / len(rows)


def _cut(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Groups cut at silences of more than eight hours."""
    silent = pl.col("t_seen").diff().over("mover", column) > timedelta(hours=8)
    part = silent.fill_null(False).cum_sum().over("mover", column)
    return rows.with_columns(pl.concat_str(pl.col(column).cast(pl.String), part.cast(pl.String)).alias(column))


def test_gfw_gives_the_peers_segments_on_real_messages(data_dir: Path) -> None:
    """All kept messages are grouped as theirs, and the same ones are dropped.

    The file's answers for 10 of its 31 movers were made with an older limit of 8 h between reports, the others with the
    published 24 h that we repeat: so both sides are cut at silences of more than 8 h before they are compared.
    """
    raw = pl.read_parquet(data_dir / "ais" / "gfw_regression_ais_a.parquet")
    said = pl.col("expected").drop_nulls().first().over("ssvid", "msgid")
    raw = raw.with_columns(said).unique(["ssvid", "msgid"], keep="first", maintain_order=True).with_row_index("report")
    reports = raw.filter(pl.col("lon").is_not_null()).select(
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
    points = segment(reports.drop("expected"), profile="gfw")
    rows = points.join(reports.select("report", "expected"), on="report")
    assert len(rows) > 37_000
    kept = rows.filter(pl.col("track").is_not_null() & pl.col("expected").is_not_null()).sort(
        "mover", "t_seen", "report"
    )
    assert _alike(_cut(_cut(kept, "expected"), "track")) >= 0.999
    later = kept.with_columns(pl.col("t_seen", "expected", "track").shift().over("mover").name.suffix("_"))
    joined = (pl.col("expected") == pl.col("expected_")) == (pl.col("track") == pl.col("track_"))
    assert later.select(joined.mean()).item() > 0.997
    alone = rows.filter(pl.col("track").is_null() & pl.col("expected").is_not_null())
    assert alone.group_by("mover", "expected").len()["len"].mean() < 1.1  # theirs gives dropped ones a segment each
    repeated = rows.filter(pl.col("expected").is_null())
    assert (repeated["flags"].list.first() == "duplicate").all()
    assert len(repeated) + len(alone) + len(kept) == len(rows)


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
