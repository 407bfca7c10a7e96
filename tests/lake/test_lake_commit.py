"""Commits: all or nothing, one writer, readers undisturbed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from lake_rows import T0, plain

from makara.base.errors import ColumnsError, LakeLockedError, MakaraError, UsageError
from makara.lake import Lake, compact, delta, order
from makara.tables import table


def numbers(lake: Lake, name: str = "rejects") -> list[int]:
    return sorted(lake.read(name)["reject" if name == "rejects" else "report"].to_list())


def test_a_commit_shows_at_its_end_only(lake: Lake) -> None:
    assert lake.snapshot() is None
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
        commit.replace("tracks", plain("tracks", 2))
        commit.put("horizons", plain("horizons", 1))
        assert len(lake.read("rejects")) == len(lake.read("tracks")) == len(lake.state("horizons")) == 0
    assert (len(lake.read("rejects")), len(lake.read("tracks")), len(lake.state("horizons"))) == (3, 2, 1)
    made = lake.snapshot()
    assert made is not None and made.number == 1 and dict(made.versions) == {"rejects": 0, "tracks": 0}
    row = lake.state("snapshots").row(0, named=True)
    assert json.loads(row["versions"]) == {"rejects": 0, "tracks": 0}
    assert row["t_known"] == T0 + timedelta(hours=2)


def test_a_failed_commit_leaves_nothing(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
    files = {p for p in lake.path.rglob("*") if p.is_file() and "tables" in p.parts}
    with pytest.raises(RuntimeError, match="stop"), lake.write() as commit:
        commit.replace("rejects", plain("rejects", 5))
        commit.replace("tracks", plain("tracks", 5))
        commit.put("horizons", plain("horizons"))
        raise RuntimeError("stop")
    assert len(lake.read("rejects")) == 3 and len(lake.read("tracks")) == 0 and len(lake.state("horizons")) == 0
    assert {p for p in lake.path.rglob("*") if p.is_file() and "tables" in p.parts} == files
    assert not (lake.path / "tables" / "tracks").exists()
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1, start=3))
    assert numbers(lake) == [0, 1, 2, 3]


def test_nothing_to_do_makes_no_snapshot(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 0))
        commit.put("horizons", plain("horizons", 0))
        commit.replace("tracks", plain("tracks", 0))
    assert lake.snapshot() is None


def test_many_appends_make_one_version(lake: Lake) -> None:
    with lake.write() as commit:
        for i in range(10):
            commit.append("rejects", plain("rejects", 1, start=i))
    assert numbers(lake) == list(range(10))
    made = lake.snapshot()
    assert made is not None and made.versions == {"rejects": 0}


def test_the_run_names_the_snapshot(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1))
        commit.put("runs", plain("runs", 1).with_columns(run=pl.lit("ru1")))
    made = lake.snapshot()
    assert made is not None and made.run == "ru1"


def test_rows_must_fit(lake: Lake) -> None:
    with pytest.raises(ColumnsError, match="missing column"), lake.write() as commit:
        commit.append("reports", pl.DataFrame({"report": [1]}))
    with pytest.raises(UsageError, match=r"state table; write it with put\(\)"), lake.write() as commit:
        commit.append("horizons", plain("horizons"))
    with pytest.raises(UsageError, match="lake table; write it with append"), lake.write() as commit:
        commit.put("reports", plain("reports"))
    with pytest.raises(UsageError, match="by the lake itself"), lake.write() as commit:
        commit.put("snapshots", plain("snapshots"))
    with pytest.raises(UsageError, match="state table; read it with state"):
        lake.read("horizons")
    with pytest.raises(UsageError, match="lake table; read it with scan"):
        lake.state("reports")


# -- replacing


def points(lake: Lake) -> list[tuple[int, int, float | None]]:
    found = lake.read("track_points").select("report", "mover", "sog_kn").sort("report")
    return found.rows()


def given(n: int, start: int = 0, **columns: object) -> pl.DataFrame:
    rows = plain("track_points", n, start=start, **columns)
    return rows if "mover" in columns else rows.with_columns(mover=pl.col("report") % 2)


def test_replace_since_an_instant(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("track_points", given(100))
    since = T0 + timedelta(hours=37)
    with lake.write() as commit:
        commit.replace("track_points", given(10, start=37, sog_kn=5.0), since=since)
    assert points(lake) == [(i, i % 2, 5.0 if i >= 37 else None) for i in range(47)]
    with lake.write() as commit:
        commit.replace("track_points", given(0), since=since)
    assert points(lake) == [(i, i % 2, None) for i in range(37)]


def test_replace_of_movers(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("track_points", given(100))
    mine = pl.Series([1])
    with lake.write() as commit:
        commit.replace("track_points", given(1, start=3, mover=1, sog_kn=5.0), movers=mine)
    assert points(lake) == sorted([(i, 0, None) for i in range(0, 100, 2)] + [(3, 1, 5.0)])
    with lake.write() as commit:
        commit.replace("track_points", given(0), since=T0 + timedelta(hours=50), movers=pl.Series([0]))
    assert points(lake) == sorted([(i, 0, None) for i in range(0, 50, 2)] + [(3, 1, 5.0)])
    with lake.write() as commit:
        commit.replace("track_points", given(0), movers=pl.Series([77]))
    assert len(points(lake)) == 26


def test_replace_of_a_table_without_days(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("carried", plain("carried", 10))
    with lake.write() as commit:
        commit.replace("carried", plain("carried", 2, start=7), since=T0 + timedelta(hours=7))
    assert sorted(lake.read("carried")["at"]) == [T0 + timedelta(hours=i) for i in range(9)]
    with lake.write() as commit:
        commit.replace("carried", plain("carried", 1))
    assert len(lake.read("carried")) == 1


def test_replace_and_append_in_one_commit_keep_their_order(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
        commit.replace("rejects", plain("rejects", 1, start=9))
        commit.append("rejects", plain("rejects", 1, start=10))
    assert numbers(lake) == [9, 10]


def test_replace_refuses_rows_outside_of_what_it_replaces(lake: Lake) -> None:
    with pytest.raises(UsageError, match="rows before"), lake.write() as commit:
        commit.replace("track_points", given(2), since=T0 + timedelta(hours=1))
    with pytest.raises(UsageError, match="rows of other movers"), lake.write() as commit:
        commit.replace("track_points", given(2), movers=pl.Series([1]))


def test_many_days_at_once(lake: Lake) -> None:
    """However many they are, all go into one version, after that which makes the table."""
    rows = plain("reports", 300).with_columns(t_seen=pl.lit(T0) + pl.duration(days=pl.col("report")))
    with lake.write() as commit:
        commit.append("reports", rows)
    assert numbers(lake, "reports") == list(range(300))
    made = lake.snapshot()
    assert made is not None and made.versions["reports"] == 1


# -- state


def test_the_newest_row_of_a_key_holds(lake: Lake) -> None:
    def row(horizon: int, known: int, gone: bool = False) -> pl.DataFrame:
        r = plain("horizons", 1, receiver="vms", horizon=T0 + timedelta(hours=horizon))
        r = r.with_columns(t_known=pl.lit(T0 + timedelta(hours=known)))
        return r.with_columns(gone=pl.col("t_known")) if gone else r

    def horizon() -> list[int]:
        return [(t - T0) // timedelta(hours=1) for t in lake.state("horizons")["horizon"]]

    for what, expected in (
        (row(1, 5), [1]),
        (row(2, 4), [1]),  # known earlier
        (row(3, 5), [3]),  # known at the same instant: the last that came
        (row(4, 6), [4]),
        (row(4, 7, gone=True), []),
        (row(5, 8), [5]),
    ):
        with lake.write() as commit:
            commit.put("horizons", what)
        assert horizon() == expected
    assert len(lake.history("horizons")) == 6


# -- readers and writers


def test_a_view_stays_as_it_is(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
        commit.put("horizons", plain("horizons", 1))
    view = lake.view()
    rows = view.scan("rejects")
    for i in range(delta.CHECKPOINT_EVERY + 5):
        with lake.write() as commit:
            commit.replace("rejects", plain("rejects", 1, start=i))
            commit.put("horizons", plain("horizons", 1, start=i + 1))
    assert len(rows.collect()) == len(view.read("rejects")) == 3
    assert len(view.state("horizons")) == 1
    assert len(lake.read("rejects")) == 1 and len(lake.state("horizons")) == delta.CHECKPOINT_EVERY + 6


def test_readers_see_whole_commits(lake: Lake) -> None:
    """A reader in another thread, while commits follow each other: the tables always belong together."""
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1))
        commit.put("horizons", plain("horizons", 1))
    seen: list[tuple[int, int]] = []
    failed = []
    done = threading.Event()

    def read() -> None:
        other = Lake.open(lake.path)
        try:
            while not done.is_set():
                view = other.view()
                seen.append((len(view.read("rejects")), len(view.state("horizons"))))
        except MakaraError as e:
            failed.append(e)

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(1, 40):
        with lake.write() as commit:
            commit.append("rejects", plain("rejects", 1, start=i))
            commit.put("horizons", plain("horizons", 1, start=i))
    done.set()
    reader.join()
    assert not failed and len(seen) > 1
    assert all(a == b for a, b in seen) and seen == sorted(seen)


def test_one_writer(lake: Lake) -> None:
    with (
        lake.write(),
        pytest.raises(LakeLockedError, match=r"written by process \d+ on .+ since 20"),
        Lake.open(lake.path).write(),
    ):
        pass
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1))


def test_one_writer_of_two_processes(lake: Lake) -> None:
    code = f"from makara.lake import Lake\nwith Lake.open({str(lake.path)!r}).write(): print('in')"
    with lake.write():
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 1 and "LakeLockedError" in done.stderr and "in" not in done.stdout
        assert lake.snapshot() is None  # a reader does not wait
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "in\n"


# -- many small commits


def test_small_files_are_gathered_and_unused_ones_removed(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "COMPACT_FROM", 8)
    for name, value in (("KEEP_H", 0), ("CHECKPOINT_EVERY", 7)):
        monkeypatch.setattr(delta, name, value)
    n = 3 * delta.CHECKPOINT_EVERY
    for i in range(n):
        with lake.write() as commit:
            commit.append("reports", plain("reports", 1, start=i).with_columns(t_seen=pl.lit(T0)))
            commit.append("rejects", plain("rejects", 1, start=i))
    assert numbers(lake) == numbers(lake, "reports") == list(range(n))
    made = lake.snapshot()
    assert made is not None
    for name in ("reports", "rejects"):
        path = lake.path / "tables" / name
        dt = delta.load(path, made.versions[name])
        assert len(delta.files(path, dt)) < compact.COMPACT_FROM
        assert len(list(path.rglob("part-*.parquet"))) < 2 * compact.COMPACT_FROM
        assert any((path / "_delta_log").glob("*.checkpoint.parquet"))
    assert all(f["level"] == "ok" for f in lake.doctor())


def test_columns_added_to_the_contract_need_no_migration(lake: Lake, tmp_path: Path) -> None:
    """Rows written before a column was declared read as null in it, and new rows have it."""
    before = table("rejects")
    path = delta.path_of(lake.path, "rejects")
    short = plain("rejects", 2).drop("detail", "raw")
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1))
        delta.write_version(path, before, short, "append")
        commit._written.add("rejects")
    assert lake.read("rejects").schema == before.schema
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1, start=2, detail="why"))
    assert sorted(lake.read("rejects")["detail"].to_list(), key=str) == [None, None, None, "why"]


def test_a_large_day_is_compacted_in_parts(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of whole movers give the very order that sorting the whole day gives; a new column does not matter."""
    monkeypatch.setattr(compact, "PART_ROWS", 100)
    monkeypatch.setattr(order, "GROUP_ROWS", 50)
    n = 1000
    spread = {"mover": pl.col("report") % 37, "t_seen": pl.lit(T0) + pl.duration(seconds=pl.col("report") * 7 % n)}
    lon = ((pl.col("mover") * 10.7).mod(360) - 180).cast(pl.Float64)
    placed = {"lon_deg": lon, "lat_deg": (pl.col("mover") * 4.0 - 80)}
    for i in range(20):
        rows = plain("reports", n // 20, start=i * n // 20).with_columns(**spread)
        with lake.write() as commit:
            commit.append("reports", rows.with_columns(**placed) if i else rows)
    want = order.in_order(table("reports"), lake.read("reports")).drop("day")
    with lake.write() as commit:
        assert commit.compact(T0) == ["reports"]
    assert lake.read("reports").sort("report").equals(want.sort("report"))
    files = delta.files(path := delta.path_of(lake.path, "reports"), delta.load(path))
    parts = sorted((pl.read_parquet(f)["report"].to_list() for f in files), key=lambda p: want["report"].index_of(p[0]))
    assert 5 < len(files) <= n // 100 + 1
    assert [r for p in parts for r in p] == want["report"].to_list()
    with lake.write() as commit:
        assert commit.compact(T0) == []
