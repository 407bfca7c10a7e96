"""Commands as users type them: by the function that the program calls, in this process, or in a process of its own.

A process costs a second of imports. It is needed where a signal, a pipe or another writer is what is tested; else
the streams and the exit code are the same without one.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from makara.cli.main import _run

MAKARA = Path(sys.executable).parent / "makara"


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def makara(*words: object, code: int = 0, **env: str) -> Done:
    """A command in this process, with more variables; it must end with that code."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    log = logging.getLogger("makara")
    before = log.handlers, log.level, log.propagate
    with pytest.MonkeyPatch.context() as m, redirect_stdout(out), redirect_stderr(err):
        for name, value in env.items():
            m.setenv(name, value)
        ended = _run([str(w) for w in words])
    log.handlers, log.level, log.propagate = before
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    assert ended == code, texts[1]
    return Done(ended, *texts)


def process(*words: object, code: int = 0, **env: str) -> Done:
    """A command in a process of its own, with more variables; it must end with that code."""
    done = subprocess.run([MAKARA, *map(str, words)], capture_output=True, text=True, env=os.environ | env, timeout=300)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
