"""What is shipped and what it rests on: locks without addresses, declared dependencies, permissive licences."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)
LOCKS = {"runtime.txt": ("build",), "dev.txt": ("build", "dev")}
FILE_BY_FILE = {
    "certifi": "MPL 2.0, a list of certificates used unchanged (rasterio)",
    "pathspec": "MPL 2.0, used unchanged and only to build (hatchling)",
}
"""Packages whose copyleft ends at their own files, and why that is no burden here."""
PERMISSIVE = re.compile(r"MIT|BSD|Apache|ISC|Python Software Foundation|PSF|Unlicense|Zero-Clause|0BSD|CC0|Zlib", re.I)
COPYLEFT = re.compile(r"\bA?GPL|GNU (Affero )?General Public|\bSSPL\b|\bBUSL\b", re.I)


def pins(lock: str) -> dict[str, list[Requirement]]:
    """Pinned packages of a lock by canonical name; several where they differ by platform or Python."""
    found: dict[str, list[Requirement]] = {}
    for name, version, marker in PIN.findall((ROOT / "locks" / lock).read_text()):
        pin = Requirement(f"{name}=={version}" + (f"; {marker}" if marker else ""))
        found.setdefault(canonicalize_name(name), []).append(pin)
    return found


def versions(lock: str) -> dict[str, set[str]]:
    """Locked versions by canonical name."""
    return {n: {str(p.specifier).removeprefix("==") for p in held} for n, held in pins(lock).items()}


def declared(extras: tuple[str, ...]) -> list[Requirement]:
    """Requirements of pyproject.toml, with those of some extras."""
    optional = PROJECT["optional-dependencies"]
    return [Requirement(r) for r in PROJECT["dependencies"] + [r for e in extras for r in optional[e]]]


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_registry_and_hash_every_file(lock: str) -> None:
    text = (ROOT / "locks" / lock).read_text()
    assert not re.search(r"://|--index|--find-links|--extra-index|@ file", text)
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", text)
    assert all("--hash=sha256:" in b for b in blocks if b.strip())
    assert sum(len(p) for p in pins(lock).values()) == len([b for b in blocks if b.strip()])


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_declared_is_locked_within_its_bounds(lock: str) -> None:
    held = versions(lock)
    for r in declared(LOCKS[lock]):
        found = held.get(canonicalize_name(r.name))
        assert found, f"{r.name} is not in locks/{lock}; run: make lock"
        fits = all(r.specifier.contains(Version(v)) for v in found)
        assert fits, f"locks/{lock} holds {r.name} {found}, pyproject.toml wants {r}; run: make lock"


def test_both_locks_agree() -> None:
    assert versions("runtime.txt").items() <= versions("dev.txt").items()


def licence(name: str) -> str:
    """What a package says of its licence: SPDX expression, else classifiers, else the beginning of its own words."""
    meta = metadata.metadata(name)
    classifiers = [c for c in meta.get_all("Classifier") or [] if c.startswith("License ::")]
    said = meta.get("License-Expression") or "; ".join(classifiers) or meta.get("License") or ""
    return str(said)[:400]


@pytest.mark.parametrize("name", sorted(pins("runtime.txt")))
def test_runtime_packages_have_permissive_licences(name: str) -> None:
    if not any(p.marker is None or p.marker.evaluate() for p in pins("runtime.txt")[name]):
        pytest.skip("not for this platform")
    said = licence(name)
    assert not COPYLEFT.search(said), said
    assert name in FILE_BY_FILE or PERMISSIVE.search(said), f"{name} says {said!r} of its licence"


def test_our_own_licence_is_apache_and_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
