"""The tables keep the contract: names, units, nulls, and the same rows through Arrow, Parquet, Polars and DuckDB."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import duckdb
import jsonschema
import polars as pl
import polars.testing
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from makara.base.errors import ColumnsError, NotFoundError
from makara.base.units import SUFFIXES
from makara.tables import Field, Table, names, table

GOLDEN = {
    "reports": "report t_seen mover mmsi transponder radio_channel receiver station msg_type lon_deg lat_deg accurate "
    "sog_kn cog_deg heading_deg rot_deg_min nav_status own flags",
    "claims": "claim t_seen mover mmsi msg_type part imo name callsign ship_type length_m width_m draught_m "
    "destination eta_text eta station receiver",
    "messages": "message t_seen mover mmsi msg_type dac fi to_mmsi text payload bits radio_channel station receiver",
    "rejects": "reject file line offset reason detail raw",
    "collections": "collection sensor platform mode t_start t_end footprint length50_m resolution_m incidence_deg "
    "cloud_share line_times scene_uri provider product_form",
    "detections": "detection collection sensor t_seen lon_deg lat_deg semi_major_m semi_minor_m orientation_deg "
    "length_m length_sd_m width_m axis_deg sog_kn cog_deg p_vessel structure emitter freq_hz scr_db radiance_nw chip "
    "flags",
    "track_points": "mover t_seen report track lon_deg lat_deg sog_kn cog_deg heading_deg receiver h3_3 flags shore_m "
    "anchorage_m depth_m zones",
    "tracks": "track mover t_start t_end n quality box length_m joins profile",
    "vessels": "vessel mmsi imo name callsign flag class gear length_m",
    "vessel_links": "vessel member from to p how",
    "acts": "act t who verb object why",
    "zones": "zone name kind authority geometry box from to attributes",
    "matches": "detection profile against track p runner_up p_runner_up p_none p_heard p_dark reasons looked",
    "events": "event version state kind profile scope rule parameters t_start t_end t_end_floor lon_deg lat_deg shape "
    "participants mmsi zones p severity reasons innocent details evidence t_known supersedes",
    "alerts": "alert event version subscription rank contributions state who outcome suppressed_by line",
    "marks": "mark originators tlp release_to purposes licences embargo expires level",
    "policies": "policy version partner effect tables kinds zones buffer_m columns delay_s coarsen purposes from to "
    "signed_by",
    "releases": "release partner purpose seq rows root policy_versions",
    "released_rows": "release table outside_id inside_id revision withheld state acknowledged",
}
"""Columns as the contract lists them; none is renamed or dropped."""
NAMED = [
    "chips",
    "files",
    "movers",
    "horizons",
    "reception",
    "coverage",
    "regions",
    "carried",
    "looks",
    "cues",
    "subscriptions",
    "lists",
    "authorisations",
    "assets",
    "partners",
    "users",
    "watches",
    "settings",
    "runs",
    "snapshots",
]
BARE = {
    "probabilities and shares": "p p_lo p_hi p_vessel p_none p_runner_up p_heard p_dark p_inside cloud_share share",
    "an order": "rank severity severity_min indicators_min",
    "ids and their parts": "mmsi to_mmsi mover claim message track report reject runner_up joins imo snapshot h3_3 "
    "cell",
    "counts": "n n_heard n_movers trials heard looks rows rejects bytes bits steps budget",
    "counters": "version revision seq line offset",
    "code numbers of a standard": "msg_type ship_type nav_status dac fi",
}
"""Numbers without a unit, and why they have none."""


def test_every_table_of_the_contract_is_there() -> None:
    assert set(GOLDEN) | set(NAMED) == set(names())
    with pytest.raises(NotFoundError, match="reports"):
        table("report")


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_no_column_is_renamed_or_dropped(name: str) -> None:
    missing = set(GOLDEN[name].split()) - set(table(name).schema)
    assert not missing


@pytest.mark.parametrize("name", names())
def test_columns_have_prose_units_and_no_unsigned_type(name: str) -> None:
    t = table(name)
    assert t.doc.endswith(".")
    assert set(t.keys) <= set(t.schema)
    assert {"source", "t_known", "mark"} <= set(t.schema)
    for f in t.fields:
        assert f.doc.endswith(".") and len(f.doc) > 3, f.name
        assert not f.type.is_unsigned_integer()
        inner = f.type.inner if isinstance(f.type, pl.List) else f.type
        if inner.is_numeric():
            unitless = f.name in " ".join(BARE.values()).split()
            assert unitless != f.name.endswith(tuple(SUFFIXES)), f"{name}.{f.name} has no unit, or needs none"
        if f.type.is_float():
            assert f.decimals is not None, f"{name}.{f.name} declares no decimals"
        if isinstance(f.type, pl.Datetime):
            assert (f.type.time_unit, f.type.time_zone) == ("us", "UTC")
    for f in t.fields:
        if f.name in t.keys:
            assert not f.null


VALUES = {
    pl.String(): st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
    pl.Int32(): st.integers(-(2**31), 2**31 - 1),
    pl.Int64(): st.integers(-(2**63), 2**63 - 1),
    pl.Float32(): st.floats(-1e6, 1e6, width=32),
    pl.Float64(): st.floats(-1e6, 1e6),
    pl.Boolean(): st.booleans(),
    pl.Binary(): st.binary(max_size=8),
    pl.Datetime("us", "UTC"): st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
}


def values(t: pl.DataType) -> st.SearchStrategy[object]:
    """Values of a type."""
    if isinstance(t, pl.List):
        return st.lists(values(t.inner), max_size=3)
    if isinstance(t, pl.Struct):
        return st.fixed_dictionaries({f.name: values(f.dtype) for f in t.fields})
    return VALUES[t]


def cells(f: Field) -> st.SearchStrategy[object]:
    """Values of a field, null where it may be."""
    v: st.SearchStrategy[object] = st.just("{}") if f.form == "json" else values(f.type)
    return st.one_of(st.none(), v) if f.null else v


def rows(t: Table) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of a table."""
    row = st.fixed_dictionaries({f.name: cells(f) for f in t.fields})
    return st.lists(row, max_size=4).map(lambda r: t.conform(pl.DataFrame(r, schema=t.schema)))


