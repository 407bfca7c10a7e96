"""``make env`` on machines that lack something: it installs what it may, else says what to type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BARE = """#!/bin/sh
# Debian's bare Python: no ensurepip until python3-venv is installed.
case "$*" in
  *ensurepip*) [ -e "{home}/installed" ]; exit ;;
  "-m venv "*) mkdir -p "$3/bin"; printf '#!/bin/sh\\necho "$@" >> {home}/pip\\n' > "$3/bin/python"; chmod +x "$3/bin/python" ;;
  *) exec {python} "$@" ;;
esac
"""  # noqa: E501
APT = """#!/bin/sh
echo "$@" >> {home}/apt
case "$*" in *install*) touch {home}/installed ;; esac
"""


def command(path: Path, text: str) -> None:
    """An executable script."""
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A directory of commands that stand for a bare machine."""
    command(tmp_path / "python3", BARE.format(home=tmp_path, python=sys.executable))
    command(tmp_path / "apt-get", APT.format(home=tmp_path))
    return tmp_path


def env(machine: Path, user: int) -> subprocess.CompletedProcess[str]:
    """Run the script as a user of that number would see it."""
    command(machine / "id", f"#!/bin/sh\necho {user}\n")
    said = {"PATH": f"{machine}:{os.environ['PATH']}", "PYTHON": "python3", "HOME": str(machine)}
    script = ["sh", str(ROOT / "tools" / "env.sh"), str(machine / "venv"), "locks/runtime.txt"]
    return subprocess.run(script, capture_output=True, text=True, cwd=ROOT, env=said)


def test_root_gets_what_is_missing_installed(machine: Path) -> None:
    done = env(machine, 0)
    assert done.returncode == 0, done.stderr
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert version in (machine / "apt").read_text()
    assert "--require-hashes -r locks/runtime.txt" in (machine / "pip").read_text()


def test_others_are_told_what_to_type(machine: Path) -> None:
    done = env(machine, 1000)
    assert done.returncode == 1
    assert "type: sudo apt-get install python3" in done.stderr
    assert not (machine / "apt").exists() and not (machine / "venv").exists()


def test_a_whole_python_needs_no_package(machine: Path) -> None:
    (machine / "installed").touch()
    assert env(machine, 1000).returncode == 0
    assert not (machine / "apt").exists()


def test_an_old_python_is_refused(machine: Path) -> None:
    command(machine / "python3", '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n')
    done = env(machine, 0)
    assert done.returncode == 1
    assert "Python 3.9.2 is too old; Makara needs 3.11" in done.stderr


def test_the_peers_of_benchmarks_say_what_they_need(machine: Path) -> None:
    command(machine / "id", "#!/bin/sh\necho 1000\n")
    script = ["/bin/sh", str(ROOT / "tools" / "peers.sh"), str(machine / "venv"), "locks/peers.txt"]
    done = subprocess.run(script, capture_output=True, text=True, cwd=ROOT, env={"PATH": str(machine)})
    assert done.returncode == 1
    assert "type: sudo apt-get install gpsd-clients g++" in done.stderr
    assert not (machine / "pip").exists()


def test_ci_runs_what_the_readme_says() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.startswith("#!/usr/bin/env bash\nset -euo pipefail\n")
    assert script.rstrip().endswith("exec make test")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
