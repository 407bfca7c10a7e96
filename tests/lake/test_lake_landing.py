"""Raw files and keys."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from makara.base.errors import InputError, LakeDamagedError, UsageError
from makara.lake import Lake, landing
from makara.lake.keys import partner_key
from makara.lake.landing import land


@pytest.mark.parametrize("size", [0, 1, landing.CHUNK, 2 * landing.CHUNK + 7])
def test_content_is_kept_and_recognised(lake: Lake, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(content)
    second.write_bytes(content)
    kept = land(lake.path, first)
    assert kept.sha256 == hashlib.sha256(content).hexdigest() and kept.bytes == size and not kept.known
    assert kept.stored_path == lake.path / "landing" / kept.sha256[:2] / kept.sha256
    assert kept.stored_path.read_bytes() == content
    assert kept.stored_path.stat().st_mode & 0o222 == 0
    again = land(lake.path, second)
    assert again.known and again.stored_path == kept.stored_path
    assert [p for p in (lake.path / "landing").rglob("*") if p.is_file()] == [kept.stored_path]


def test_a_cut_copy_is_replaced(lake: Lake, tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"whole")
    kept = land(lake.path, source)
    kept.stored_path.chmod(0o644)
    kept.stored_path.write_bytes(b"who")
    assert not land(lake.path, source).known
    assert kept.stored_path.read_bytes() == b"whole"


def test_what_is_no_file(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a file"):
        land(lake.path, tmp_path / "none")
    with pytest.raises(InputError, match="is not a file"):
        land(lake.path, tmp_path)


def test_keys(lake: Lake) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: partner_key(lake.path, "FJI"), range(8)))
    (key,) = made
    assert len(key) == 32 and partner_key(lake.path, "KIR") != key
    assert sorted(p.name for p in (lake.path / "keys").iterdir()) == ["FJI.key", "KIR.key"]
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in (lake.path / "keys").iterdir())
    assert (lake.path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_cut_key_is_refused(lake: Lake) -> None:
    partner_key(lake.path, "FJI")
    (lake.path / "keys" / "FJI.key").write_bytes(b"short")
    with pytest.raises(LakeDamagedError, match="holds 5 bytes, not 32"):
        partner_key(lake.path, "FJI")


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".", "x" * 65, "a\n"])
def test_names_of_partners(lake: Lake, name: str) -> None:
    with pytest.raises(UsageError, match="no name of a partner"):
        partner_key(lake.path, name)
