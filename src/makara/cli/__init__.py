"""The command line: translates, decides nothing. Imports the heavy rooms only inside the commands that need them."""

from __future__ import annotations

from makara.cli.main import main

__all__ = ["main"]
