"""Opening: new, older, newer, damaged, locked away; and what the doctor finds."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lake_rows import plain

from makara.base.errors import (
    LakeDamagedError,
    LakeError,
    LakeFullError,
    LakeLockedError,
    LakeTooNewError,
    NotFoundError,
    UsageError,
)
from makara.lake import Lake, keys, landing, layout, migrate


def levels(lake: Lake) -> dict[str, str]:
    return {f["what"]: f["level"] for f in lake.doctor()}


def test_new_lake(tmp_path: Path) -> None:
    path = tmp_path / "a" / "lake"
    with pytest.raises(NotFoundError, match="does not exist"):
        Lake.open(path)
    lake = Lake.open(path, create=True, settings=lambda: "[node]\nname = 'here'\n")
    assert sorted(p.name for p in path.iterdir() if not p.name.startswith("state")) == [
        "format.json", "keys", "landing", "makara.toml", "tables",
    ]  # fmt: skip
    assert lake.settings({}).node.name == "here"
    assert Lake.open(path, create=True).identity() == lake.identity() != ""
    assert [p.name for p in path.parent.iterdir()] == ["lake"]
    assert set(levels(lake).values()) == {"ok"}


def test_not_a_lake(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotFoundError, match="is a directory but no lake"):
        Lake.open(tmp_path)
    with pytest.raises(UsageError, match="is not empty and no lake"):
        Lake.open(tmp_path, create=True)
    with pytest.raises(UsageError, match="no lake"):
        Lake.open(tmp_path / "file", create=True)
    with pytest.raises(NotFoundError, match="is a file"):
        Lake.open(tmp_path / "file")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_made_by_several_at_once(tmp_path: Path) -> None:
    path = tmp_path / "lake"
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: Lake.open(path, create=True).identity(), range(4)))
    assert len(set(made)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["lake"]


def test_newer_lake(lake: Lake) -> None:
    layout.Format(layout.FORMAT + 1, "9.9.9", "x").save(lake.path)
    with pytest.raises(LakeTooNewError, match=r"format 2, written by Makara 9\.9\.9; .* up to 1\. Install Makara 9\.9"):
        Lake.open(lake.path)


def as_format_0(lake: Lake) -> None:
    """What a lake looked like before state rows knew their snapshot."""
    with lake.write() as commit:
        commit.put("horizons", plain("horizons", 3))
        commit.append("rejects", plain("rejects", 2))
    db = sqlite3.connect(lake.path / "state.sqlite")
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        db.execute(f'ALTER TABLE "{name}" DROP COLUMN _snapshot')
    db.execute("DROP TABLE watches")
    db.commit()
    db.close()
    (lake.path / "format.json").write_text(json.dumps({"format": 0, "makara": "0.0.1"}))


def test_older_lake_is_brought_forward(lake: Lake) -> None:
    as_format_0(lake)
    again = Lake.open(lake.path)
    assert again.identity() != "" and layout.read(lake.path).format == layout.FORMAT
    assert len(again.state("horizons")) == 3 and len(again.read("rejects")) == 2 and len(again.state("watches")) == 0
    with again.write() as commit:
        commit.put("horizons", plain("horizons", 1, start=3))
    assert len(again.state("horizons")) == 4
    assert set(levels(again).values()) == {"ok"}


def test_a_migration_that_fails_leaves_the_old_lake(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    as_format_0(lake)
    before = (lake.path / "state.sqlite").read_bytes()

    def dies(path: Path) -> None:
        migrate._to_1(path)
        raise KeyboardInterrupt

    monkeypatch.setattr(migrate, "MIGRATIONS", (dies,))
    with pytest.raises(KeyboardInterrupt):
        Lake.open(lake.path)
    assert layout.read(lake.path).format == 0
    monkeypatch.undo()
    assert len(Lake.open(lake.path).state("horizons")) == 3
    assert before


def test_a_lake_being_written_is_not_migrated(lake: Lake) -> None:
    as_format_0(lake)
    with lake.write(), pytest.raises(LakeLockedError):
        Lake.open(lake.path)


def test_damaged_format(lake: Lake) -> None:
    (lake.path / "format.json").write_text("{")
    with pytest.raises(LakeDamagedError, match=r"format\.json is broken"):
        Lake.open(lake.path)


def test_damaged_state(lake: Lake) -> None:
    (lake.path / "state.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(LakeDamagedError, match=r"state\.sqlite"):
        Lake.open(lake.path)
    assert levels(lake)["state"] == "error"
    (lake.path / "state.sqlite").unlink()
    with pytest.raises(LakeDamagedError, match=r"state\.sqlite is missing"):
        Lake.open(lake.path)


def test_a_missing_file_is_named(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("reports", plain("reports", 30))
        commit.append("rejects", plain("rejects", 3))
    lost = sorted((lake.path / "tables" / "reports").rglob("*.parquet"))[0]
    lost.unlink()
    with pytest.raises(LakeDamagedError, match=lost.name):
        lake.read("reports")
    assert levels(lake)["table reports"] == "error" and levels(lake)["table rejects"] == "ok"
    assert len(lake.read("rejects")) == 3
    shutil.rmtree(lake.path / "tables" / "rejects")
    with pytest.raises(LakeDamagedError, match="rejects"):
        lake.read("rejects")
    assert levels(lake)["table rejects"] == "error"


def test_a_broken_file_is_named(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
    file = next((lake.path / "tables" / "rejects").rglob("*.parquet"))
    file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(LakeDamagedError, match="rejects"):
        lake.read("rejects")
    assert levels(lake)["table rejects"] == "error"


def test_a_lost_version_stops_the_writer(lake: Lake) -> None:
    with lake.write() as commit:
        commit.append("rejects", plain("rejects", 3))
    next((lake.path / "tables" / "rejects" / "_delta_log").glob("*.json")).unlink()
    with pytest.raises(LakeDamagedError, match="version 0 is missing"), lake.write():
        pass


def test_doctor_on_raw_files_keys_and_lock(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    kept = landing.land(lake.path, tmp_path / "a").stored_path
    keys.partner_key(lake.path, "FJI")
    assert set(levels(lake).values()) == {"ok"}
    kept.chmod(0o644)
    kept.write_bytes(b"abd")
    (lake.path / "landing" / ".half").touch()
    (lake.path / "keys" / "FJI.key").chmod(0o644)
    (lake.path / "lock").write_text('{"pid": 1, "host": "h"}')
    (lake.path / "makara.toml").write_text("[runn]\n")
    found = {(f["what"], f["level"]) for f in lake.doctor() if f["level"] != "ok"}
    assert found == {
        ("settings", "error"),
        ("landing", "error"),
        ("landing", "warning"),
        ("keys", "warning"),
        ("lock", "warning"),
    }
    with lake.write():
        assert "held by process" in next(f["detail"] for f in lake.doctor() if f["what"] == "lock")


AS_NOBODY = """
import os, sys
from pathlib import Path
from makara.base.errors import MakaraError
from makara.lake import Lake
from makara.lake.landing import land
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    {code}
    print("done")
