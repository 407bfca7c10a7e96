"""Engines: where a function runs over partitions. They open nothing and decide nothing."""

from makara.engine.embedded import Embedded

__all__ = ["Embedded"]