@pytest.mark.parametrize("name", names())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_rows_survive_arrow_parquet_and_duckdb(name: str, data: st.DataObject) -> None:
    t = table(name)
    frame = data.draw(rows(t))
    arrow = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(t.arrow)
    buffer = io.BytesIO()
    pq.write_table(arrow, buffer)
    buffer.seek(0)
    again = t.conform(pl.DataFrame(pl.from_arrow(pq.read_table(buffer))))
    polars.testing.assert_frame_equal(again, frame)
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute(t.ddl())
    con.register("given", arrow)
    con.execute(f"INSERT INTO {t.name} SELECT * FROM given")
    back = t.conform(pl.DataFrame(pl.from_arrow(con.execute(f"SELECT * FROM {t.name}").to_arrow_table())))
    polars.testing.assert_frame_equal(back, frame)


@pytest.mark.parametrize("name", names())
def test_json_schema_is_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(table(name).json_schema())


def test_conform_says_what_is_missing_and_what_is_null() -> None:
    t = table("movers")
    with pytest.raises(ColumnsError, match="scheme"):
        t.conform(pl.DataFrame({"mover": [-1]}))
    known = {"source": ["x"], "t_known": [datetime(2026, 1, 1, tzinfo=UTC)], "mark": ["m"]}
    with pytest.raises(ColumnsError, match=r"own_id \(1 of 1\)"):
        t.conform(pl.DataFrame({"mover": [-1], "scheme": ["vms"], "own_id": [None]} | known))


def test_positions_are_rounded_and_nan_is_null() -> None:
    t = table("reports")
    frame = pl.DataFrame({"lon_deg": [1.00000004, float("nan")]})
    assert t.conform(frame, partial=True)["lon_deg"].to_list() == [1.0, None]
