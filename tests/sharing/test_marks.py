"""The meet of marks: laws."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import LICENCES, NOW, OPEN, SHUT, mark, marks, some_marks

from makara.base.errors import ReleaseError, UsageError
from makara.sharing.marks import Mark, by_id, key, meet, meet_lists, row
from makara.sharing.policy import Gate, mark_reason
from makara.tables import table


def asks(partner: str, purpose: str, now: datetime) -> Gate:
    return Gate(partner, purpose, now, {}, LICENCES, (), {})


@given(some_marks, some_marks, some_marks)
def test_meet_is_commutative_associative_and_idempotent(a: Mark, b: Mark, c: Mark) -> None:
    assert meet([a, b]) == meet([b, a])
    assert meet([meet([a, b]), c]) == meet([a, meet([b, c])]) == meet([a, b, c])
    assert meet([a, a]) == a == meet([a])


@given(
    st.lists(some_marks, min_size=1, max_size=4),
    st.sampled_from(["FJI", "TON", "AUS"]),
    st.sampled_from(["safety", "x"]),
)
@settings(max_examples=300)
def test_meet_never_releases_more(every: list[Mark], partner: str, purpose: str) -> None:
    gate = asks(partner, purpose, NOW)
    if mark_reason(meet(every, level="event"), gate) is None:
        assert all(mark_reason(m, gate) is None for m in every)


def test_meet_takes_the_strictest_of_each_part() -> None:
    a = mark(tlp="green", release_to=("*",), purposes=("safety", "fisheries"), licences=("own",), embargo=NOW)
    b = mark(
        originators=("AUS",),
        tlp="amber+strict",
        release_to=("FJI", "TON"),
        purposes=("*",),
        licences=("sat",),
        expires=NOW,
    )
    m = meet([a, b], level="event")
    assert m == Mark(
        originators=("AUS", "self"),
        tlp="amber+strict",
        release_to=("FJI", "TON"),
        purposes=("fisheries", "safety"),
        licences=("own", "sat"),
        embargo=NOW,
        expires=NOW,
        level="event",
    )
    assert meet([b, mark(release_to=("TON", "PNG"))]).release_to == ("TON",)
    assert meet([b, mark(release_to=("PNG",))]).release_to == ()


def test_star_swallows_the_rest_of_its_list_and_empty_stays_empty() -> None:
    assert mark(release_to=("FJI", "*")) == mark(release_to=("*",))
    assert meet([mark(release_to=("*",)), SHUT]).release_to == ()


def test_the_key_is_that_of_the_parts_and_golden() -> None:
    assert key(mark(release_to=("TON", "FJI"))) == key(mark(release_to=("FJI", "TON", "FJI")))
    assert key(OPEN) != key(SHUT)
    assert key(Mark.own("self")) == "mk556jznpdz4haepqzlut74lvst4"


@given(some_marks)
def test_a_mark_survives_its_row(m: Mark) -> None:
    assert by_id(marks(m)) == {key(m): m}
    stamps = pl.DataFrame([row(m)]).with_columns(source=pl.lit("x"), t_known=pl.lit(NOW))
    assert by_id(table("marks").conform(stamps)) == {key(m): m}


@given(st.lists(st.lists(some_marks, min_size=1, max_size=3), max_size=6))
@settings(max_examples=50)
def test_meet_lists_is_the_meet_of_each_list(rows: list[list[Mark]]) -> None:
    known = marks(OPEN, *(m for r in rows for m in r))
    lists = pl.Series([[key(m) for m in r] for r in rows], dtype=pl.List(pl.String))
    found, new = meet_lists(lists, known)
    assert found.to_list() == [key(meet(r, level="event")) for r in rows]
    every = by_id(known) | by_id(new)
    assert [every[k] for k in found.to_list()] == [meet(r, level="event") for r in rows]
    assert not set(new["mark"].to_list()) & set(known["mark"].to_list())


def test_rows_without_a_known_mark_are_refused() -> None:
    with pytest.raises(ReleaseError, match="no evidence"):
        meet([])
    with pytest.raises(ReleaseError, match="no evidence"):
        meet_lists(pl.Series([[]], dtype=pl.List(pl.String)), marks(OPEN))
    with pytest.raises(ReleaseError, match="mkother is not in table marks"):
        meet_lists(pl.Series([["mkother"]]), marks(OPEN))


def test_bad_marks_say_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="originators"):
        Mark(())
    with pytest.raises(UsageError, match="'pink'"):
        mark(tlp="pink")
    with pytest.raises(UsageError, match="level"):
        mark(level="pixel")
    with pytest.raises(UsageError, match="time zone"):
        mark(embargo=datetime(2026, 1, 1))


def test_a_mark_of_settings_takes_defaults_and_one_more_licence() -> None:
    m = Mark.of({"originators": ["self"], "release_to": [], "licences": ["own"], "embargo": None})
    assert m == Mark(("self",), licences=("own",))
    assert m.with_licence("sat@foreign@raw").licences == ("own", "sat@foreign@raw")
