"""The doors take what analysts have: Polars, pandas and Arrow tables, eager or lazy, and say so when it is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import makara
from makara.base.errors import UsageError

FORMS: list[Callable[[pl.DataFrame], Any]] = [pl.DataFrame.to_pandas, pl.DataFrame.to_arrow, pl.DataFrame.lazy]


@pytest.fixture(scope="module")
def case(sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    session = makara.open(tmp_path_factory.mktemp("doors") / "lake")
    session.ingest("case", sea_case)
    return session


@pytest.mark.parametrize("form", FORMS)
def test_doors_take_every_kind_of_table(case: makara.Session, form: Callable[[pl.DataFrame], Any]) -> None:
    needed = case.reports().select("report", "mover", "t_seen", "lon_deg", "lat_deg")
    points = makara.segment(needed)
    assert makara.segment(form(needed)).equals(points)
    plain = points.select(
        "report", "mover", "track", "t_seen", "lon_deg", "lat_deg"
    ).drop_nulls()  # pandas: no null i64
    seen, looks = case.detections().drop("flags"), case.view("collections").select("collection")
    expected = makara.match(seen, looks, plain)
    assert makara.match(form(seen), form(looks), form(plain)).equals(expected)
    track, at = points["track"].drop_nulls()[0], points["t_seen"].max()
    assert makara.predict(form(plain), track, at=at).equals(makara.predict(plain, track, at=at))  # type: ignore[arg-type]


def test_a_base_station_can_be_predicted_too(case: makara.Session) -> None:
    points = makara.segment(case.reports().with_columns(transponder=pl.lit("base")))
    track, at = points["track"].drop_nulls()[0], points["t_seen"].max()
    assert len(makara.predict(points, track, at=at)) == 1  # type: ignore[arg-type]


def test_find_tags_the_points_of_segment_with_the_zones_given(case: makara.Session) -> None:
    points = makara.segment(case.reports())
    assert len(makara.find("zone_entry", points, zones=case.view("zones")))


@pytest.mark.parametrize("given", [None, 7, "reports"])
def test_what_is_no_table_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="is no table"):
        makara.segment(given)
