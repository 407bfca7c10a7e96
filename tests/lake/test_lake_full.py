"""A full disk: a clear error, nothing committed, and the lake goes on once there is room."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from lake_rows import plain

from makara.base.errors import LakeFullError
from makara.lake import Lake
from makara.lake.landing import land

SIZE = 12 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes; skips where this user may not mount one, but fails under CI."""
    at = tmp_path / "disk"
    at.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(at)], capture_output=True, text=True
    )
    if mounted.returncode:
        message = f"cannot mount: {mounted.stderr.strip()}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def big(n: int) -> pl.DataFrame:
    return plain("rejects", n).with_columns(raw=pl.Series([os.urandom(1000) for _ in range(n)]))


def test_full_disk(small_disk: Path, tmp_path: Path) -> None:
    lake = Lake.open(small_disk / "lake", create=True)
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
    with pytest.raises(LakeFullError, match=r"disk is full .* nothing was committed"), lake.write() as commit:
        commit.put("horizons", plain("horizons"))
        commit.append("tracks", plain("tracks"))
        commit.append("rejects", big(SIZE // 1000))
    assert len(lake.read("rejects")) == 3 and len(lake.read("tracks")) == 0 and len(lake.state("horizons")) == 0
    large = tmp_path / "large"
    large.write_bytes(os.urandom(SIZE))
    with pytest.raises(LakeFullError):
        land(lake.path, large)
    assert not [p for p in (lake.path / "landing").rglob("*") if p.is_file()]
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 1, start=3))
    assert len(lake.read("rejects")) == 4
    assert all(f["level"] == "ok" for f in lake.doctor())


def test_full_disk_at_the_last_step(small_disk: Path) -> None:
    """No room for the state rows, the tables being written already."""
    lake = Lake.open(small_disk / "lake", create=True)
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
    zones = plain("zones", 200).with_columns(geometry=pl.lit(b"x" * 100_000))
    with pytest.raises(LakeFullError), lake.write() as commit:
        commit.append("rejects", plain("rejects", 1))
        commit.put("zones", zones)
    assert len(lake.read("rejects")) == 3 and len(lake.state("zones")) == 0
    with lake.write() as commit:
        commit.put("zones", zones.head(3))
    assert len(lake.state("zones")) == 3
    assert all(f["level"] == "ok" for f in lake.doctor())


def test_no_room_for_a_new_lake(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(SIZE - (100 << 10)))
    with pytest.raises(LakeFullError):
        Lake.open(small_disk / "lake", create=True)
    assert [p.name for p in small_disk.iterdir()] == ["filler"]


LIMITED = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from lake_rows import plain
from makara.base.errors import LakeFullError
from makara.lake import Lake
import os, polars as pl
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
lake = Lake.open({lake!r})
try:
    with lake.write() as commit:
        raw = pl.Series([os.urandom(1000) for _ in range(1000)])
        commit.append("rejects", plain("rejects", 1000).with_columns(raw=raw))
except LakeFullError as e:
    print(e)
assert len(lake.read("rejects")) == 3
with lake.write() as commit:
    commit.append("rejects", plain("rejects", 1, start=3))
print(len(lake.read("rejects")))
"""


def test_largest_file_size(lake: Lake) -> None:
    """A limit on the size of files behaves like a full disk, for any user."""
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
    code = LIMITED.format(tests=str(Path(__file__).parent), lake=str(lake.path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "nothing was committed" in done.stdout and done.stdout.endswith("\n4\n")
