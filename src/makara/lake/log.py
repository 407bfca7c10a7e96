"""The lake's log: commits, restores, migrations; through the standard library's logger ``makara.lake``.

A library stays silent until its user asks, so nothing is printed before someone configures logging (the CLI does).
"""

from __future__ import annotations

import logging
from typing import Any

import structlog

log: Any = structlog.wrap_logger(logging.getLogger("makara.lake"))
