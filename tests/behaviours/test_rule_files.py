"""Every rule file is whole: documented, declared, with cases that hold, and events that fit the table."""

from __future__ import annotations

import json

import polars as pl
import pytest

from makara.base.errors import ColumnsError, NotFoundError, SettingsError, UsageError
from makara.base.units import SUFFIXES
from makara.behaviours import find, names, rule
from makara.behaviours._cases import Case, sea
from makara.tables import names as table_names
from makara.tables import table

every_rule = pytest.mark.parametrize("kind", names())
CASES = [pytest.param(kind, case, id=f"{kind}: {case.text}") for kind in names() for case in rule(kind).CASES]


def test_the_rules_of_first_light_are_there() -> None:
    assert {"dark", "encounter", "gap", "identity", "loitering", "zone_entry"} <= set(names())


@every_rule
def test_a_rule_says_why_it_matters_what_looks_the_same_and_where_from(kind: str) -> None:
    doc = rule(kind).__doc__ or ""
    for part in ("Why it matters:", "What looks the same:", "Source:"):
        assert part in doc, f"{kind}: the docstring lacks {part!r}"


@every_rule
def test_a_rule_declares_itself_in_full(kind: str) -> None:
    r = rule(kind).RULE
    assert r.kind == kind
    assert r.version
    assert r.innocent
    assert "makara" in r.profiles
    for name in r.inputs:
        assert name.split(":")[0] in table_names()
    for q in r.parameters:
        assert q.doc
        assert isinstance(q.default, str) or q.name.endswith((*SUFFIXES, "_max", "_min", "_share")), q.name
    for profile in r.profiles:
        r.resolve(profile)
    assert callable(rule(kind).step)
    assert callable(rule(kind).why)


@every_rule
def test_a_rule_has_a_case_that_fires_one_that_is_silent_and_one_with_a_hazard(kind: str) -> None:
    cases = rule(kind).CASES
    assert any(c.fires for c in cases)
    assert any(not c.fires for c in cases)
    assert any(c.hazard in ("antimeridian", "hole") for c in cases)


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_case(kind: str, case: Case) -> None:
    events = case.run(find, kind)
    assert len(events) == (case.events if case.fires else 0)
    stamped = events.with_columns(
        version=pl.lit(1),
        supersedes=pl.lit(None, pl.String()),
        source=pl.col("rule"),
        t_known=pl.col("t_end_floor"),
        mark=pl.lit("mk"),
    )
    table("events").check(table("events").conform(stamped))
    declared = set(rule(kind).RULE.details)
    for row in events.iter_rows(named=True):
        assert set(json.loads(row["details"])) == declared
        assert row["innocent"]
        assert row["reasons"]
        assert row["evidence"]
        assert row["marks"]
        assert 0 <= row["severity"] <= 4
        assert row["p"] is None or 0 <= row["p"] <= 1
        assert len(rule(kind).why(row)) > 20


def test_find_names_what_is_missing() -> None:
    points = sea.vessel().sail(3).points()
    with pytest.raises(ColumnsError, match="track"):
        find("gap", points.drop("track"))
    with pytest.raises(NotFoundError, match="gap"):
        find("gapp", points)
    with pytest.raises(SettingsError, match="duration_min_s"):
        find("gap", points, duration_s=5)
    with pytest.raises(SettingsError, match="number"):
        find("gap", points, duration_min_s="long")
    with pytest.raises(SettingsError, match="profile"):
        find("gap", points, profile="nobody")
    with pytest.raises(UsageError, match="table"):
        find("gap", 5)


def test_find_says_that_numbers_of_one_s_own_are_no_vessels() -> None:
    points = sea.vessel(mover=7).drift(6).points()
    with pytest.raises(ColumnsError, match="below 0"):
        find("loitering", points)
    assert len(find("loitering", points.with_columns(mover=-pl.col("mover")))) == 1


def test_find_takes_pandas_and_arrow_and_needs_only_the_required_columns() -> None:
    full = sea.vessel().sail(3).dark(8).sail(3).points()
    points = full.select("report", "mover", "track", "t_seen", "lon_deg", "lat_deg", something=pl.lit(1))
    want = find("gap", points)
    assert len(want) == 1
    assert want["mmsi"].to_list() == [[412000001]]
    for other in (points.to_pandas(), points.to_arrow(), points.lazy()):
        assert find("gap", other).equals(want)


@every_rule
def test_find_on_no_points_finds_nothing(kind: str) -> None:
    assert len(find(kind, sea.vessel().sail(3).points().clear())) == 0
