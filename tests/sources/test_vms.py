"""VMS: messages in the North Atlantic Format, TACSAT2 and other tables; movers of a scheme."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from source_reading import SAMPLES, facts, read, reasons

from makara.base import ids
from makara.base.errors import ColumnsError, UsageError
from makara.sources.naf import degrees


def test_naf() -> None:
    frames, rejects = read("naf", SAMPLES / "naf.txt")
    found = facts(frames["reports"], "line", "lon_deg", "lat_deg", "sog_kn", "cog_deg")
    assert found == [
        (1, -179.95, 70.5, 10.5, 270.0),
        (2, 179.9833333, -17.5, 0.0, 0.0),
        (2, 178.25, -17.5, None, None),
        (4, 178.3, -17.6, None, None),
    ]
    assert set(frames["reports"]["transponder"]) == set(frames["reports"]["receiver"]) == {"vms"}
    assert frames["reports"]["t_seen"][0] == datetime(2024, 3, 1, 12, tzinfo=UTC)
    norway, fiji = ids.mover("vms:NOR", "NOR123456789"), ids.mover("vms:FJI", "0042")
    assert frames["reports"]["mover"].to_list() == [norway, norway, fiji, ids.mover("vms", "0042")]
    assert (norway, "vms:NOR", "NOR123456789") in frames["movers"].rows()
    claims = facts(frames["claims"], "line", "mover", "name", "callsign")
    assert claims == [
        (1, norway, "EXAMPLE AUK", "LEX1"),
        (2, norway, None, "LEX1"),
        (4, ids.mover("vms", "0042"), "EXAMPLE TERN", None),
    ]
    assert reasons(rejects) == [
        (5, "unsupported_sentence"),
        (6, "missing_value"),
        (7, "bad_time"),
        (8, "missing_value"),
        (9, "bad_row"),
    ]


def test_naf_scheme_and_pieces(tmp_path: Path) -> None:
    frames, _ = read("naf", SAMPLES / "naf.txt", {"scheme": "vms:FJI"})
    assert frames["movers"]["scheme"].unique().to_list() == ["vms:FJI"]
    one = b"//SR//FR/FJI//TM/POS//ID/7//LT/-17.5//LG/178.25//DA/20240301//TI/%02d%02d//ER//\r\n"
    many = tmp_path / "many.naf"
    many.write_bytes(b"".join(one % (i // 60 % 24, i % 60) for i in range(30_000)) + b"//SR//TM/POS//" + b"x" * 20_000)
    frames, rejects = read("naf", many)
    assert len(frames["reports"]) == 30_000
    assert frames["reports"]["line"].to_list() == list(range(1, 30_001))
    assert set(rejects["reason"]) == {"bad_row"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+70.500", 70.5),
        ("-17.5", -17.5),
        ("N7030", 70.5),
        ("S1730", -17.5),
        ("W02015", -20.25),
        ("E17959.5", 179.991667),
        ("", None),
    ],
)
def test_naf_places(text: str, value: float | None) -> None:
    found = degrees(text)
    assert (found is None) == (value is None)
    assert found is None or float(found) == pytest.approx(value, abs=1e-6)


def test_tacsat() -> None:
    frames, rejects = read("vms", SAMPLES / "tacsat.csv")
    found = facts(frames["reports"], "line", "mover", "lon_deg", "sog_kn", "cog_deg")
    dutch, belgian = ids.mover("vms:NLD", "V1"), ids.mover("vms:BEL", "V1")
    assert dutch != belgian, "the same number under two flags is two vessels"
    assert found == [(2, dutch, 3.58, 4.5, 0.0), (3, dutch, 3.59, None, 25.0), (4, belgian, -180.0, 5.0, 25.0)]
    assert frames["reports"]["t_seen"][0] == datetime(2008, 2, 29, 1, 2, 3, tzinfo=UTC)
    assert reasons(rejects) == [(5, "missing_value"), (6, "bad_time")]


def test_years_are_moved_before_dates_are_read(tmp_path: Path) -> None:
    text = (SAMPLES / "tacsat.csv").read_text().replace("2008", "1801")
    (tmp_path / "old.csv").write_text(text)
    frames, rejects = read("vms", tmp_path / "old.csv", {"shift-years": "207"})
    plain, _ = read("vms", SAMPLES / "tacsat.csv")
    assert frames["reports"].equals(plain["reports"])
    assert reasons(rejects) == [(5, "missing_value"), (6, "bad_time")]
    with pytest.raises(UsageError, match="no whole number of years"):
        read("vms", tmp_path / "old.csv", {"shift-years": "many"})


def test_plain_vms_tables(tmp_path: Path) -> None:
    frames, _ = read("vms", SAMPLES / "vms.csv")
    assert frames["movers"].rows() == [(ids.mover("vms:FJI", "0042"), "vms:FJI", "0042")]
    assert frames["claims"]["name"].to_list() == ["EXAMPLE TERN"]
    local = tmp_path / "local.csv"
    local.write_text("vessel_id,timestamp,latitude,longitude\n7,2024-03-02 00:00:00,-17.5,178.25\n")
    with pytest.raises(UsageError, match="add --tz UTC"):
        read("vms", local)
    frames, _ = read("vms", local, {"tz": "Pacific/Fiji", "scheme": "vms:FJI"})
    assert frames["reports"]["t_seen"].to_list() == [datetime(2024, 3, 1, 12, tzinfo=UTC)]
    with pytest.raises(ColumnsError, match="no column VE_REF; it has: MMSI"):
        read("vms", SAMPLES / "marinecadastre_2023.csv")


def test_vms_longitudes_from_0_to_360(tmp_path: Path) -> None:
    path = tmp_path / "east.csv"
    path.write_text("VE_REF;VE_COU;SI_LATI;SI_LONG;SI_DATE;SI_TIME\n" + "".join(
        f"A;FJI;-17,5;{lon};02/03/2024;{hour}:00\n" for hour, lon in ((10, "179,5"), (12, "181,25"))
    ))  # fmt: skip
    frames, rejects = read("vms", path)
    assert frames["reports"]["lon_deg"].to_list() == [179.5, -178.75]
    assert rejects.is_empty()


def test_real_tacsat(data_dir: Path) -> None:
    file = data_dir / "vms" / "vmstools_tacsat.parquet"
    frames, rejects = read("vms", file, {"shift-years": "207"})
    assert (len(frames["reports"]), len(rejects)) == (97_015, 0)
    assert len(frames["movers"]) == pl.read_parquet(file)["VE_REF"].n_unique()
    assert frames["reports"]["t_seen"].dt.year().is_between(2000, 2010).all()
