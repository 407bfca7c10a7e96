"""Who wants what: by vessel, list, and the number of independent indicators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from events_made import T0, decided, event

from makara.alerts.indicators import SAME, independent
from makara.tables import table

VESSELS = pl.DataFrame(
    {"mover": [1, 2, 3], "mmsi": [1, 2, 3], "imo": [9074729, None, 9074729]},
    schema={"mover": pl.Int64(), "mmsi": pl.Int32(), "imo": pl.Int32()},
)
LISTS = pl.DataFrame(
    {"list": ["iuu (as of 2026-01-01)", "carrier_register"], "mmsi": [2, 1]},
    schema={"list": pl.String(), "mmsi": pl.Int32()},
)
VESSEL = "veaaaaaaaaaaaaaaaaaaaaaaaaaa"


def members(**times: Any) -> pl.DataFrame:
    row = {"vessel": VESSEL, "member": "mv3", "from": T0, "to": None, "p": 1.0, "how": "x"} | times
    stamps = {"source": "x", "t_known": T0, "mark": "m"}
    return table("vessel_links").conform(
        pl.DataFrame([row | stamps], schema_overrides={"to": pl.Datetime("us", "UTC")})
    )


def who(about: dict[str, Any] | None = None, **parts: Any) -> list[int]:
    """Vessels whose events alert, of four."""
    given = {"vessels": VESSELS, "lists": LISTS} | (about or {})
    found = decided(*(event(n) for n in (1, 2, 3, 4)), about=given, **parts)
    of = {event(n)["event"]: n for n in (1, 2, 3, 4)}
    return sorted(of[e] for e in found["event"])


@pytest.mark.parametrize(
    ("parts", "want"),
    [
        ({"vessels": ["*"], "lists": ["*"]}, [1, 2, 3, 4]),
        ({"vessels": ["4"]}, [4]),
        ({"vessels": ["9074729"]}, [1, 3]),
        ({"vessels": ["mv2"]}, [2]),
        ({"lists": ["iuu"]}, [2]),
        ({"lists": ["iuu", "sanctions"], "vessels": ["4"]}, [2, 4]),
        ({"lists": ["sanctions"]}, []),
    ],
)
def test_vessels_are_named_by_number_or_by_a_list_that_they_are_on(parts: dict[str, Any], want: list[int]) -> None:
    assert who(**parts) == want


def test_a_vessel_id_means_its_members_while_they_belonged_to_it() -> None:
    assert who({"members": members()}, vessels=[VESSEL]) == [3]
    assert who({"members": members(to=T0 - timedelta(days=1))}, vessels=[VESSEL]) == []
    assert who(vessels=[VESSEL]) == []


def test_two_independent_indicators() -> None:
    both = [event(1), event(11, kind="dark", participants=["mv1", "de1"], mmsi=[1], severity=1)]
    alone = [event(4)]
    listed = [event(2)]
    found = decided(*both, *alone, *listed, about={"lists": LISTS}, indicators_min=2)
    assert set(found["event"]) == {both[0]["event"], listed[0]["event"]}
    three = decided(*both, *alone, *listed, about={"lists": LISTS}, indicators_min=3)
    assert len(three) == 0


def test_what_is_made_of_the_same_thing_is_one_indicator() -> None:
    bases = {"transshipment": ("encounter",)}
    two = [event(1, kind="encounter"), event(11, kind="transshipment", participants=["mv1"], mmsi=[1])]
    assert len(decided(*two, about={"bases": bases}, indicators_min=2)) == 0
    late = event(11, kind="dark", participants=["mv1"], t_start=T0 + timedelta(days=3), t_end_floor=T0 + timedelta(4))
    assert len(decided(event(1), late, indicators_min=2)) == 0, "a day apart is another matter"
    weak = event(11, kind="dark", participants=["mv1"], severity=0)
    assert len(decided(event(1), weak, indicators_min=2)) == 0, "what is for the record only is no indicator"


@pytest.mark.parametrize(
    ("kind", "others", "bases", "want"),
    [
        ("gap", ["disabling", "encounter"], {}, ("encounter",)),
        ("gap", ["encounter", "transshipment"], {"transshipment": ("encounter",)}, ("encounter",)),
        ("a", ["b"], {"a": ("c",), "b": ("c",)}, ()),
        ("a", ["b"], {"a": ("x",), "x": ("b",)}, ()),
        ("a", ["b", "c"], {"b": ("d",), "c": ("d",)}, ("b",)),
        ("loitering", ["gap", "mother_daughter"], {"mother_daughter": ("loitering", "gap")}, ("gap",)),
    ],
)
def test_independence(kind: str, others: list[str], bases: dict[str, tuple[str, ...]], want: tuple[str, ...]) -> None:
    assert independent(kind, others, bases) == want
    assert independent(kind, others[::-1], bases) == want


def test_no_kind_looks_at_two_things() -> None:
    kinds = [k for group in SAME for k in group]
    assert len(kinds) == len(set(kinds))


def test_an_alert_that_stands_on_more_than_its_event_is_the_owners() -> None:
    about = {"lists": LISTS, "own": "mkown"}
    assert decided(event(2), about=about)["mark"].to_list() == ["mkone"]
    for parts in ({"lists": ["iuu"]}, {"vessels": ["2"]}, {"indicators_min": 2}):
        assert decided(event(2), about=about, **parts)["mark"].to_list() == ["mkown"]
