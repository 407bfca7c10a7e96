"""Killed at any point, the lake opens in the old or the new state, whole, and the next write works."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from crashing_writer import commit
from lake_rows import T0, as_set, plain

from makara.lake import Lake

SCRIPT = Path(__file__).parent / "crashing_writer.py"
POINTS = (
    "makara.lake.delta.write_deltalake",
    "makara.lake.delta.sync",
    "makara.lake.compact.compact",
    "makara.lake.delta.roll_back",
    "makara.lake.state.insert",
    "makara.lake.snapshot.newest",
    "makara.lake.commit._maintain",
    "os.ftruncate",
    "os.fsync",
)


def whole(lake: Lake) -> int:
    """The number of the snapshot, if all that it names belongs together."""
    made = lake.snapshot()
    n = made.number if made else 0
    assert sorted(lake.read("rejects")["reject"]) == list(range(1, n + 1))
    assert len(lake.read("tracks")) == n
    assert len(lake.history("horizons")) == n
    assert [f for f in lake.doctor() if f["level"] == "error"] == []
    return n


def survives(path: Path, before: int) -> int:
    """The lake after a crash is of a state at or after ``before``; the next write clears up."""
    lake = Lake.open(path)
    n = whole(lake)
    assert n >= before
    commit(lake)
    assert whole(lake) == n + 1
    assert all(f["level"] == "ok" for f in lake.doctor())
    return n + 1


@pytest.mark.parametrize(("when", "nth"), [("before", 1), ("after", 2)])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at(lake: Lake, point: str, when: str, nth: int) -> None:
    for _ in range(2):
        commit(lake)
    args = [sys.executable, str(SCRIPT), str(lake.path), point, when, str(nth)]
    killed = subprocess.run(args, capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert survives(lake.path, 2) <= 2 + nth + 1  # at most a commit a call, and ours


@pytest.mark.parametrize(
    ("point", "when"),
    [
        ("makara.lake.files._file", "after"),
        ("makara.lake.delta.write_version", "after"),
        ("makara.lake.delta.sync", "before"),
        ("makara.lake.state.insert", "before"),
        ("makara.lake.commit._maintain", "before"),
    ],
)
def test_killed_while_compacting(lake: Lake, point: str, when: str) -> None:
    """Whether the compaction counts or not, the rows are the same, and it can be done again."""
    for i in range(3):
        with lake.write() as work:
            work.append("reports", plain("reports", 30, start=30 * i))
            work.append("rejects", plain("rejects", 2, start=2 * i))
    before = {n: as_set(lake.read(n)) for n in ("reports", "rejects")}
    args = [sys.executable, str(SCRIPT), str(lake.path), point, when, "1", "compact"]
    killed = subprocess.run(args, capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    for _ in range(2):
        assert {n: as_set(Lake.open(lake.path).read(n)) for n in before} == before
        with Lake.open(lake.path).write() as work:
            work.compact(T0)
    sizes = lake.sizes()
    assert (sizes["rejects"].files, sizes["reports"].files) == (1, lake.read("reports")["t_seen"].dt.date().n_unique())
    assert all(f["level"] == "ok" for f in lake.doctor())


def test_killed_at_any_time(lake: Lake) -> None:
    rng = random.Random(3)
    done = 0
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(lake.path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None and writer.stderr is not None
        assert writer.stdout.readline() == "ready\n", writer.stderr.read()
        time.sleep(rng.uniform(0, 0.4))
        writer.kill()
        writer.communicate()
        done = survives(lake.path, done)
    assert done > 4


def test_a_torn_log_entry_is_taken_off(lake: Lake) -> None:
    """A power cut can leave an uncommitted entry of the table's log empty."""
    commit(lake)
    log = lake.path / "tables" / "rejects" / "_delta_log"
    (log / f"{1:020}.json").touch()
    assert whole(lake) == 1
    assert any(f["level"] == "warning" and "no snapshot" in f["detail"] for f in lake.doctor())
    survives(lake.path, 1)


def test_a_table_of_no_snapshot_is_removed(lake: Lake) -> None:
    (lake.path / "tables" / "reports" / "_delta_log").mkdir(parents=True)
    (lake.path / "tables" / "notes").mkdir()
    survives(lake.path, 0)
    assert not (lake.path / "tables" / "reports").exists()
    assert (lake.path / "tables" / "notes").exists()  # not ours
