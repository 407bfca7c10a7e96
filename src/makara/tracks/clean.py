"""Clean: which reports are repetitions of one transmission that several stations heard.

A repetition states the same place, speed, course and heading as a report of the same mover shortly before: up to five
seconds before, or, as receivers' clocks differ, up to a minute if it states a speed. (A vessel under way that transmits
twice has moved in between by more than the last digit of a position; one at rest loses nothing. Longer apart it may
have come back: nothing is dropped for ever.)
"""

from __future__ import annotations

from typing import Any, Final

from numba import njit

KEPT: Final = 0
DUPLICATE: Final = 1
TOO_FAST: Final = 2
CLOCK_OFF: Final = 3
NOISE: Final = 4
DUPLICATE_S: Final = 5.0
"""Longest time between a report and its repetition, seconds."""
DUPLICATE_MOVING_S: Final = 60.0
"""The same where the vessel makes way: two clocks that are not off, each by up to 30 s."""
MAKES_WAY_KN: Final = 0.5


@njit(cache=True)
def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


@njit(cache=True)
def mark_duplicates(
    start: Any, t_us: Any, lon: Any, lat: Any, sog: Any, cog: Any, heading: Any, fixed: Any, code: Any
) -> None:
    """Set ``code`` to DUPLICATE where a row repeats an earlier one; rows that are ``fixed`` stay as they are.

    Args:
        start: first row of each row's mover; rows are sorted by mover and time.
        t_us: times, microseconds.
        lon: longitudes, degrees.
        lat: latitudes, degrees.
        sog: speeds, knots, NaN if unknown.
        cog: courses, degrees, NaN if unknown.
        heading: headings, degrees, NaN if unknown.
        fixed: rows that were judged before.
        code: verdict of each row, changed in place where it is KEPT.
    """
    for i in range(t_us.size):
        if fixed[i] or code[i] != KEPT:
            continue
        span = int((DUPLICATE_MOVING_S if sog[i] >= MAKES_WAY_KN else DUPLICATE_S) * 1e6)
        j = i - 1
        while j >= start[i] and t_us[i] - t_us[j] <= span:
            if (
                (code[j] == KEPT or code[j] == TOO_FAST)
                and lon[i] == lon[j]
                and lat[i] == lat[j]
                and _same(sog[i], sog[j])
                and _same(cog[i], cog[j])
                and _same(heading[i], heading[j])
            ):
                code[i] = DUPLICATE
                break
            j -= 1
