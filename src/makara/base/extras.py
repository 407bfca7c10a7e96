"""Packages that are not needed by all: imported when first used, with a word on how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from makara.base.errors import UsageError


def need(module: str, extra: str) -> Any:
    """A module of an optional package.

    Args:
        module: dotted name.
        extra: the extra of makara that brings it.

    Raises:
        UsageError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as e:
        root = module.split(".", maxsplit=1)[0]
        if (e.name or "").split(".", maxsplit=1)[0] != root:
            raise
        raise UsageError(f"{root} is not installed; pip install makara[{extra}]") from e