except MakaraError as e:
    print(type(e).__name__, e)
"""


def tried(code: str) -> str:
    """What an ordinary user is told, since root may do all."""
    done = subprocess.run([sys.executable, "-c", AS_NOBODY.format(code=code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def reachable(lake: Lake) -> Lake:
    """The lake, in a path that an ordinary user may walk."""
    at = lake.path
    while at != at.parent and at.stat().st_uid == os.getuid():
        at.chmod(at.stat().st_mode | 0o055)
        at = at.parent
    return lake


def test_a_lake_without_permission(reachable: Lake, tmp_path: Path) -> None:
    path = str(reachable.path)
    if os.getuid() != 0:
        for folder in (reachable.path, reachable.path / "tables"):
            folder.chmod(0o555)
        (reachable.path / "state.sqlite").chmod(0o444)
    said = tried(f"Lake.open({path!r}).write().__enter__()")
    assert said.startswith("LakeError") and "not permitted" in said
    (reachable.path / "format.json").chmod(0)
    said = tried(f"Lake.open({path!r})")
    assert said.startswith("LakeError") and "not permitted" in said
    said = (
        tried(f"Lake.open({str(tmp_path / 'new')!r}, create=True)") if os.getuid() == 0 else "LakeError not permitted"
    )
    assert said.startswith("LakeError") and "not permitted" in said


def test_a_file_without_permission(reachable: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0)
    said = tried(f"land(Path({str(reachable.path)!r}), Path({str(secret)!r}))")
    assert said.startswith("InputError") and "Permission denied" in said


def test_errors_are_one_tree() -> None:
    assert issubclass(LakeFullError, LakeError) and issubclass(LakeTooNewError, LakeError)
