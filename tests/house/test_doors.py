"""The doors open lightly and say what they hold: lazy imports, ``__all__``, and the contract of imports itself."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import makara

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "makara"
HEAVY = ("polars", "numba", "numpy", "pyarrow", "scipy", "shapely", "h3", "fastapi", "deltalake", "pydantic", "pyais")
INITS = sorted(p.parent for p in SRC.rglob("__init__.py") if p.parent.name not in ("data", "static"))


def loaded_after(code: str) -> set[str]:
    """Top-level packages in memory after a fresh process ran some code."""
    probe = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import makara",
        "from makara.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass",
        "from makara.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    pass",
    ],
    ids=["import", "help", "version"],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    assert loaded_after(code).isdisjoint(HEAVY)


def test_every_door_opens_and_no_other_does() -> None:
    assert makara.__all__ == sorted(makara.__all__)
    for name in makara.__all__:
        assert callable(getattr(makara, name)), name
        assert getattr(makara, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = makara.nothing


@pytest.mark.parametrize("package", INITS, ids=lambda p: str(p.relative_to(SRC.parent)))
def test_what_a_package_exports_is_there_and_has_a_docstring(package: Path) -> None:
    name = ".".join(package.relative_to(SRC.parent).parts)
    module = import_module(name)
    exported = set(getattr(module, "__all__", ()))
    assert not exported or exported <= set(dir(module))
    for public in exported:
        thing = getattr(module, public)
        assert thing.__doc__ or not callable(thing), f"{name}.{public} has no docstring"


def test_the_contract_of_imports_names_every_room() -> None:
    """A room that no layer names would be free to import anything."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [x for c in config["contracts"] if c["type"] == "layers" for x in c["layers"]]
    named = {part.strip(" ()").removeprefix("makara.") for layer in layers for part in layer.split("|")}
    rooms = {p.stem for p in SRC.iterdir() if p.name not in ("__init__.py", "__pycache__", "data", "py.typed")}
    assert rooms <= named
