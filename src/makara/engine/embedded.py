"""The embedded engine: this process, or a pool of spawned ones, over partitions of movers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Embedded:
    """Runs a function over partitions; the result does not depend on how many there are.

    Attributes:
        workers: processes; 1 runs everything here.
    """

    workers: int = 1

    def by_mover(self, function: Callable[..., pl.DataFrame], *frames: pl.DataFrame, **arguments: Any) -> pl.DataFrame:
        """Apply a kernel to frames that all have a column ``mover``, whole movers at a time.

        Args:
            function: picklable; takes the frames in order, then the arguments by name; returns one frame.
            frames: rows by mover; the first one decides the partitions.
            arguments: the same for every partition.

        Returns:
            The results one below the other, in the order of the partitions.
        """
        if self.workers == 1:
            return function(*frames, **arguments)
        parts = [[_part(f, k, self.workers) for f in frames] for k in range(self.workers)]
        results = self._map(function, parts, arguments)
        return pl.concat(results)

    def _map(
        self, function: Callable[..., pl.DataFrame], parts: Sequence[Sequence[pl.DataFrame]], arguments: dict[str, Any]
    ) -> list[pl.DataFrame]:
        with ProcessPoolExecutor(self.workers, mp_context=get_context("spawn")) as pool:
            futures = [pool.submit(function, *part, **arguments) for part in parts]
            return [f.result() for f in futures]


def _part(frame: pl.DataFrame, k: int, n: int) -> pl.DataFrame:
    return frame.filter(pl.col("mover").abs() % n == k) if "mover" in frame.columns else frame
