"""The built wheel, in an environment that holds nothing else of ours, runs the command line."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINE = "\\s:st,c:1700000000*3D\\!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F\n"
DATA = ("py.typed", "data/NOTICE.md", "data/shore_0p1deg.npz", "data/coast.zip")
NO_PART = (".pyc", ".nbi", ".nbc")
"""Caches that running the sources leaves among them."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [made] = out.glob("makara-*.whl")
    return made


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; what it depends on is seen in the tests' own, our sources are not."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [site] = venv.glob("lib/python*/site-packages")
    (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return venv


def run(venv: Path, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command of the clean environment, without what the tests' own environment says.

    Kernels are interpreted: all other tests compile the same files, and to do it here again takes twenty seconds.
    """
    env = {"PATH": f"{venv / 'bin'}:/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", "NUMBA_DISABLE_JIT": "1"}
    return subprocess.run([str(venv / "bin" / args[0]), *args[1:]], capture_output=True, text=True, cwd=cwd, env=env)


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as z:
        names = z.namelist()
        meta = z.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
    held = {n for n in names if n.startswith("makara/")}
    package = ROOT / "src"
    there = {str(p.relative_to(package)) for p in package.rglob("*") if p.is_file() and p.suffix not in NO_PART}
    assert held == there
    assert {f"makara/{d}" for d in DATA} <= held
    assert all(n.startswith(("makara/", "makara-")) for n in names)
    assert any(n.endswith("licenses/LICENSE") for n in names)
    assert "License-Expression: Apache-2.0" in meta


def test_the_command_line_runs(clean: Path, tmp_path: Path) -> None:
    where = run(clean, "python", "-c", "import makara; print(makara.__file__)", cwd=tmp_path)
    assert where.stdout.startswith(str(clean)), where.stdout + where.stderr
    shown = run(clean, "makara", "--help", cwd=tmp_path)
    assert shown.returncode == 0 and "ingest" in shown.stdout
    assert run(clean, "makara", "--version", cwd=tmp_path).stdout.startswith("makara, version 0.")
    listed = run(clean, "makara", "rules", "--format", "json", cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert {"gap", "encounter", "loitering"} <= {r["kind"] for r in json.loads(listed.stdout)}
    wrong = run(clean, "makara", "ingest", "lake", "nothing", "file", cwd=tmp_path)
    assert wrong.returncode == 2 and "nothing" in wrong.stderr


def test_a_line_becomes_a_report(clean: Path, tmp_path: Path) -> None:
    (tmp_path / "one.nmea").write_text(LINE)
    taken = run(clean, "makara", "ingest", "lake", "nmea", "one.nmea", cwd=tmp_path)
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["reports"] == 1
    again = run(clean, "makara", "ingest", "lake", "nmea", "one.nmea", cwd=tmp_path)
    assert json.loads(again.stdout)["skipped_same_file"] == 1


def test_the_doors_open(clean: Path, tmp_path: Path) -> None:
    done = run(
        clean,
        "python",
        "-c",
        "import makara; print(*(callable(getattr(makara, d)) for d in makara.__all__))",
        cwd=tmp_path,
    )
    assert set(done.stdout.split()) == {"True"}, done.stderr
