"""Looks as STAC items: valid by pystac, right across 180, and read back as the same looks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pystac
import pytest
import shapely
from pystac.validation import validate_dict

from makara.sharing import own
from makara.sinks import stac
from makara.sources import _shapes, source
from makara.tables import table
from makara.tables.release import Release

T = datetime(2026, 3, 1, 10, 20, tzinfo=UTC)


def release(*rows: dict[str, Any]) -> Release:
    base = {"sensor": "sar", "t_start": T, "t_end": T, "provider": "Example", "product_form": "raw"}
    types = table("collections").schema
    full = pl.DataFrame(
        [base | {"collection": f"co{n}", "product": f"P{n}"} | r for n, r in enumerate(rows)],
        schema={c: types[c] for c in types if c not in ("source", "mark", "t_known")},
    )
    return own({"collections": full}, "operations", T)


def footprint(*box: float) -> bytes:
    return _shapes.wkb(_shapes.clean(shapely.box(*box)))


LOOKS = (
    {"footprint": footprint(178.0, -19.0, 183.0, -16.0), "mode": "IW", "resolution_m": 20.0, "length50_m": 25.0,
     "look": "right", "heading_deg": 348.0, "incidence_deg": 38.5, "licence": "copernicus", "platform": "S-1"},
    {"footprint": footprint(98.0, 6.0, 99.0, 7.0), "sensor": "optical", "cloud_share": 0.25,
     "licence": "commercial a@foreign@detection", "scene_uri": "/data/x.tif"},
    {"footprint": None, "sensor": "viirs"},
)  # fmt: skip


def test_items_are_valid_stac() -> None:
    found = json.loads(stac(release(*LOOKS)))
    assert pystac.ItemCollection.is_item_collection(found)
    for item in found["features"]:
        assert validate_dict(item, extensions=[])
        assert pystac.Item.from_dict(item).id == item["id"]
    first, second, third = (pystac.Item.from_dict(f) for f in found["features"])
    assert first.bbox == [178.0, -19.0, -177.0, -16.0], "west > east across 180"
    assert first.geometry["type"] == "MultiPolygon" and third.geometry is None and third.bbox is None
    assert second.properties["license"] == "other" and second.assets["scene"].href == "/data/x.tif"
    assert first.common_metadata.platform == "S-1" and first.common_metadata.gsd == 20.0


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    given = release(*LOOKS)
    (tmp_path / "looks.json").write_bytes(stac(given))
    (batch,) = source("stac").read(tmp_path / "looks.json", {})
    assert len(batch.rejects) == 0 and batch.rows == 3
    back, was = batch.frames["collections"], given["collections"]
    same = ["product", "sensor", "platform", "t_start", "t_end", "length50_m", "resolution_m", "incidence_deg",
            "heading_deg", "look", "cloud_share", "provider", "licence", "mode", "scene_uri"]  # fmt: skip
    assert back.select(same).equals(was.select(same))
    for a, b in zip(back["footprint"], was["footprint"], strict=True):
        assert (a is None) == (b is None) and (a is None or shapely.from_wkb(a).equals_exact(shapely.from_wkb(b), 1e-6))


def test_catalogues_items_become_looks(tmp_path: Path) -> None:
    ring = [[179.0, -18.0], [-179.0, -18.0], [-179.0, -17.0], [179.0, -17.0], [179.0, -18.0]]
    sar = {"type": "Feature", "stac_version": "1.1.0", "id": "S1A", "links": [], "assets": {},
           "geometry": {"type": "Polygon", "coordinates": [ring]},
           "properties": {"datetime": "2026-03-01T10:20:00.5Z", "platform": "sentinel-1a", "license": "other",
                          "sar:instrument_mode": "IW", "sar:resolution_range": 20,
                          "sar:resolution_azimuth": 22}}  # fmt: skip
    sea = sar | {"id": "S2B", "properties": {"datetime": "2026-03-01T10:20:00Z", "eo:cloud_cover": 40}}
    blind = sar | {"id": "X", "properties": {"datetime": "2026-03-01T10:20:00Z"}}
    broken = {"type": "Feature", "id": None, "properties": None}
    file = tmp_path / "search.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [sar, sea, blind, broken]}))
    (batch,) = source("stac").read(file, {"provider": "esa"})
    rows = batch.frames["collections"]
    assert rows["product"].to_list() == ["S1A", "S2B"] and rows["sensor"].to_list() == ["sar", "optical"]
    assert rows["resolution_m"].to_list() == [22.0, None] and rows["cloud_share"].to_list()[1] == pytest.approx(0.4)
    assert rows["length50_m"].null_count() == 2, "a catalogue does not tell what a detector would have seen"
    shape = shapely.from_wkb(rows["footprint"][0])
    assert shape.geom_type == "MultiPolygon" and shape.area == pytest.approx(2.0)
    assert batch.rejects["line"].to_list() == [3, 4] and "no sensor" in batch.rejects["detail"][0]
    (told,) = source("stac").read(file, {"sensor": "sar"})
    assert told.frames["collections"]["product"].to_list() == ["S1A", "S2B", "X"]
