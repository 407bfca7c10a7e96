"""Registers: what each gives, what is rejected, the date of the list; and the real ones, counted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from makara.base.errors import ColumnsError, InputError, UsageError
from makara.base.mids import FLAGS
from makara.registry import imo_ok
from makara.sources import source
from makara.sources._flags import alpha3
from makara.tables import table

SAMPLES = Path(__file__).parent / "samples"
REAL = "registries"


def read(name: str, path: Path, **options: str) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """Rows of table lists, and lines and reasons of rejects."""
    batches = list(source(name).read(path, {k.replace("_", "-"): v for k, v in options.items()}))
    rows = pl.concat(b.frames["lists"] for b in batches)
    stamps = {"source": pl.lit("s"), "mark": pl.lit("m"), "t_known": pl.lit(datetime(2030, 1, 1, tzinfo=UTC))}
    table("lists").conform(rows.with_columns(**stamps))
    assert rows["entry"].is_unique().all()
    rejects = pl.concat(b.rejects for b in batches)
    assert rejects["detail"].null_count() == 0
    return rows, rejects.select("line", "reason").sort("line", "reason").rows()


def test_ofac() -> None:
    rows, rejects = read("ofac", SAMPLES / "sdn_2026-01-31.csv")
    heron, otter, tug = rows.to_dicts()
    assert (heron["list"], heron["as_of"]) == ("ofac_sdn", datetime(2026, 1, 31, tzinfo=UTC))
    assert (heron["name"], heron["callsign"], heron["imo"], heron["mmsi"]) == (
        "GREY HERON",
        "9VAB1",
        9074729,
        351000001,
    )
    assert (heron["flag"], heron["class"], heron["own_id"]) == ("PAN", "tanker", "901")
    assert heron["names"] == ["GREY BIRD", "WHITE HERON"]
    assert heron["reason"] == "sanctions programme TESTLAND; linked to EXAMPLE SHIPPING LINES"
    assert (otter["flag"], otter["class"], otter["names"], otter["imo"]) == ("PRK", "fishing", None, None)
    assert (tug["flag"], tug["class"], tug["imo"]) == (None, "tug", None)
    assert rejects == [(4, "bad_value"), (5, "missing_value"), (6, "bad_row")]


def test_iuu() -> None:
    rows, rejects = read("iuu", SAMPLES / "iuu_2026-02.csv")
    eel, cod, bad = rows.to_dicts()
    assert (eel["list"], eel["as_of"], eel["former"]) == ("iuu", datetime(2026, 2, 1, tzinfo=UTC), False)
    assert (eel["mmsi"], eel["callsign"], eel["flag"], eel["gear"]) == (636000002, "YB XY2", "LKA", "Longline")
    assert sorted(eel["names"]) == ["Dark Eel", "夜鳗 1"]
    assert eel["reason"] == "listed by IOTC, NAFO: Fishing without a licence"
    assert (cod["former"], cod["class"], cod["flag"], cod["names"]) == (True, "carrier", None, None)
    assert (bad["imo"], bad["mmsi"]) == (None, None)
    assert rejects == [(4, "bad_value"), (4, "bad_value"), (5, "missing_value")]


def test_rfmo() -> None:
    rows, rejects = read("rfmo", SAMPLES / "iccat_record.csv", as_of="2026-03-05")
    stella, frio, boat = rows.to_dicts()
    assert (stella["list"], stella["as_of"]) == ("iccat_register", datetime(2026, 3, 5, tzinfo=UTC))
    assert (stella["flag"], stella["gear"], stella["length_m"]) == ("ESP", "TB", pytest.approx(32.5))
    assert stella["imo"] is not None
    assert (frio["class"], frio["callsign"]) == ("carrier", None)
    assert (boat["flag"], boat["length_m"]) == (None, None)
    assert rejects == [(3, "missing_value")]


def test_mids() -> None:
    rows, rejects = read("mids", SAMPLES / "mids_2026.json")
    assert rows.select("own_id", "flag", "name").rows() == [
        ("201", "ALB", "Albania"),
        ("204", "PRT", "Azores"),
        ("520", "FJI", "FJI"),
    ]
    assert rows["as_of"].unique().to_list() == [datetime(2026, 1, 1, tzinfo=UTC)]
    assert rejects == [(4, "bad_value"), (5, "bad_value")]


def test_classes() -> None:
    rows, rejects = read("classes", SAMPLES / "labels.csv")
    assert rows.select("mmsi", "class", "gear").rows() == [
        (563000001, "cargo", None), (636000002, "fishing", "drifting_longlines|set_longlines"),
    ]  # fmt: skip
    assert rows["as_of"].unique().to_list() == [None]
    assert rejects == [(4, "bad_value"), (5, "bad_value"), (6, "bad_value"), (7, "bad_value"), (7, "missing_value")]
    rows, rejects = read("classes", SAMPLES / "likely_fishing.txt", as_of="2020")
    assert rows.select("list", "mmsi", "class").rows() == [
        ("likely_fishing_register", 412000001, "fishing"), ("likely_fishing_register", 412000002, "fishing"),
    ]  # fmt: skip
    assert rejects == [(3, "bad_value"), (3, "missing_value")]


def test_the_date_of_a_list_is_asked_for_in_its_form() -> None:
    with pytest.raises(UsageError, match="write it as 2026"):
        read("iuu", SAMPLES / "iuu_2026-02.csv", as_of="last week")
    with pytest.raises(UsageError, match="is no date"):
        read("iuu", SAMPLES / "iuu_2026-02.csv", as_of="2026-02-31")
    one, _ = read("iuu", SAMPLES / "iuu_2026-02.csv")
    other, _ = read("iuu", SAMPLES / "iuu_2026-02.csv", as_of="2026-02-02")
    assert set(one["entry"]).isdisjoint(other["entry"]), "each edition has entries of its own"


def test_files_of_another_kind_are_refused() -> None:
    with pytest.raises(InputError, match="no vessels"):
        read("ofac", SAMPLES / "labels.csv")
    with pytest.raises(ColumnsError, match="is_currently_listed"):
        read("iuu", SAMPLES / "labels.csv")
    with pytest.raises(ColumnsError, match="ICCATSerialNo"):
        read("rfmo", SAMPLES / "labels.csv")
    with pytest.raises(ColumnsError, match="label"):
        read("classes", SAMPLES / "iuu_2026-02.csv")
    with pytest.raises(InputError, match="no JSON"):
        read("mids", SAMPLES / "labels.csv")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("St. Kitts & Nevis", "KNA"), ("Côte d'Ivoire", "CIV"), ("EU-ITA", "ITA"), ("The Bahamas", "BHS"),
        ("JPN", "JPN"), ("Viet Nam", "VNM"), ("Unknown", None), ("", None),
    ],
)  # fmt: skip
def test_flags_in_words(said: str, code: str | None) -> None:
    assert alpha3(pl.Series([said])).to_list() == [code]


@pytest.mark.parametrize(
    ("name", "file", "kept", "rejected", "imo"),
    [
        ("ofac", "ofac_sdn_vessels_2024-05.csv", 851, 0, 844),
        ("iuu", "tmt_iuu_vessels_2026.csv", 369, 0, 168),
        ("rfmo", "iccat_med_vessels.csv", 9200, 3, 786),
        ("mids", "itu_mids.json", 290, 0, 0),
        ("classes", "gfw_vessel_class_labels.csv.gz", 62189, 11867, 0),
    ],
)
def test_real_registers(data_dir: Path, name: str, file: str, kept: int, rejected: int, imo: int) -> None:
    rows, rejects = read(name, data_dir / REAL / file)
    assert (len(rows), len(rejects)) == (kept, rejected)
    assert rows["imo"].drop_nulls().len() == imo
    if imo:
        assert rows.select(imo_ok(pl.col("imo")).mean()).item() > 0.95, (
            "a number that is read wrong fails its check digit"
        )


def test_the_table_of_mids_that_ships_is_the_itus(data_dir: Path) -> None:
    rows, _ = read("mids", data_dir / REAL / "itu_mids.json")
    assert {int(mid): flag for mid, flag in rows.select("own_id", "flag").iter_rows()} == FLAGS
