"""Bad input: a clear error, or rejects with reasons. Nothing stops a feed, nothing vanishes."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from makara.base.errors import InputError, MakaraError, UsageError
from makara.sensors.ais import Decoded
from makara.sources import Batch, guesses, nmea, source

SAMPLES = Path(__file__).parent / "samples"
LINES = (SAMPLES / "case" / "reports_terrestrial.nmea").read_bytes()
MAP = {"map": "mmsi=mmsi\nt_seen=t\nlon_deg=lon\nlat_deg=lat", "tz": "UTC"}


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("a.nmea", data)
    return out.getvalue()


def batches(name: str, path: Path, options: dict[str, str] | None = None) -> list[Batch]:
    return list(source(name).read(path, options or {}))


def rejects(found: list[Batch]) -> pl.DataFrame:
    return pl.concat([b.rejects for b in found])


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(("mmsi,t,lon,lat", *rows)) + "\n")
    return path


def test_garbage_in_place_of_nmea_is_all_rejects(tmp_path: Path) -> None:
    path = tmp_path / "noise.nmea"
    path.write_bytes(random.Random(1).randbytes(200_000))
    found = nmea.decode(path)
    assert found.reports.is_empty()
    assert len(found.rejects) + found.stats["blank"] + found.stats["comments"] == found.stats["lines"]
    assert set(found.rejects["file"]) == {"noise.nmea"}


DECODED = ["viirs", "norwegian", "exactearth", "spire", "gfw", "aisstream", "aishub", "digitraffic", "vms"]
LISTS = ["ofac", "iuu", "rfmo", "mids", "classes"]


@pytest.mark.parametrize(
    "name", ["mapped", "marinecadastre", "danish", "detections", "collections", "zones", "tcp", *DECODED, *LISTS]
)
@pytest.mark.parametrize("kind", ["noise", "zeros", "empty", "picture", "parquet"])
def test_what_is_no_table_is_an_error_that_names_the_file(tmp_path: Path, name: str, kind: str) -> None:
    data = {
        "noise": random.Random(2).randbytes(50_000),
        "zeros": bytes(10_000),
        "empty": b"",
        "picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "parquet": b"PAR1 but no more",
    }[kind]
    path = tmp_path / f"file.{kind}"
    path.write_bytes(data)
    with pytest.raises(MakaraError, match=f"file.{kind}") as caught:
        batches(name, path, MAP if name == "mapped" else {})
    assert caught.value.exit_code in (1, 2)


def test_an_empty_nmea_file_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.nmea"
    path.write_bytes(b"")
    (found,) = batches("nmea", path)
    assert (found.rows, len(found.rejects), len(found.frames["reports"])) == (0, 0, 0)


@pytest.mark.parametrize(
    "name",
    ["nmea", "mapped", "marinecadastre", "danish", "detections", "collections", "zones", "naf", "mqtt", *DECODED],
)
def test_missing_files_and_directories_are_errors(tmp_path: Path, name: str) -> None:
    options = MAP if name == "mapped" else {}
    with pytest.raises(InputError, match="does not exist"):
        batches(name, tmp_path / "none.csv", options)
    with pytest.raises(InputError, match="is a directory"):
        batches(name, tmp_path, options)


def test_a_file_without_read_permission_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "secret.nmea"
    path.write_bytes(LINES)
    path.chmod(0)
    code = (  # root reads all, so the child becomes an ordinary user once it has imported what it needs
        "import os, sys\nfrom makara.base.errors import InputError\nfrom makara.sources import nmea\n"
        "if os.getuid() == 0:\n    os.setgroups([])\n    os.setgid(65534)\n    os.setuid(65534)\n"
        "try:\n    nmea.decode(sys.argv[1])\nexcept InputError as e:\n    print(e)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=env, check=False)
    assert "secret.nmea may not be read" in done.stdout, done.stderr


def test_a_truncated_gzip_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    many = LINES * 400
    path = tmp_path / "cut.nmea.gz"
    packed = gzip.compress(many)
    path.write_bytes(packed[: len(packed) // 2])
    found = nmea.decode(path)
    whole = nmea.decode(SAMPLES / "case" / "reports_terrestrial.nmea")
    assert len(found.reports) > len(whole.reports) * 100
    assert found.rejects.filter(pl.col("reason") == "truncated").height == 1
    path.write_bytes(packed[:-8])
    found = nmea.decode(path)
    assert len(found.reports) == len(whole.reports) * 400
    assert found.rejects.filter(pl.col("reason") == "truncated")["detail"].to_list() == ["the gzip file ends early"]
    damaged = bytearray(packed)
    damaged[len(packed) // 2 :] = bytes(len(packed) - len(packed) // 2)
    path.write_bytes(damaged)
    assert nmea.decode(path).rejects.filter(pl.col("reason") == "truncated").height == 1
    path.write_bytes(packed + packed)
    assert len(nmea.decode(path).reports) == len(whole.reports) * 800


def test_a_zip_of_several_files_is_read_whole(tmp_path: Path) -> None:
    rows = [f"{123456780 + i},2026-03-01 00:{i:02d}:00,{i},5" for i in range(6)]
    month = tmp_path / "month.zip"
    with zipfile.ZipFile(month, "w") as z:
        z.writestr("readme.txt", "a month, a file a day\n" * 99)
        z.writestr("days/1.csv", "\ufeffmmsi,t,lon,lat\r\n" + "\r\n".join(rows[:3]))  # no line feed at its end
        z.writestr("__MACOSX/days/._1.csv", "no table")
        z.writestr("days/2.csv", "mmsi,t,lon,lat\n" + "\n".join(rows[3:5]) + "\n")
        z.writestr("days/3.csv", rows[5])
    found = batches("mapped", month, MAP)
    assert pl.concat([b.frames["reports"] for b in found])["mmsi"].to_list() == list(range(123456780, 123456786))
    assert pl.concat([b.rejects for b in found]).is_empty()
    with zipfile.ZipFile(month, "a") as z:
        z.writestr("log.nmea", LINES[:200])
    rejects = pl.concat([b.rejects for b in batches("mapped", month, MAP)])
    assert rejects["detail"].to_list() == ["of the zip file these were not read: log.nmea; unpack them"]


def test_an_encrypted_zip_is_told_to_be_one(tmp_path: Path) -> None:
    secret = tmp_path / "secret.zip"
    packed = bytearray(zipped(LINES))
    packed[6] |= 1  # the flag "encrypted", in the member's header and in the list of members
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    secret.write_bytes(packed)
    for ask in (lambda: batches("mapped", secret, MAP), lambda: guesses(secret)):
        with pytest.raises(InputError, match=r"a\.nmea in the zip file cannot be unpacked .*encrypted"):
            ask()
    assert nmea.decode(secret).rejects["reason"].to_list() == ["truncated"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd, zipped])
def test_bytes_and_streams_are_decoded_as_files_are(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.nmea"
    path.write_bytes(pack(LINES))
    whole = nmea.decode(path)
    assert len(whole.reports) > 0
    with path.open("rb") as f, subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as pipe:
        for given in (path.read_bytes(), f, pipe.stdout, iter([path.read_bytes()])):
            assert given is not None
            found = nmea.decode(given)
            assert found.reports.equals(whole.reports)
            assert found.stats == whole.stats
    with path.open(encoding="latin-1") as text, pytest.raises(InputError, match="'rb'"):
        nmea.decode(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_growing_file_is_read_on(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "growing.nmea"
    at = len(LINES) // 3
    path.write_bytes(pack(LINES[:at]))
    first = nmea.decode(path, final=False)
    path.write_bytes(pack(LINES))
    both = Decoded.concat([first, nmea.decode(path, start=first.resume)])
    whole = nmea.decode(path)
    assert first.stats["offset"] <= at
    assert both.reports.equals(whole.reports)
    assert both.claims.equals(whole.claims)
    assert both.rejects.equals(whole.rejects)
    with pytest.raises(UsageError, match="one by one"):
        nmea.decode([path, path], final=False)


def test_a_truncated_csv_keeps_its_rows(tmp_path: Path) -> None:
    rows = "".join(f"338000001,2024-03-01T12:00:{i % 60:02d}Z,{i % 170},{i % 80}.5\n" for i in range(5000))
    packed = gzip.compress(("mmsi,t,lon,lat\n" + rows).encode())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(packed[: len(packed) // 2])
    found = batches("mapped", path, MAP)
    assert sum(len(b.frames["reports"]) for b in found) > 100
    assert rejects(found)["reason"].to_list().count("truncated") == 1


def test_places_that_cannot_be(tmp_path: Path) -> None:
    t = "2024-03-01T12:00:00Z"
    rows = [
        f"338000001,{t},0,0",
        f"338000001,{t},181,91",
        f"338000001,{t},10,95",
        f"338000001,{t},200,10",
        f"338000001,{t},,",
        f"338000001,{t},180,10",
        f"-5,{t},1,1",
        f"abc,{t},1,1",
        f"338000001,{t},-20,10",  # so longitudes do not run from 0 to 360
    ]
    found = batches("mapped", table(tmp_path / "places.csv", *rows), MAP)
    assert rejects(found).select("line", "reason").rows() == [
        (2, "bad_place"), (3, "missing_value"), (4, "bad_place"), (5, "bad_place"),
        (6, "missing_value"), (8, "bad_value"), (9, "missing_value"),
    ]  # fmt: skip
    assert found[0].frames["reports"]["lon_deg"].to_list() == [-180.0, -20.0]


def test_swapped_latitude_and_longitude_are_recognised(tmp_path: Path) -> None:
    rows = [f"338000001,2024-03-01T12:00:00Z,-17.{i},178.{i}" for i in range(9)]
    bad = rejects(batches("mapped", table(tmp_path / "swapped.csv", *rows), MAP))
    assert set(bad["reason"]) == {"bad_place"}
    assert "look swapped" in bad["detail"][0]


def test_lines_without_time_stay_untimed_until_asked(tmp_path: Path) -> None:
    path = tmp_path / "untimed.nmea"
    path.write_bytes(b"\n".join(line.rpartition(b"\\")[2] for line in LINES.splitlines()) + b"\n")
    os.utime(path, (1709294400, 1709294400))
    (plain,) = batches("nmea", path)
    assert plain.frames["reports"]["t_seen"].null_count() == 3
    (timed,) = batches("nmea", path, {"time-from": "file", "receiver": "terrestrial"})
    assert timed.frames["reports"]["t_seen"].dt.epoch("s").to_list() == [1709294400] * 3
    (fixed,) = batches("nmea", path, {"time-from": "2024-03-01T12:00:00Z"})
    assert fixed.frames["reports"].drop("receiver").equals(timed.frames["reports"].drop("receiver"))
    with pytest.raises(UsageError, match="not a time"):
        batches("nmea", path, {"time-from": "yesterday"})


def test_repeats_have_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "twice.nmea"
    path.write_bytes(LINES + LINES)
    keys = nmea.decode(path).reports["report"]
    assert (len(keys), keys.n_unique()) == (6, 3)
    row = "338000001,2024-03-01T12:00:00Z,10,50"
    (found,) = batches("mapped", table(tmp_path / "twice.csv", row, row, row.replace("50", "50.1")), MAP)
    assert found.frames["reports"]["report"].n_unique() == 2


def test_rows_without_form_are_rejected_one_by_one(tmp_path: Path) -> None:
    t = "2024-03-01T12:00:00Z"
    path = table(
        tmp_path / "odd.csv",
        f"338000001,{t},10,50",
        "",
        f"338000001,{t},10,50,60,70",
        f'"338000001,{t},10,50',
        f"338000001,{t},11,50",
        "338000001",
    )
    (found,) = batches("mapped", path, MAP)
    assert found.frames["reports"]["line"].to_list() == [2, 6]
    assert found.rejects.select("line", "reason").sort("line").rows() == [
        (4, "bad_row"),
        (5, "missing_value"),
        (7, "no_time"),
    ]
    assert found.rows == 5


def test_a_file_whose_every_line_is_bad_raises_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bad.nmea"
    path.write_bytes(b"nonsense\n" * 50)
    found = nmea.decode([path, path])
    assert (len(found.rejects), found.stats["lines"]) == (100, 100)
    found2 = batches("mapped", table(tmp_path / "bad.csv", *["x,y,z,w"] * 50), MAP)
    assert len(rejects(found2)) == 50


@pytest.mark.parametrize("text", ["{", "[1, 2", '"text"', "42", '{"type": "Nothing"}'])
def test_broken_geojson_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "zones.geojson"
    path.write_text(text)
    with pytest.raises(InputError, match=r"zones\.geojson"):
        batches("zones", path)
