"""Real files from end to end: taken in, walked, events found. Figures in docs/benchmarks.md."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import makara

NTNU = {
    "sep": ";",
    "null": "-99,511",
    "tz": "UTC",
    "map": "mmsi=mmsi t_seen=date_time_utc lon_deg=lon lat_deg=lat sog_kn=sog cog_deg=cog heading_deg=true_heading "
    "nav_status=nav_status",
}
KATTEGAT = {
    "map": "mmsi=MMSI t_seen=Timestamp lon_deg=Longitude lat_deg=Latitude sog_kn=SOG cog_deg=atan2(COG_sin,COG_cos)",
    "unit": "sog_kn=m/s",
    "tz": "UTC",
}
OMTAD = {
    "map": "id=CRAFT_ID t_seen=TIMESTAMP lon_deg=LON lat_deg=LAT sog_kn=SPEED cog_deg=COURSE",
    "scheme": "omtad",
    "receiver": "satellite",
}
SHIPS = {
    "set": "sensor=sar",
    "tz": "UTC",
    "map": "product=scene t_seen=sar_Time_UTC lon_deg=sar_Center_longitude lat_deg=sar_Center_latitude "
    "length_m=sar_Manual_Length axis_deg=sar_North_Direction",
}


def eighth(file: Path, out: Path) -> Path:
    """OMTAD's rows of every eighth craft: all its months, in a fraction of the time (benchmarks walk the whole)."""
    rows = pl.read_parquet(file)
    crafts = rows["CRAFT_ID"].unique().sort()[::8]
    rows.filter(pl.col("CRAFT_ID").is_in(crafts.implode())).write_parquet(out)
    return out


def lined(options: dict[str, str]) -> dict[str, str]:
    """Options whose repeated values are parted by line feeds, as sources take them."""
    return {k: v.replace(" ", "\n") if k == "map" else v for k, v in options.items()}


@pytest.mark.parametrize(
    ("source", "pattern", "options", "reports", "rejects"),
    [
        ("nmea", "nmea/uscg_nais_20160728_a.nmea.gz", {}, 26_320, {"bad_payload", "unsupported_sentence"}),
        ("nmea", "nmea/amsa_risky__exact-earth-augmented.txt", {"receiver": "satellite"}, 2_900, {"bad_payload"}),
        ("mapped", "ais/dma_kattegat_20251101_02.parquet", KATTEGAT, 28_996, set()),
        ("mapped", "ais/omtad_west_australia_2018_2019.parquet", OMTAD, 92_592, set()),
        ("mapped", "ais/ntnu_colav/Case*.csv", NTNU, 15_054, set()),
    ],
)
def test_real_ais_walks(
    data_dir: Path,
    tmp_path: Path,
    source: str,
    pattern: str,
    options: dict[str, str],
    reports: int,
    rejects: set[str],
) -> None:
    files = sorted(data_dir.glob(pattern))
    assert files
    if options is OMTAD:
        files = [eighth(*files, tmp_path / "omtad.parquet")]
    session = makara.open(tmp_path / "lake")
    taken = session.ingest("zones", data_dir / "geo" / "gfw_eezs.json")
    assert taken["tables"]["zones"] > 200
    taken = session.ingest(source, files, **lined(options))
    assert taken["reports"] + taken["duplicates"] >= reports
    assert set(taken["rejects"]) <= rejects
    done = session.run()
    assert done["tracks"] > 0
    assert done["steps"] > 0
    events = session.events()
    assert set(events["kind"]) == set(done["events"])
    assert events.filter(pl.col("t_end").is_not_null() & (pl.col("t_end") < pl.col("t_start"))).is_empty()
    again = session.run()
    assert again["steps"] == 0


def test_satellite_detections_are_taken_in_and_stay_unjudged_without_a_footprint(
    data_dir: Path, tmp_path: Path
) -> None:
    session = makara.open(tmp_path / "lake")
    file = data_dir / "satellite" / "opensarship_matches_a.csv"
    taken = session.ingest("detections", file, licence="copernicus", **lined(SHIPS))
    assert taken["tables"]["detections"] == 133
    session.run()
    matches = session.view("matches")
    assert len(matches) == 133
    assert matches["p_dark"].null_count() == 133, "no footprint is known: nothing can be called unmatched"
    assert session.events(kind="dark").is_empty()
