"""A platform that a zone tells is no vessel to any rule; the same thing seen with the zone a kilometre away is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from makara.behaviours import find
from makara.behaviours._cases import Case, sea
from makara.behaviours.dark_rendezvous import CASES as RENDEZVOUS
from makara.behaviours.drop_off import CASES as DROPS
from makara.behaviours.mother_ship import _group
from makara.tables import REASONS


def events(kind: str, case: Case, platform: tuple[float, float], alter: Callable[..., Any] | None = None) -> Any:
    """The events of a case with a zone around a place; ``alter`` changes its tables."""
    tables = {**case.tables(), "zones": sea.square("zo-rig", "infrastructure", platform, 0.001)}
    if alter is not None:
        tables = alter(tables)
    return Case(case.text, True, case.vessels, tables=lambda: tables).run(find, kind)


def seen(case: Case) -> tuple[float, float]:
    row = case.tables()["detections"].row(0, named=True)
    return row["lon_deg"], row["lat_deg"]


CARRIER = RENDEZVOUS[0]
STILL = Case(
    "two skiffs by something that lies still", True, (), tables=lambda: _group((130.0, -10.0), 18.0, speed_kn=0)
)
SKIFF = DROPS[2]


@pytest.mark.parametrize(("kind", "case"), [("dark_rendezvous", CARRIER), ("mother_ship", STILL)])
def test_a_platform_is_no_party(kind: str, case: Case) -> None:
    lon, lat = seen(case)
    assert len(events(kind, case, (lon + 0.01, lat))) == 1
    assert not len(events(kind, case, (lon, lat)))


def test_a_vessel_that_transmits_at_a_platform_stays_one() -> None:
    """What a track explains is left as the matching judged it."""

    def explained(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        return {**tables, "matches": tables["matches"].with_columns(p_none=pl.lit(0.4), p_dark=pl.lit(0.4))}

    assert len(events("mother_ship", STILL, (130.0, -10.0), explained)) == 1


@pytest.mark.parametrize("known", ["zone", "matching"])
def test_a_platform_is_no_small_craft_that_came(known: str) -> None:
    """Whether the zone is given, or the matching has said so in a lake."""

    def judged(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        why = {"code": "structure", "value": 3.0, "unit": "dates", "against": 3.0, "weight": None, "text": "stands"}
        matches = tables["matches"].with_columns(reasons=pl.Series([[why]], dtype=REASONS))
        return {**tables, "matches": matches}

    lon, lat = seen(SKIFF)
    away = lon + 0.01, lat
    came = events("drop_off", SKIFF, away)
    told = events("drop_off", SKIFF, away, judged) if known == "matching" else events("drop_off", SKIFF, (lon, lat))
    assert came["severity"].to_list() == [2] and told["severity"].to_list() == [1]
