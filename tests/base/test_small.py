"""Times, errors, what a hull can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makara.base import errors, motion, time
from makara.base.errors import MakaraError, UsageError

instants = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(instants)
def test_times_round_trip_as_text_and_as_microseconds(t: datetime) -> None:
    assert time.parse(time.text(t)) == t
    assert time.from_us(time.to_us(t)) == t


def test_a_time_without_a_zone_is_refused_with_the_remedy() -> None:
    with pytest.raises(UsageError, match="add Z"):
        time.parse("2026-01-31T14:00:00")


@given(instants, st.integers(1, 100_000))
def test_floor_is_a_multiple_not_after(t: datetime, step: int) -> None:
    f = time.floor(t, step)
    assert f <= t < f + timedelta(seconds=step)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15min", 900), ("6h", 21600), ("2d", 172800)])
def test_durations(text: str, seconds: int) -> None:
    assert time.duration_s(text) == seconds


def test_every_error_has_an_exit_code_and_a_status() -> None:
    for name in errors.__all__:
        error = getattr(errors, name)
        assert issubclass(error, MakaraError)
        assert error.exit_code in (1, 2)
        assert 400 <= error.http_status < 600
        assert (error.exit_code == 2) == issubclass(error, UsageError)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_uncertainty_only_grows(a: float, b: float) -> None:
    sd = motion.position_sd_m([min(a, b), max(a, b)])
    assert sd[0] <= sd[1] + 1e-9
    assert np.isclose(float(motion.position_sd_m(0.0)), 30.0)
