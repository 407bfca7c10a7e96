"""Sources of tables: mapped, marinecadastre, danish, detections, collections, zones."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import shapely

from makara.base import ids
from makara.base.errors import ColumnsError, NotFoundError, UsageError
from makara.sources import Batch, guesses, joined, judge, names, source
from makara.sources import _shapes as shapes
from makara.sources._convert import instant
from makara.tables import table

SAMPLES = Path(__file__).parent / "samples"
PINGS = {
    "map": "id=ship\nt_seen=when\nlon_deg=x\nlat_deg=y\nsog_kn=speed\ncog_deg=atan2(sine,cosine)\nnav_status=state",
    "unit": "sog_kn=m/s",
    "null": "-99,511",
    "tz": "UTC",
    "sep": ";",
    "scheme": "vms:FJI",
}


def read(
    name: str, path: Path, options: Mapping[str, str] | None = None
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    batches: list[Batch] = list(source(name).read(path, options or {}))
    tables = {n for b in batches for n in b.frames}
    assert set(source(name).SOURCE.tables) >= tables
    for b in batches:
        for n, f in b.frames.items():
            stamped = f.with_columns(
                source=pl.lit(b.feed), mark=pl.lit("mk"), t_known=pl.lit(datetime(2030, 1, 1, tzinfo=UTC))
            )
            table(n).conform(stamped)
    return {n: pl.concat([b.frames[n] for b in batches]) for n in tables}, pl.concat([b.rejects for b in batches])


def reasons(rejects: pl.DataFrame) -> list[tuple[int, str]]:
    return rejects.select("line", "reason").rows()


def test_all_sources_are_found_by_listing() -> None:
    assert set(names()) >= {"case", "danish", "mapped", "marinecadastre", "nmea", "norwegian", "spire", "vms"}
    assert {"ofac", "iuu", "rfmo", "mids", "classes"} <= set(names())
    assert list(names()) == sorted(names())
    for name in names():
        found = source(name)
        assert found.SOURCE.name == name
        assert found.__doc__ and all(word in found.__doc__ for word in ("Who:", "Format:", "Licence:", "Latency:")), (
            name
        )
    with pytest.raises(NotFoundError, match="there are: aishub"):
        source("telepathy")


def test_unknown_options_are_refused() -> None:
    with pytest.raises(UsageError, match="no option --speed; it has: --time-from"):
        list(source("nmea").read(SAMPLES / "case" / "reports_terrestrial.nmea", {"speed": "fast"}))


def test_mapped_vms_pings() -> None:
    frames, rejects = read("mapped", SAMPLES / "pings.csv", PINGS)
    first, second = frames["reports"].to_dicts()
    assert first["mover"] == ids.mover("vms:FJI", "FJI-7") < 0
    assert (first["mmsi"], first["transponder"], first["lon_deg"], first["lat_deg"]) == (None, "vms", 179.9, -17.5)
    assert first["sog_kn"] == pytest.approx(5 * 3600 / 1852, abs=0.05)
    assert (first["cog_deg"], second["cog_deg"], second["sog_kn"]) == (90.0, 0.0, None)
    assert (first["nav_status"], second["nav_status"]) == (None, 7)
    assert frames["movers"].rows() == [(first["mover"], "vms:FJI", "FJI-7")]
    assert reasons(rejects) == [(4, "missing_value"), (5, "missing_value"), (6, "bad_time"), (7, "bad_value")]
    assert rejects["raw"][1] == b",2024-03-01 12:00:00,179.9,-17.5,5.0,1.0,0.0,1"


def test_mapped_doubts_and_rounding(tmp_path: Path) -> None:
    path = tmp_path / "edge.csv"
    path.write_text("m,t,x,y,c\n123456789,1709294400,179.99999999,1,359.97\n211000001,1709294400,-180,1,360\n")
    frames, _ = read("mapped", path, {"map": "mmsi=m\nt_seen=t\nlon_deg=x\nlat_deg=y\ncog_deg=c"})
    rows = frames["reports"].select("lon_deg", "cog_deg", "flags").rows()
    assert rows == [(-180.0, 0.0, ["bad_mmsi"]), (-180.0, None, [])]


def test_longitudes_from_0_to_360_are_understood_where_the_whole_file_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makara.sources._rows.CSV_BYTES", 60)  # in pieces of a few rows
    how = {"map": "mmsi=m\nt_seen=t\nlon_deg=x\nlat_deg=y"}
    path = tmp_path / "pacific.csv"
    rows = ["178.5,-17", "181,-17", "181.5,-17", "0.5,-17", "359.5,-17", "200,95", "361,-17"]
    path.write_text("m,t,x,y\n" + "".join(f"512000001,{1709294400 + 600 * i},{r}\n" for i, r in enumerate(rows)))
    frames, rejects = read("mapped", path, how)
    assert frames["reports"]["lon_deg"].to_list() == [178.5, -178.5, 0.5, -0.5]
    assert reasons(rejects) == [(3, "missing_value"), (7, "bad_place"), (8, "bad_place")]
    with path.open("a") as f:
        f.write("512000001,1709304400,-3,-17\n")  # both conventions: what is beyond 180 is no place
    frames, rejects = read("mapped", path, how)
    assert frames["reports"]["lon_deg"].to_list() == [178.5, 0.5, -3.0]
    assert [line for line, _ in reasons(rejects)] == [3, 4, 6, 7, 8]


def test_mapped_parquet_is_as_mapped_csv(tmp_path: Path) -> None:
    pl.read_csv(SAMPLES / "pings.csv", separator=";", infer_schema=False).write_parquet(tmp_path / "pings.parquet")
    a, ra = read("mapped", SAMPLES / "pings.csv", PINGS)
    b, rb = read("mapped", tmp_path / "pings.parquet", PINGS)
    assert a["reports"].drop("line").equals(b["reports"].drop("line"))
    assert ra["reason"].to_list() == rb["reason"].to_list()
    assert b["reports"]["line"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"map": "mmsi=MMSI"}, "nothing gives t_seen, lon_deg, lat_deg"),
        ({"map": "speed=speed"}, "'speed' is no target; there are: report, t_seen"),
        ({"map": "lon_deg=atan2(a,b)"}, r"atan2 is for cog_deg"),
        ({"map": "lon_deg"}, "TARGET=VALUE"),
        ({"unit": "sog_kn=furlong"}, "none of kn, m/s, km/h"),
        ({"unit": "nav_status=m"}, "has no unit"),
        ({"scheme": "mmsi"}, "needs --scheme"),
        ({"receiver": "moon"}, "receiver 'moon' is unknown"),
        ({"set": "transponder=carrier pigeon"}, "transponder 'carrier pigeon' is unknown"),
        ({"tz": "Mars/Olympus"}, "time zone 'Mars/Olympus' is unknown"),
    ],
)
def test_mapped_says_what_is_wrong_with_its_options(change: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read("mapped", SAMPLES / "pings.csv", {**PINGS, **change})


def test_a_time_without_a_zone_is_not_guessed() -> None:
    options = {k: v for k, v in PINGS.items() if k != "tz"}
    with pytest.raises(UsageError, match="add --tz UTC"):
        read("mapped", SAMPLES / "pings.csv", options)
    frames, _ = read("mapped", SAMPLES / "pings.csv", {**PINGS, "tz": "Pacific/Fiji"})
    assert frames["reports"]["t_seen"][0] == datetime(2024, 3, 1, 0, tzinfo=UTC)


def test_wrong_columns_are_named_with_those_there_are() -> None:
    with pytest.raises(ColumnsError, match="no column boat; it has: ship, when, x, y"):
        read("mapped", SAMPLES / "pings.csv", {**PINGS, "map": PINGS["map"].replace("=ship", "=boat")})
    with pytest.raises(ColumnsError, match="is the separator right"):
        read("mapped", SAMPLES / "pings.csv", {**PINGS, "sep": ","})
    with pytest.raises(ColumnsError, match="no column MMSI; it has: ship, when"):
        read("marinecadastre", SAMPLES / "pings.csv")
    with pytest.raises(ColumnsError, match="no column # Timestamp"):
        read("danish", SAMPLES / "pings.csv")
    with pytest.raises(ColumnsError, match="nothing gives t_seen, lon_deg, lat_deg, sensor"):
        read("detections", SAMPLES / "pings.csv")
    with pytest.raises(ColumnsError, match="no column collection, sensor"):
        read("collections", SAMPLES / "pings.csv")


def _semicolons(text: str) -> str:
    """As a spreadsheet saves it where commas mark decimals."""
    rows = [[re.sub(r"^(-?\d+)\.(\d+)$", r"\1,\2", v) for v in r] for r in csv.reader(io.StringIO(text))]
    out = io.StringIO()
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    "again",
    [
        lambda text: "\ufeff" + _semicolons(text),
        lambda text: _semicolons(text).replace(";", ","),
        lambda text: text.replace(",", "\t"),
        lambda text: text.split("\n", 1)[0].lower() + "\n" + text.split("\n", 1)[1],
        lambda text: text.split("\n", 1)[0].upper().replace(",", " , ") + "\r\n" + text.split("\n", 1)[1],
    ],
    ids=["semicolons", "quoted decimal commas", "tabs", "lower case", "upper case, blanks"],
)
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("marinecadastre", "marinecadastre_2023.csv"),
        ("danish", "danish.csv"),
        ("exactearth", "exactearth.csv"),
        ("spire", "spire.csv"),
        ("gfw", "gfw.csv"),
        ("vms", "tacsat.csv"),
        ("aishub", "aishub_human.csv"),
    ],
)
def test_a_table_saved_anew_in_another_form_is_the_same(
    tmp_path: Path, name: str, file: str, again: Callable[[str], str]
) -> None:
    path = tmp_path / file
    path.write_text(again((SAMPLES / file).read_text()), encoding="utf-8", newline="")
    frames, rejects = read(name, path)
    before, refused = read(name, SAMPLES / file)
    assert sum(map(len, before.values())) > 0
    for part, rows in before.items():
        assert frames[part].equals(rows), part
    assert reasons(rejects) == reasons(refused)
    assert [n for n, _ in guesses(path)[1]][:1] == [name]


def test_marinecadastre_old_names() -> None:
    frames, rejects = read("marinecadastre", SAMPLES / "marinecadastre_2023.csv")
    a, b, c = frames["reports"].to_dicts()
    assert (a["mmsi"], a["lon_deg"], a["lat_deg"], a["heading_deg"]) == (338000001, -77.90511, 33.3843, 86.0)
    assert a["t_seen"] == datetime(2023, 2, 2, 0, 0, 18, tzinfo=UTC)
    assert (a["transponder"], c["transponder"], a["receiver"]) == ("class_a", "class_b", "terrestrial")
    assert b["cog_deg"] == pytest.approx(358.4, abs=0.01)
    assert (b["heading_deg"], c["sog_kn"], c["cog_deg"]) == (None, None, None)
    claims = frames["claims"].to_dicts()
    assert [x["mmsi"] for x in claims] == [338000001, 338000002]
    assert (claims[0]["imo"], claims[0]["name"], claims[0]["length_m"]) == (9000003, "EXAMPLE HERON", 185.0)
    assert (claims[1]["ship_type"], claims[1]["imo"]) == (37, None)
    assert claims[0]["t_seen"] == datetime(2023, 2, 2, tzinfo=UTC)
    assert reasons(rejects) == [(5, "missing_value"), (6, "bad_place")]


@pytest.mark.parametrize(("crs", "degrees"), [("OGC:CRS84", True), ("EPSG:4326", True), ("EPSG:3857", False)])
def test_geoparquet_of_points_is_a_table_with_places(crs: str, degrees: bool, tmp_path: Path) -> None:
    gpd = pytest.importorskip("geopandas")
    rows = pl.read_csv(SAMPLES / "marinecadastre_2025.csv", infer_schema=False)
    x, y = (rows[n].cast(pl.Float64).fill_null(0.0).to_numpy() for n in ("longitude", "latitude"))
    points = gpd.GeoSeries(shapely.points(x, y), crs="OGC:CRS84").to_crs(crs)
    bare = rows.drop("longitude", "latitude").to_pandas()
    gpd.GeoDataFrame(bare, geometry=points).to_parquet(path := tmp_path / "ais.parquet")
    if not degrees:
        with pytest.raises(ColumnsError, match="no column LAT"):
            read("marinecadastre", path)
        return
    plain, _ = read("marinecadastre", SAMPLES / "marinecadastre_2025.csv")
    frames, _ = read("marinecadastre", path)
    assert frames["reports"].drop("line").equals(plain["reports"].drop("line"))
    assert guesses(path)[1][0][0] == "marinecadastre"


@pytest.mark.parametrize("names", ["X,Y", "POINT_X,POINT_Y"])
def test_marinecadastre_exports_of_geodatabases(names: str, tmp_path: Path) -> None:
    path = tmp_path / "zone.csv"
    path.write_text(
        f"{names},SOG,COG,Heading,ROT,BaseDateTime,Status,VoyageID,MMSI,ReceiverType,ReceiverID\n"
        "-122.5,37.8,0,213,511,128,2009/01/31 00:00:30,0,5,366998510,b,003669904\n"
        "-122.6,37.9,12,-204,90,0,1/13/2014 12:01:30 AM,0,6,366998511,r,05RPTL\n"
    )
    frames, rejects = read("marinecadastre", path)
    assert rejects.is_empty()
    assert frames["reports"].select("t_seen", "lon_deg", "lat_deg", "station").rows() == [
        (datetime(2009, 1, 31, 0, 0, 30, tzinfo=UTC), -122.5, 37.8, "003669904"),
        (datetime(2014, 1, 13, 0, 1, 30, tzinfo=UTC), -122.6, 37.9, "05RPTL"),
    ]


def test_marinecadastre_new_names_in_any_wrapping(tmp_path: Path) -> None:
    plain = SAMPLES / "marinecadastre_2025.csv"
    expected, _ = read("marinecadastre", plain)
    assert expected["claims"]["callsign"].to_list() == ["EX01"]
    packed = tmp_path / "day.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(tmp_path / "day.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.write(plain, "day.csv")
    with pa.CompressedOutputStream(str(tmp_path / "day.csv.zst"), "zstd") as out:
        out.write(plain.read_bytes())
    for name in ("day.csv.gz", "day.zip", "day.csv.zst"):
        frames, rejects = read("marinecadastre", tmp_path / name)
        assert frames["reports"].equals(expected["reports"])
        assert rejects.is_empty()


@pytest.mark.parametrize("source_name", ["marinecadastre", "danish"])
def test_archives_without_static_columns_give_reports_alone(source_name: str, tmp_path: Path) -> None:
    heads = {"marinecadastre": "mmsi,base_date_time,longitude,latitude", "danish": "MMSI,Timestamp,Longitude,Latitude"}
    (tmp_path / "bare.csv").write_text(f"{heads[source_name]}\n338000001,2025-01-01 00:00:00,-77.9,33.4\n")
    frames, rejects = read(source_name, tmp_path / "bare.csv")
    assert (len(frames["reports"]), len(frames["claims"]), len(rejects)) == (1, 0, 0)


def test_danish() -> None:
    frames, rejects = read("danish", SAMPLES / "danish.csv")
    a, b, c = frames["reports"].to_dicts()
    assert a["t_seen"] == datetime(2024, 1, 31, 23, 59, 58, tzinfo=UTC)
    assert (a["nav_status"], a["rot_deg_min"], a["heading_deg"], b["nav_status"]) == (0, -5.0, 139.0, None)
    assert [x["transponder"] for x in (a, b, c)] == ["class_a", "class_b", "base"]
    claim = frames["claims"].row(0, named=True)
    assert (claim["name"], claim["ship_type"], claim["eta_text"], claim["imo"]) == (
        "EXAMPLE TERN",
        70,
        "02-02T06:30",
        9000003,
    )
    assert claim["eta"] == datetime(2024, 2, 2, 6, 30, tzinfo=UTC)
    assert len(frames["claims"]) == 1
    assert reasons(rejects) == [(5, "missing_value"), (6, "bad_time")]


def test_detections_from_geojson_and_with_a_map(tmp_path: Path) -> None:
    rows = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [178.1, -17.5]},
         "properties": {"detection": "d1", "collection": "sar-1", "sensor": "sar", "t_seen": "2024-03-01T12:00:10Z",
                        "length_m": 80}},
        {"type": "Feature", "geometry": None, "properties": {"sensor": "sar", "t_seen": "2024-03-01T12:00:10Z"}},
    ]  # fmt: skip
    path = tmp_path / "found.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    frames, rejects = read("detections", path)
    plain, _ = read("detections", SAMPLES / "case" / "detections.csv")
    assert frames["detections"]["detection"][0] == plain["detections"]["detection"][0]
    assert reasons(rejects) == [(2, "missing_value")]
    (tmp_path / "found.csv").write_text("scene,seen,x,y,size\nsar-1,2024/3/1.12:00:10,178.1,-17.5,262\n")
    mapped, _ = read(
        "detections",
        tmp_path / "found.csv",
        {
            "map": "product=scene\nt_seen=seen\nlon_deg=x\nlat_deg=y\nlength_m=size",
            "set": "sensor=sar",
            "tz": "UTC",
            "unit": "length_m=ft",
        },
    )
    row = mapped["detections"].row(0, named=True)
    assert (row["sensor"], row["collection"]) == ("sar", plain["detections"]["collection"][0])
    assert row["length_m"] == pytest.approx(79.9, abs=0.05)
    odd, rejects = read(
        "detections",
        tmp_path / "found.csv",
        {"map": "t_seen=seen\nlon_deg=x\nlat_deg=y", "set": "sensor=nose", "tz": "UTC"},
    )
    assert odd["detections"].is_empty()
    assert "none of sar, optical" in rejects["detail"][0]


def test_collections_from_csv(tmp_path: Path) -> None:
    path = tmp_path / "looks.csv"
    path.write_text(
        "collection,sensor,t_start,t_end,footprint,length50_m,cloud_share\n"
        'a,optical,2024-03-01T12:00:00Z,2024-03-01T12:00:10Z,"POLYGON((170 -20,-170 -20,-170 -10,170 -10,170 -20))"'
        ",20,0.25\n"
        "b,optical,2024-03-01T12:00:00Z,2024-03-01T11:00:10Z,,20,\n"
        "c,optical,2024-03-01 12:00:00,2024-03-01T12:00:10Z,,20,\n"
        "d,optical,2024-03-01T12:00:00Z,2024-03-01T12:00:10Z,POINT(1 1),20,\n"
        ",optical,2024-03-01T12:00:00Z,2024-03-01T12:00:10Z,,20,\n"
    )
    frames, rejects = read("collections", path, {"provider": "ACME"})
    row = frames["collections"].row(0, named=True)
    assert row["collection"] == ids.ident("co", "ACME", "a")
    assert (row["provider"], row["length50_m"], row["cloud_share"]) == ("ACME", 20.0, 0.25)
    assert shapely.from_wkb(row["footprint"]).geom_type == "MultiPolygon"
    assert reasons(rejects) == [(3, "bad_time"), (4, "bad_time"), (5, "bad_geometry"), (6, "missing_value")]


def test_zones_in_a_bare_array(tmp_path: Path) -> None:
    bowtie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    listed = [
        {"type": "Feature", "properties": {"type": "eez", "area": 8491, "name": "Bow"}, "geometry": bowtie},
        {
            "type": "Feature",
            "properties": {"type": "eez", "name": "Pole"},
            "geometry": {"type": "Point", "coordinates": [1, 95]},
        },
        {"type": "Feature", "properties": {"type": "eez"}, "geometry": bowtie},
        "nonsense",
    ]
    path = tmp_path / "eezs.json"
    path.write_text(json.dumps(listed))
    frames, rejects = read("zones", path)
    row = frames["zones"].row(0, named=True)
    assert (row["name"], row["kind"], row["attributes"], row["own_id"]) == ("Bow", "eez", '{"area":8491}', None)
    repaired = shapely.from_wkb(row["geometry"])
    assert repaired.is_valid
    assert repaired.area == pytest.approx(2.0)
    assert row["zone"] == ids.ident("zn", "", "eez", "Bow", ids.content_hash(row["geometry"]))
    assert reasons(rejects) == [(2, "bad_geometry"), (3, "missing_value"), (4, "missing_value")]


@pytest.mark.parametrize(
    ("rings", "box", "area"),
    [
        ([[[170, -20], [-170, -20], [-170, -10], [170, -10], [170, -20]]], (170, -20, -170, -10), 200),
        ([[[170, -20], [190, -20], [190, -10], [170, -10], [170, -20]]], (170, -20, -170, -10), 200),
        ([[[-180, -20], [180, -20], [180, -10], [-180, -10], [-180, -20]]], (-180, -20, 180, -10), 3600),
        ([[[200, -20], [210, -20], [210, -10], [200, -10], [200, -20]]], (-160, -20, -150, -10), 100),
    ],
    ids=["jumps", "runs over", "whole belt", "beyond"],
)
def test_polygons_are_cut_at_180(rings: list[Any], box: tuple[float, ...], area: float) -> None:
    found = shapes.geojson({"type": "Polygon", "coordinates": rings})
    assert shapes.box(found) == box
    assert found.is_valid
    assert found.area == pytest.approx(area)
    assert -180 <= found.bounds[0] <= found.bounds[2] <= 180


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T12:00:00Z",
        "2024-03-01 14:00:00+02:00",
        "1709294400",
        "1709294400000",
        "1709294400.0",
        "2024-03-01 12:00:00 UTC",
        "2024-03-01T12:00:00.000 GMT",
        "20240301T120000Z",
    ],
)
def test_times_with_a_zone_need_no_option(text: str) -> None:
    assert instant(pl.Series([text, None, "soon"]), None, "t").to_list() == [
        datetime(2024, 3, 1, 12, tzinfo=UTC),
        None,
        None,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 12:00:00.000",
        "2024/3/1.12:00:00",
        "01/03/2024 12:00:00",
        "01-03-2024 12:00:00",
        "2024-03-01T12:00:00",
        "2024-03-01T12:00",
        "01.03.2024 12:00",
        "01-Mar-2024 12:00:00",
        "20240301120000",
    ],
)
def test_times_without_a_zone_take_the_option(text: str) -> None:
    assert instant(pl.Series([text]), "UTC", "t").to_list() == [datetime(2024, 3, 1, 12, tzinfo=UTC)]


def test_judge_parts_by_time() -> None:
    now = datetime(2024, 3, 1, 12, tzinfo=UTC)
    times = [
        now,
        datetime(2024, 3, 1, 12, 5, tzinfo=UTC),
        datetime(2024, 3, 1, 12, 5, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 0, 0, 9, tzinfo=UTC),
        None,
    ]
    rows = pl.DataFrame(
        {"t_seen": times, "line": [1, 2, 3, 4, 5]}, schema_overrides={"t_seen": pl.Datetime("us", "UTC")}
    )
    kept, rejects = judge(rows, now, file="x")
    assert kept["line"].to_list() == [1, 2]
    assert reasons(rejects) == [(3, "future"), (4, "too_old"), (5, "no_time")]
    assert set(rejects["file"]) == {"x"}
    own = rows.with_columns(t_known=pl.lit(datetime(2025, 1, 1, tzinfo=UTC)))
    kept, rejects = judge(own, now)
    assert kept["line"].to_list() == [1, 2, 3]
    assert "t_known" in rejects.columns
    assert judge(pl.DataFrame({"zone": ["a"]}), now)[1].is_empty()


def mapping(pairs: str) -> str:
    return joined(pairs.split())


def test_real_tables(data_dir: Path) -> None:
    dma, rejects = read(
        "mapped",
        data_dir / "ais" / "dma_kattegat_20251101_02.parquet",
        {"map": mapping(
            "mmsi=MMSI t_seen=Timestamp lon_deg=Longitude lat_deg=Latitude"
            " sog_kn=SOG cog_deg=atan2(COG_sin,COG_cos)"
        ),
         "unit": "sog_kn=m/s", "tz": "UTC"},
    )  # fmt: skip
    assert (len(dma["reports"]), len(rejects)) == (28_996, 0)
    omtad, rejects = read(
        "mapped",
        data_dir / "ais" / "omtad_west_australia_2018_2019.parquet",
        {"map": mapping(
            "id=CRAFT_ID t_seen=TIMESTAMP lon_deg=LON lat_deg=LAT"
            " sog_kn=SPEED cog_deg=COURSE"
        ),
         "scheme": "omtad", "receiver": "satellite"},
    )  # fmt: skip
    assert (len(omtad["reports"]), len(rejects)) == (779_780, 0)
    assert omtad["reports"]["mover"].max() < 0
    ntnu = {
        "map": mapping(
            "mmsi=mmsi t_seen=date_time_utc lon_deg=lon lat_deg=lat sog_kn=sog"
            " cog_deg=cog heading_deg=true_heading nav_status=nav_status"
        ),
        "null": "-99,511", "tz": "UTC", "sep": ";",
    }  # fmt: skip
    counts = [
        len(read("mapped", p, ntnu)[0]["reports"]) for p in sorted((data_dir / "ais" / "ntnu_colav").glob("Case*.csv"))
    ]
    assert sum(counts) == 15_054
    eezs, rejects = read("zones", data_dir / "geo" / "gfw_eezs.json")
    assert (len(eezs["zones"]), len(rejects)) == (229, 0)
    crossing = eezs["zones"].filter(pl.col("box").struct.field("w") > pl.col("box").struct.field("e"))
    assert {"Russia", "Gilbert Islands", "Alaska"} < set(crossing["name"])
    ships, rejects = read(
        "detections",
        data_dir / "satellite" / "opensarship_matches_a.csv",
        {"map": mapping(
            "product=scene t_seen=sar_Time_UTC lon_deg=sar_Center_longitude lat_deg=sar_Center_latitude"
            " length_m=sar_Manual_Length axis_deg=sar_North_Direction"
        ),
         "set": "sensor=sar", "tz": "UTC"},
    )  # fmt: skip
    assert (len(ships["detections"]), len(rejects)) == (133, 0)
    assert ships["detections"]["collection"].n_unique() == 4
