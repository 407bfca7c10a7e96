"""The documentation tells the truth: its examples run, its links lead somewhere, its reference is up to date."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WRITTEN = [p for p in PAGES if "reference" not in p.parts]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = ("python", "sh")
"""Blocks that run; ``console`` and ``text`` are only shown."""
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
STEPS = {"MAKARA_RUN__STEP_S": "86400"}
"""One step a run: the same picture in the end, sooner."""
MAKARA = Path(sys.executable).parent / "makara"


def blocks(page: Path) -> list[tuple[str, str, int]]:
    """Language, text and first line of each block that runs."""
    text = page.read_text()
    found = [(m[1], m[2], text.count("\n", 0, m.start()) + 2) for m in BLOCK.finditer(text)]
    return [b for b in found if b[0] in RUN]


def relative(page: Path) -> str:
    """A page's path, as the name of its test."""
    return str(page.relative_to(ROOT))


def shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A script, strictly, with our command first in the path and none of the caller's settings."""
    env = {"PATH": f"{MAKARA.parent}:/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", **STEPS}
    strict = ["bash", "-euo", "pipefail", "-c", script]
    return subprocess.run(strict, capture_output=True, text=True, cwd=cwd, env=env)


@pytest.fixture(scope="module")
def small_sea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a small simulated sea and a lake of it, as pages expect: ``sea`` and ``lake``."""
    home = tmp_path_factory.mktemp("small_sea")
    script = (
        "makara exercise --seed 7 --hours 3 --vessels 40 --out sea && makara ingest lake case sea && makara run lake"
    )
    done = shell(script, home)
    assert done.returncode == 0, done.stderr
    return home


@pytest.mark.parametrize("page", [p for p in WRITTEN if blocks(p)], ids=relative)
def test_examples_run(page: Path, small_sea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    shutil.copytree(small_sea, here)
    monkeypatch.chdir(here)
    for variable, value in STEPS.items():
        monkeypatch.setenv(variable, value)
    names: dict[str, Any] = {"__name__": "__main__"}
    for language, text, line in blocks(page):
        if language == "sh":
            done = shell(text, here)
            assert done.returncode == 0, f"{relative(page)}:{line}\n{done.stdout[-1000:]}\n{done.stderr[-2000:]}"
        else:
            exec(compile("\n" * (line - 1) + text, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" not in target and not target.endswith(".png"):
            assert (page.parent / target).exists(), f"{relative(page)} leads to {target}, which is not there"


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, left = set(), [ROOT / "README.md", ROOT / "docs" / "index.md"]
    while left:
        page = left.pop().resolve()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        left += [page.parent / t for t in LINK.findall(page.read_text()) if "://" not in t]
    assert {p.resolve() for p in PAGES} <= reached


def test_the_reference_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, "tools/docs.py", "--check"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_the_changelog_names_every_rule_and_the_version() -> None:
    from importlib.metadata import version

    from makara.behaviours import names

    text = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {version('makara')}" in text
    assert not [n for n in names() if f"`{n}`" not in text]
