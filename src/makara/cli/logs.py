"""The structured log: one JSON object a line on stderr. ``MAKARA_LOG`` sets the level (debug, info, warning, error)."""

from __future__ import annotations

import logging
import os
import sys

import structlog

from makara.base.errors import UsageError

LEVELS = ("debug", "info", "warning", "error")


def configure() -> None:
    """Send the log to stderr; warnings and errors unless ``MAKARA_LOG`` says otherwise.

    Raises:
        UsageError: ``MAKARA_LOG`` is no level.
    """
    level = os.environ.get("MAKARA_LOG", "warning").lower()
    if level not in LEVELS:
        raise UsageError(f"MAKARA_LOG is {level!r}; it is one of {', '.join(LEVELS)}")
    structlog.configure(
        processors=[
            structlog.stdlib.add_logger_name,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(default=str),
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("makara")
    logger.handlers = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
