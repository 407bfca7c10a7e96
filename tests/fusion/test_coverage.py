"""Looks and AIS reception united by cell: looked, could not see, not looked, how long ago; right across 180."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from h3.api.numpy_int import latlng_to_cell

from makara.base.cells import every, outline
from makara.fusion.coverage import SHOWN, cells_of, unite
from makara.sources import _shapes as shapes
from makara.tables import table

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING = table("reception").empty()


def footprint(w: float, s: float, e: float, n: float) -> bytes:
    """A box, cut at 180 where it runs on past it."""
    return shapes.wkb(shapes.clean(shapely.box(w, s, e, n)))


def looks(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"sensor": "sar", "t_end": NOW - DAY, "length50_m": 30.0, "cloud_share": None}
    return pl.DataFrame([base | r for r in rows], schema={c: table("collections").schema[c] for c in
                        ("sensor", "t_end", "footprint", "length50_m", "cloud_share")})  # fmt: skip


def at(rows: pl.DataFrame, lon: float, lat: float, sensor: str = "sar") -> dict[str, Any]:
    cell = int(latlng_to_cell(lat, lon, 3))
    return rows.filter(pl.col("cell") == cell, pl.col("sensor") == sensor).row(0, named=True)


def united(rows: pl.DataFrame, **given: Any) -> pl.DataFrame:
    return unite(NOTHING, rows, cells_of(rows["footprint"]), at=NOW, **given)


def test_a_cell_says_which_sensor_looked_how_well_and_how_long_ago() -> None:
    here = {"footprint": footprint(98.0, 6.0, 102.0, 9.0)}
    rows = united(
        looks(here, here | {"t_end": NOW - 3 * DAY, "length50_m": 12.0}, here | {"sensor": "rf", "length50_m": None})
    )
    assert rows.columns == SHOWN and rows.select("cell", "sensor").is_unique().all()
    sar, rf = at(rows, 100.0, 7.5), at(rows, 100.0, 7.5, "rf")
    assert (sar["state"], sar["looks"], sar["t_last"], sar["age_s"]) == ("looked", 2, NOW - DAY, 86_400.0)
    assert (sar["length50_m"], sar["share"], rf["state"], rf["length50_m"]) == (12.0, 1.0, "looked", None)


def test_a_look_under_cloud_or_too_coarse_could_not_see() -> None:
    where = {"footprint": footprint(98.0, 6.0, 102.0, 9.0)}
    rows = united(looks(where | {"sensor": "optical", "cloud_share": 0.9}, where | {"length50_m": 80.0}))
    for sensor, why in (("optical", "cloud"), ("sar", "length")):
        row = at(rows, 100.0, 7.5, sensor)
        assert (row["state"], row["why"], row["looks"], row["t_last"], row["age_s"]) == (
            "could not see", why, 0, None, None
        )  # fmt: skip
    longer = united(looks(where | {"length50_m": 80.0}), length_m=100.0)
    assert at(longer, 100.0, 7.5)["state"] == "looked"


def test_one_look_that_saw_counts_whatever_others_missed() -> None:
    where = {"footprint": footprint(98.0, 6.0, 102.0, 9.0), "sensor": "optical", "length50_m": 10.0}
    seen = where | {"cloud_share": 0.1, "t_end": NOW - 2 * DAY}
    row = at(united(looks(where | {"cloud_share": 0.95}, seen)), 100.0, 7.5, "optical")
    assert (row["state"], row["why"], row["looks"], row["age_s"]) == ("looked", None, 1, 172_800.0)
    assert row["cloud_share"] == pytest.approx(0.1)


def test_a_sensor_that_looked_elsewhere_did_not_look_here() -> None:
    far = {"footprint": footprint(140.0, 6.0, 141.0, 7.0), "sensor": "optical"}
    rows = united(looks({"footprint": footprint(98.0, 6.0, 102.0, 9.0)}, far))
    row = at(rows, 100.0, 7.5, "optical")
    assert (row["state"], row["looks"], row["share"]) == ("not looked", 0, None)


@pytest.mark.parametrize("given", [(178.0, -19.0, 182.0, -16.0), (-182.0, -19.0, -178.0, -16.0)])
def test_a_look_across_180_covers_both_sides_and_nothing_else(given: tuple[float, float, float, float]) -> None:
    wkb = footprint(*given)
    assert shapely.from_wkb(wkb).geom_type == "MultiPolygon"
    rows = united(looks({"footprint": wkb}))
    for lon in (179.2, -179.2):
        row = at(rows, lon, -17.5)
        assert row["state"] == "looked" and row["share"] == pytest.approx(1.0, abs=0.01), lon
    saw = rows.filter(state="looked")
    xy = np.concatenate([shapely.get_coordinates(shapely.from_wkb(outline(c))) for c in saw["cell"].to_list()])
    assert (np.abs(xy[:, 0]) > 175.0).all(), "no cell on the other side of the world"
    total = sum(
        shapely.area(shapely.from_wkb(outline(c))) * s
        for c, s in saw.select("cell", "share").iter_rows()
    )  # fmt: skip
    assert total == pytest.approx(12.0, rel=0.001), "the footprint's four by three degrees"


def test_shares_of_looks_side_by_side_add_up_and_overlaps_count_once() -> None:
    west, east = footprint(98.0, 6.0, 100.0, 9.0), footprint(100.0, 6.0, 102.0, 9.0)
    half = at(united(looks({"footprint": west})), 100.0, 7.5)["share"]
    both = at(united(looks({"footprint": west}, {"footprint": east}, {"footprint": east})), 100.0, 7.5)["share"]
    assert 0.0 < half < 1.0 and both == pytest.approx(1.0, abs=0.001)


def test_a_spot_smaller_than_a_cell_is_not_lost() -> None:
    row = at(united(looks({"footprint": footprint(100.0, 7.0, 100.05, 7.05)})), 100.02, 7.02)
    assert row["state"] == "looked" and 0.0 < row["share"] < 0.01


def test_looks_over_a_pole_and_near_it() -> None:
    rows = united(looks({"footprint": footprint(-180.0, 85.0, 180.0, 90.0)}))
    assert at(rows, 10.0, 89.9)["state"] == "looked" and at(rows, -170.0, 86.5)["state"] == "looked"
    assert rows.filter(state="looked")["share"].max() <= 1.0


def test_candidates_miss_no_cell_that_a_footprint_touches() -> None:
    cells, _, _ = every(3)
    wkb = footprint(177.0, 60.0, 184.0, 72.0)
    near = cells_of(pl.Series([wkb, None]))
    outlines = shapely.from_wkb([outline(int(c)) for c in cells])
    assert set(cells[shapely.intersects(outlines, shapely.from_wkb(wkb))].tolist()) <= set(near.tolist())
    assert near.size < 600


def heard(cell: int, **given: Any) -> dict[str, Any]:
    base = {"cell": cell, "t_start": NOW - DAY, "t_end": NOW, "receiver": "satellite", "transponder": "class_a",
            "state": "looked", "n_heard": 9, "n_movers": 3, "trials": 20, "heard": 15, "p_heard": 0.7, "p_lo": 0.5,
            "p_hi": 0.9, "t_last": NOW - timedelta(hours=2), "geometry": None}  # fmt: skip
    return base | given


def test_ais_stands_beside_the_looks() -> None:
    cells = [int(latlng_to_cell(7.5, x, 3)) for x in (100.0, 103.0, 106.0)]
    rows = [heard(cells[0]), heard(cells[0], receiver="terrestrial", p_heard=0.9, t_last=NOW - DAY),
            heard(cells[1], p_heard=0.01), heard(cells[2], state="not looked", p_heard=None, t_last=None)]  # fmt: skip
    schema = {c: t for c, t in table("reception").schema.items() if c in rows[0]}
    found = unite(
        pl.DataFrame(rows, schema=schema), table("collections").empty(), np.zeros(0, np.int64), at=NOW
    ).filter(sensor="ais")  # fmt: skip
    by = {r["cell"]: r for r in found.iter_rows(named=True)}
    first, deaf, none = (by[c] for c in cells)
    assert (first["state"], first["age_s"]) == ("looked", 7200.0) and first["p_heard"] == pytest.approx(0.9)
    assert (first["receiver"], none["receiver"]) == ("terrestrial", None)
    assert first["p_lo"] == pytest.approx(0.5)
    assert (deaf["state"], deaf["why"]) == ("could not see", "reception")
    assert (none["state"], none["t_last"], none["p_heard"]) == ("not looked", None, None)


def test_looks_without_a_footprint_tell_nothing() -> None:
    rows = looks({"footprint": None})
    assert unite(NOTHING, rows, cells_of(rows["footprint"]), at=NOW).is_empty()
