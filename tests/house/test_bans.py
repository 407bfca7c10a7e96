"""What kernels must not do: clocks, files, networks, databases, unseeded randomness. And habits of every file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "makara"
PURE = [
    "base",
    "tables",
    "sensors",
    "tracks",
    "zones",
    "registry",
    "fusion",
    "behaviours",
    "alerts",
    "tipcue",
    "sharing",
    "exercise",
    "engine",
    "sinks",
    "replay.py",
    "picture.py",
    "walk.py",
    "inputs.py",
]
"""Rooms and modules that may touch neither the world nor the clock."""
MODULES = (
    "asyncio", "deltalake", "duckdb", "fastapi", "glob", "http", "httpx", "importlib.resources", "mmap",
    "multiprocessing", "os", "pathlib", "pickle", "random", "requests", "secrets", "shutil", "socket", "sqlite3", "ssl",
    "subprocess", "tempfile", "threading", "time", "urllib", "uuid", "uvicorn",
)  # fmt: skip
"""Modules by their dotted names, with all below them."""
OWN_WORK = {"embedded.py": {"imports multiprocessing"}}
"""The engine is there to spawn processes."""
CALLS = ("open", "input", "print", "exec", "eval", "breakpoint")
METHODS = (
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "pl.read_", "pl.scan_", "pq.read_", "pq.write_",
    "np.load", "np.save", "np.fromfile", "np.genfromtxt", "np.memmap", "read_text", "read_bytes",
    "write_text", "write_bytes", ".sink_", ".write_parquet", ".write_ipc", ".write_delta", ".tofile",
)  # fmt: skip
"""What a dotted call must not contain."""
SEEDED = ("default_rng", "Generator", "SeedSequence", "PCG64", "Philox")
"""The parts of np.random that take a seed; all others share hidden state."""
LINES = 400
"""Aim; more is more than one job."""


def files(*rooms: str) -> Iterator[Path]:
    for room in rooms:
        path = SRC / room
        yield from [path] if path.suffix else sorted(path.rglob("*.py"))


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def banned(module: str) -> bool:
    return any(f"{module}.".startswith(f"{m}.") for m in MODULES)


def imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return []


def violations(text: str, name: str = "probe") -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        where = f"{name}:{getattr(node, 'lineno', 0)}"
        found += [f"{where} imports {m}" for m in imports(node) if banned(m)][:1]
        if not isinstance(node, ast.Call):
            continue
        called = name_of(node.func)
        in_memory = (
            bool(node.args) and isinstance(node.args[0], ast.Call) and name_of(node.args[0].func) == "io.BytesIO"
        )
        if called in CALLS or (any(m in called for m in METHODS) and not in_memory):
            found.append(f"{where} calls {called}")
        if "random." in called and not called.endswith(SEEDED):
            found.append(f"{where} draws from shared randomness")
        if called.endswith(SEEDED) and not node.args and not node.keywords:
            found.append(f"{where} makes unseeded randomness")
    return found


@pytest.mark.parametrize("path", list(files(*PURE)), ids=lambda p: str(p.relative_to(SRC)))
def test_pure_rooms_touch_neither_world_nor_clock(path: Path) -> None:
    found = {v.split(" ", 1)[1]: v for v in violations(path.read_text(), path.name)}
    assert [v for what, v in found.items() if what not in OWN_WORK.get(path.name, ())] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import time", "imports time"),
        ("from os import path", "imports os"),
        ("import urllib.request", "imports urllib.request"),
        ("from importlib import resources", "imports importlib.resources"),
        ("x = datetime.now()", "calls datetime.now"),
        ("x = dt.datetime.now(UTC)", "calls dt.datetime.now"),
        ("x = np.random.default_rng()", "makes unseeded randomness"),
        ("x = np.random.normal(0, 1)", "draws from shared randomness"),
        ("x = open('f')", "calls open"),
        ("x = pl.scan_parquet('f')", "calls pl.scan_parquet"),
    ],
)
def test_the_ban_finds_what_it_bans(text: str, found: str) -> None:
    assert [v.split(" ", 1)[1] for v in violations(text)] == [found]


def test_the_ban_lets_pass_what_is_pure() -> None:
    text = "from makara.base import time\nfrom importlib import import_module\nx = np.random.default_rng(seed)\n"
    text += "y = np.load(io.BytesIO(given))\n"
    assert violations(text) == []


def test_the_clock_enters_at_the_session_alone() -> None:
    for path in files("sources", "lake", "replay.py", "walk.py"):
        text = path.read_text()
        assert "datetime.now" not in text, path
        assert "time.time()" not in text or path.parent.name == "lake", path


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda p: str(p.relative_to(SRC)))
def test_files_are_small_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LINES, "more than one job?"
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "what is this file for?"
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or name_of(node.type) in ("Exception", "BaseException")
            reraises = any(isinstance(n, ast.Raise) for n in ast.walk(node))
            assert not broad or reraises, f"{path.name}:{node.lineno} swallows any failure"


def test_walk_fits_one_screen() -> None:
    assert len((SRC / "walk.py").read_text().splitlines()) <= 60
