"""Products that are damaged, not whole, or hostile: a clear error, bounded memory, nothing left behind."""

from __future__ import annotations

import io
import os
import random
import re
import resource
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import radar_products as products
import rasterio
from radar_products import Safe
from rasterio.rpc import RPC

from makara.base.errors import InputError, MakaraError, UsageError
from makara.sources import _raster, _safe
from makara.sources._safe import Product
from makara.sources.scenes import open_scene

VALUES = products.sea((64, 64))


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Temporary files go with the error."""
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    yield
    assert list(room.iterdir()) == []


def refused(path: Path, words: str, **told: Any) -> None:
    with pytest.raises(InputError, match=words) as e:
        open_scene(path, **told)
    assert len(str(e.value)) < 600


def plain(path: Path, values: Any = VALUES, **how: Any) -> Path:
    return products.write_tif(path, values, **{"units": "amplitude", "scale": 1e-3, **how})


@pytest.mark.parametrize("compress", [None, "deflate"])
def test_truncated_tiff(tmp_path: Path, compress: str | None) -> None:
    values = np.random.default_rng(1).integers(1, 9000, (600, 500)).astype(np.uint16)
    path = plain(tmp_path / "s.tif", values, compress=compress)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    refused(path, "is cut: line .* would lie at byte|no readable GeoTIFF")


def test_a_tiff_damaged_within_fails_where_it_is_read(tmp_path: Path) -> None:
    values = np.tile(np.random.default_rng(1).integers(1, 9000, (600, 50)), (1, 10)).astype(np.uint16)
    path = plain(tmp_path / "s.tif", values, compress="deflate", blockysize=1)
    data = bytearray(path.read_bytes())
    with rasterio.open(path) as r:
        at = int(r.get_tag_item("BLOCK_OFFSET_0_303", "TIFF", bidx=1))
    data[at : at + 200] = b"\xff" * 200
    path.write_bytes(bytes(data))
    with open_scene(path) as scene, pytest.raises(InputError, match=r"cannot be read in lines 300 to 310.*damaged"):
        scene.read(0, 300)
        scene.read(300, 310)


def test_what_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    path.write_bytes(b"II*\0" + os.urandom(500))
    refused(path, "no readable GeoTIFF")
    path.write_text(
        "<VRTDataset rasterXSize='9' rasterYSize='9'><SourceFilename>/etc/passwd</SourceFilename></VRTDataset>"
    )
    refused(path, "no readable GeoTIFF")
    (tmp_path / "s.csv").write_text("a,b\n1,2\n")
    refused(tmp_path / "s.csv", "is no image that is read here; those read are: sentinel1")
    refused(tmp_path / "nowhere", "does not exist; check the path")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "is no image that is read here")


def bomb_tiff(side: int, tile: int) -> bytes:
    """A TIFF of a few bytes that declares a huge image."""
    tags = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 16), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]
    tags += [(278, 4, 1, tile), (339, 3, 1, 1)]
    strips = -(-side // tile)
    tags += [(273, 4, 1, 8) if strips == 1 else (273, 4, 2, 200), (279, 4, 1, 8) if strips == 1 else (279, 4, 2, 208)]
    body = b"".join(struct.pack("<HHII", *t) for t in sorted(tags))
    return (b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + body + b"\0" * 4).ljust(300, b"\0")


def test_tiffs_that_declare_more_than_any_product(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    path.write_bytes(bomb_tiff(1_000_000, 1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, "declares 1,000,000 x 1,000,000 pixels, which no product has|no readable GeoTIFF")
    with rasterio.open(
        tmp_path / "sparse.tif", "w", driver="GTiff", height=1_000_000, width=1_000_000, count=1, dtype="uint16",
        sparse_ok=True, tiled=True, blockxsize=16384, blockysize=16384, compress="deflate", BIGTIFF="YES",
        crs="EPSG:4326", transform=rasterio.Affine(1e-6, 0, 0, 0, -1e-6, 0),
    ):  # fmt: skip
        pass
    refused(tmp_path / "sparse.tif", "declares 1,000,000 x 1,000,000 pixels, which no product has; refused")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"


def test_a_block_that_would_take_the_memory(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "s.tif", "w", driver="GTiff", height=20_000, width=20_000, count=1, dtype="uint16", sparse_ok=True,
        blockysize=20_000, compress="deflate", crs="EPSG:4326", transform=rasterio.Affine(1e-6, 0, 0, 0, -1e-6, 0),
    ):  # fmt: skip
        pass
    refused(tmp_path / "s.tif", "one block of 20,000 x 20,000 pixels; tile it first: gdal_translate")


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        nowhere = plain(tmp_path / "a.tif", crs=None)
    refused(nowhere, "has no georeference; give it one")
    refused(plain(tmp_path / "b.tif", crs="EPSG:4326", origin=(400_000.0, 9e6)), "off the Earth")
    refused(plain(tmp_path / "c.tif", crs="EPSG:32654", origin=(4e8, 9e9), pixel=1e4), "off the Earth|cannot be conv")
    refused(plain(tmp_path / "d.tif", crs='LOCAL_CS["deck plan",UNIT["metre",1]]'), "cannot be converted|off the Earth")
    with rasterio.open(
        tmp_path / "e.tif", "w", driver="GTiff", height=64, width=64, count=1, dtype="uint16",
        transform=rasterio.Affine(10, 0, 4e5, 0, -10, 9e6),
    ) as out:  # fmt: skip
        out.write(VALUES, 1)
    refused(tmp_path / "e.tif", "does not name its reference system", units="amplitude")
    coefficients = [1.0, *[0.0] * 19]
    rpc = RPC(0, 1, 7, 1, coefficients, coefficients, 32, 32, 135, 1, coefficients, coefficients, 32, 32)
    coarse = plain(tmp_path / "f.tif", crs=None, rpcs=rpc)
    refused(coarse, "RPC alone; lay it on a map first: gdalwarp")
    lone = [rasterio.control.GroundControlPoint(0, 0, 135.0, 7.0, 0)] * 3
    refused(plain(tmp_path / "g.tif", gcps=lone), "3 control points; 4 or more")
    rng = np.random.default_rng(5)
    wild = [rasterio.control.GroundControlPoint(*rng.uniform(0, 64, 2), *rng.uniform(0, 1, 2), 0) for _ in range(25)]
    refused(plain(tmp_path / "h.tif", gcps=wild), "control points miss by")
    over = plain(tmp_path / "i.tif", crs="EPSG:3995", origin=(-3000.0, 3000.0), pixel=100.0)
    refused(over, "reaches over a pole")


def test_pixels_that_show_nothing(tmp_path: Path) -> None:
    refused(plain(tmp_path / "a.tif", VALUES * 0), "has no data: all .* are zero")
    refused(plain(tmp_path / "b.tif", VALUES * 0 + 7), "the same number, 7, in all pixels")
    refused(
        plain(tmp_path / "c.tif", np.where(VALUES > 40, 65535, VALUES).astype(np.uint16)), "is saturated: .* 65,535"
    )
    some = VALUES.copy()
    some[5:7] = 65535
    with open_scene(plain(tmp_path / "d.tif", some)) as scene:
        assert scene.about["saturated_share"] == pytest.approx(2 / 64, abs=1e-4)
    refused(plain(tmp_path / "e.tif", np.full((64, 64), np.nan, np.float32)), "has no data")
    blank = Safe(values=np.zeros((400, 500), np.uint16)).write(tmp_path)
    refused(blank, "has no data: .*is it the measurement")


def test_units_that_make_no_sense(tmp_path: Path) -> None:
    decibels = (-1500 + VALUES.astype(np.int16)).astype(np.int16)
    bare = products.write_tif(tmp_path / "a.tif", decibels)
    refused(bare, "does not say its units; give --units dB, dBx100, power or amplitude")
    refused(
        products.write_tif(tmp_path / "b.tif", decibels, units="furlong"), "units are 'furlong', which is not known"
    )
    refused(bare, "half of its pixels are below -1,4.. dB, which no sea is", units="dB")
    refused(bare, "numbers below zero, which power cannot be; is it dB", units="power")
    with pytest.raises(UsageError, match="units 'furlong' are not known; there are: dB, dBx100, power, amplitude"):
        open_scene(bare, units="furlong")
    with pytest.raises(UsageError, match="names no time zone"):
        open_scene(bare, units="dBx100", time="2024-01-01T00:00:00")
    with pytest.raises(UsageError, match="ends before it begins"):
        open_scene(bare, units="dBx100", time="2024-01-02T00:00:00Z/2024-01-01T00:00:00Z")
    refused(
        products.write_tif(tmp_path / "c.tif", decibels, units="dBx100", tags={"ACQUISITION_START": "noon"}), "no time"
    )
    refused(products.write_tif(tmp_path / "d.tif", VALUES.astype(np.complex64)), "complex", units="amplitude")


def test_products_from_the_future(tmp_path: Path) -> None:
    root = Safe().write(tmp_path)
    refused(root, "was taken at 2024-03-01T06:00:00.597000Z, after now, 2024-03-01T05:00:00Z",
            now=datetime(2024, 3, 1, 5, tzinfo=UTC))  # fmt: skip
    with open_scene(root, now=datetime(2024, 3, 1, 5, 58, tzinfo=UTC)):
        pass  # a clock may be off by minutes
    with open_scene(root):
        pass


def safe_without(tmp_path: Path, part: str) -> Path:
    root = Safe(pols=("vv",)).write(tmp_path)
    for p in root.rglob(part):
        p.unlink()
    return root


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("manifest.safe", r"no manifest.safe; give one whole SAFE product"),
        ("s1a-*.xml", "has no annotation; it is no whole"),
        ("calibration-*.xml", "has no calibration of vv .* without it brightness has no meaning"),
        ("*.tiff", "has no measurement of vv; it is not whole"),
        ("noise-*.xml", r"not whole: annotation/calibration/noise-.*xml is missing"),
    ],
)
def test_safe_without_a_part(tmp_path: Path, part: str, words: str) -> None:
    refused(safe_without(tmp_path, part), words)


def test_safe_with_a_short_measurement(tmp_path: Path) -> None:
    root = Safe().write(tmp_path)
    tif = root / "measurement" / f"{Safe().stem('vv')}.tiff"
    tif.write_bytes(tif.read_bytes()[:200_000])
    refused(root, r"not whole: measurement/.*tiff has 200,000 of 4\d\d,\d{3} bytes; wait for it")
    products.write_manifest(root)
    refused(root, "is cut: line")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("annotation/s1a-*-vv-*.xml", "<numberOfLines>400<", "<numberOfLines>401<", "its annotation says"),
        ("annotation/s1a-*-vv-*.xml", "<productType>GRD<", "<productType>SLC<", "is a Sentinel-1 SLC product; GRD is"),
        ("annotation/s1a-*-vv-*.xml", "<radarFrequency>5.405e+09<", "<radarFrequency>fast<", "is 'fast', no number"),
        ("annotation/s1a-*-vv-*.xml", "<radarFrequency>5.405e+09<", "<radarFrequency>nan<", "no finite number"),
        ("annotation/s1a-*-vv-*.xml", "<latitude>", "<latitude>9", "off the Earth"),
        ("annotation/s1a-*-vv-*.xml", "<y>2000.0</y>", "<y>2.0e6</y>", "no orbit of a satellite"),
        ("annotation/s1a-*-vv-*.xml", "<productFirstLineUtcTime>2024", "<productFirstLineUtcTime>soon", "no time"),
        ("annotation/s1a-*-vv-*.xml", "<pixel>0</pixel>", "<pixel>1</pixel>", None),
        ("annotation/s1a-*-vv-*.xml", "</product>", "", "no readable XML"),
        ("annotation/calibration/calibration-*-vv-*.xml", "sigmaNought", "rhoNought", "has no sigmaNought"),
        ("annotation/calibration/calibration-*-vv-*.xml", "<sigmaNought>300", "<sigmaNought>-300", "not positive"),
        (
            "annotation/calibration/calibration-*-vv-*.xml",
            "<sigmaNought>300 ",
            "<sigmaNought>",
            "do not belong together",
        ),
        (
            "annotation/calibration/noise-*-vv-*.xml",
            "<noiseAzimuthLut>1 ",
            "<noiseAzimuthLut>",
            "do not belong together",
        ),
    ],
)
def test_safe_with_damaged_metadata(tmp_path: Path, file: str, old: str, new: str, words: str | None) -> None:
    root = Safe().write(tmp_path)
    path = next(root.glob(file))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    products.write_manifest(root)
    if words is None:
        open_scene(root).close()
    else:
        refused(root, words)


XXE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "' + "ha" * 50 + '">'
    + "".join(f'<!ENTITY b{i} "{("&b" + (str(i - 1) if i else "") + ";") * 10}">' for i in range(9))
    + "]><a>&b8;</a>"
)  # fmt: skip


@pytest.mark.parametrize("text", [XXE, LAUGHS, '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>'])
@pytest.mark.parametrize("file", ["manifest.safe", "annotation/s1a-*-vv-*.xml", "annotation/calibration/*-vv-*.xml"])
def test_xml_entities(tmp_path: Path, text: str, file: str) -> None:
    root = Safe().write(tmp_path)
    next(root.glob(file)).write_text(text)
    if file != "manifest.safe":
        products.write_manifest(root)
    refused(root, "declares a DTD or entities, which no product needs; it is refused")


def test_xml_entities_beside_an_iceye_image(tmp_path: Path) -> None:
    path = products.write_iceye_old(tmp_path)
    path.with_suffix(".xml").write_text(LAUGHS)
    refused(path, "declares a DTD or entities")


@pytest.mark.parametrize("href", ["../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "a\\..\\b", "%2e%2e/x"])
def test_a_manifest_that_names_files_outside(tmp_path: Path, href: str) -> None:
    root = Safe().write(tmp_path)
    manifest = root / "manifest.safe"
    manifest.write_text(re.sub(r'href="[^"]*"', lambda m: f'href="{href}"', manifest.read_text(), count=1))
    refused(root, "its manifest names .* outside the product; it is refused")


@pytest.mark.parametrize("name", ["../evil.xml", "/abs.xml", "a/../../evil.xml", "..\\evil.xml", "C:/evil.xml"])
@pytest.mark.parametrize("form", ["zip", "tar"])
def test_names_that_leave_the_archive(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / f"S1A_product.{form}"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as z:
            z.writestr("S1A.SAFE/manifest.safe", "<a/>")
            z.writestr(name, "evil")
    else:
        with tarfile.open(path, "w") as t:
            info = tarfile.TarInfo(name)
            info.size = 4
            t.addfile(info, io.BytesIO(b"evil"))
    refused(path, "leaves the archive; it is refused")
    assert not list(tmp_path.parent.glob("evil*")) and not Path("/abs.xml").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_tars(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "S1A_product.tar.gz"
    with tarfile.open(path, "w:gz") as t:
        info = tarfile.TarInfo("S1A.SAFE/annotation/x.xml")
        info.type, info.linkname = kind, "/etc/passwd"
        t.addfile(info)
    refused(path, "is a link or device; it is refused")


def test_links_in_zips_and_directories(tmp_path: Path) -> None:
    path = tmp_path / "S1A_product.zip"
    with zipfile.ZipFile(path, "w") as z:
        info = zipfile.ZipInfo("S1A.SAFE/manifest.safe")
        info.external_attr = 0o120777 << 16
        z.writestr(info, "/etc/passwd")
    refused(path, "is a link; products have none")
    root = Safe().write(tmp_path)
    (root / "annotation" / "extra.xml").symlink_to("/etc/passwd")
    refused(root, "a link to a place outside the product")
    (root / "annotation" / "extra.xml").unlink()
    link = tmp_path / "by-another-name"
    link.symlink_to(root)
    with open_scene(link) as scene:
        assert scene.product.startswith("S1A_IW_GRDH"), "a link to a whole product is no harm"


def test_the_same_name_twice(tmp_path: Path) -> None:
    path = tmp_path / "S1A_product.tar"
    with tarfile.open(path, "w") as t:
        for text in (b"good", b"evil"):
            info = tarfile.TarInfo("S1A.SAFE/manifest.safe")
            info.size = 4
            t.addfile(info, io.BytesIO(text))
    refused(path, "holds S1A.SAFE/manifest.safe twice")


def zeros(n: int) -> Any:
    """A file of so many zeros, without holding them."""
    return io.BufferedReader(_Zeros(n), 1 << 20)


class _Zeros(io.RawIOBase):
    def __init__(self, n: int) -> None:
        self.left = n

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        n = min(len(into), self.left)
        into[:n] = bytes(n)
        self.left -= n
        return n


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_bombs(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_safe, "FREE_BYTES", 4_000_000)
    path = tmp_path / f"S1A_product.{form}"
    if form == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z, z.open("S1A.SAFE/measurement/x.tiff", "w") as f:
            for _ in range(40):
                f.write(bytes(1_000_000))
    else:
        with tarfile.open(path, "w:gz", compresslevel=1) as t:
            info = tarfile.TarInfo("S1A.SAFE/measurement/x.tiff")
            info.size = 40_000_000
            t.addfile(info, zeros(info.size))
    refused(path, "unpacks to 40,000,000 bytes.*a bomb; refused")


def test_metadata_larger_than_any(tmp_path: Path) -> None:
    root = Safe().write(tmp_path)
    annotation = next((root / "annotation").glob("s1a-*-vv-*.xml"))
    with annotation.open("r+b") as f:
        f.truncate(_safe.TEXT_BYTES + 1)  # sparse
    products.write_manifest(root)
    refused(root, "more than any such file; refused")


def test_a_zip_that_lies_of_its_sizes(tmp_path: Path) -> None:
    path = tmp_path / "S1A_product.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("S1A_IW.SAFE/manifest.safe", b"<a>" + b" " * 5_000_000 + b"</a>")
    data = path.read_bytes().replace(struct.pack("<I", 5_000_007), struct.pack("<I", 50))
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged|no readable XML"):
        open_scene(path)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_safe, "FILES", 5)
    root = Safe().write(tmp_path)
    refused(root, "holds more than 5 files")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as z:
        for i in range(9):
            z.writestr(f"a/{i}.xml", "<a/>")
    refused(tmp_path / "p.zip", "holds more than 5 files")
    with tarfile.open(tmp_path / "p.tar", "w") as t:
        t.add(root, "a")
    refused(tmp_path / "p.tar", "holds more than 5 files")


@pytest.mark.parametrize("form", ["zip", "tar.gz", "tar"])
def test_cut_archives(tmp_path: Path, form: str) -> None:
    root = Safe().write(tmp_path)
    path = tmp_path / f"{root.name}.{form}"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as z:
            for p in sorted(root.rglob("*")):
                z.write(p, p.relative_to(tmp_path))
    else:
        with tarfile.open(path, "w:gz" if form == "tar.gz" else "w") as t:
            t.add(root, root.name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    refused(path, "damaged or cut|no measurement|not whole|holds no manifest")


def test_no_room_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Safe().write(tmp_path)
    path = tmp_path / "p.tar"
    with tarfile.open(path, "w") as t:
        t.add(root, root.name)
    usage = type("U", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    refused(path, "needs .* bytes in .*, 1,000 are free; make room, set TMPDIR")


def test_vendors_without_calibration(tmp_path: Path) -> None:
    refused(products.write_iceye(tmp_path, **{"iceye:calibration_factor": 0}), "calibration factor is 0; .* not calibr")
    old = products.write_iceye_old(tmp_path)
    old.with_suffix(".xml").unlink()
    refused(old, "has no calibration_factor, in its tags or beside it")
    odd = {"iceye:amplitude_mapping": {"function": "log"}}
    refused(products.write_iceye(tmp_path, **odd), "amplitude mapping .* is not known")
    bare = products.write_capella(tmp_path, tag=False)
    bare.with_name(bare.stem + "_extended.json").unlink()
    refused(bare, "has no metadata, in its tag or beside it")
    refused(products.write_capella(tmp_path, radiometry="none"), "it is not calibrated")
    blind = {"radiometry": "gamma_nought", "center_pixel": {}}
    refused(products.write_capella(tmp_path, **blind), "gamma nought, and no incidence angle")
    folder = tmp_path / "CAPELLA_C08_SM_SLC_HH"
    folder.mkdir()
    products.write_tif(folder / "CAPELLA_C08_SM_SLC_HH.tif", VALUES)
    refused(folder, "only complex images")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "null", '{"collects": 3, "vendor": "Umbra Space"}'])
def test_json_that_is_none(tmp_path: Path, text: str) -> None:
    path = products.write_umbra(tmp_path)
    next(tmp_path.glob("*METADATA.json")).write_text(text)
    with pytest.raises(InputError):
        open_scene(path)


ODD = [b"0", b"-1", b"1e300", b"nan", b"", b"x", b"9" * 30, b"null", b"[]", b"{}", b'"a"', b"true"]
MAKERS: dict[str, Callable[[Path], Path]] = {
    "safe": lambda d: Safe(shape=(60, 260), pols=("vv",)).write(d),
    "iceye": products.write_iceye,
    "iceye_old": products.write_iceye_old,
    "capella": lambda d: products.write_capella(d, tag=False),
    "umbra": products.write_umbra,
    "plain": lambda d: plain(d / "s.tif"),
}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.filterwarnings("ignore")
def test_any_damage_is_told_in_our_words(tmp_path: Path, maker: str) -> None:
    """Bytes and numbers changed at random: a scene, or an error of ours, never another."""
    rng = random.Random(maker)
    (tmp_path / "it").mkdir()
    path = MAKERS[maker](tmp_path / "it")
    files = sorted(p for p in (tmp_path / "it").rglob("*") if p.is_file())
    for _ in range(40):
        file = rng.choice(files)
        whole = file.read_bytes()
        data = bytearray(whole)
        numbers = [m.span() for m in re.finditer(rb'(?<=[> :\[,"])-?\d[\d.eE+-]*', whole)]
        if file.suffix.startswith(".tif") or not numbers:
            for _ in range(rng.choice((1, 2, 8))):
                data[rng.randrange(min(len(data), rng.choice((64, 400, 4000))))] = rng.randrange(256)
        else:
            first, last = rng.choice(numbers)
            data[first:last] = rng.choice(ODD)
        file.write_bytes(bytes(data))
        if maker == "safe" and file.name != "manifest.safe":
            products.write_manifest(path)
        try:
            with open_scene(path) as scene:
                scene.read(0, scene.shape[0])
        except MakaraError as e:
            assert str(e)
        file.write_bytes(whole)


def test_closing_twice_is_no_harm(tmp_path: Path) -> None:
    scene = open_scene(Safe().write(tmp_path))
    scene.close()
    scene.close()
    with pytest.raises(InputError, match="cannot be read"):
        scene.read(0, 1)
    with Product(tmp_path) as product:
        product.close()


def test_rasterio_is_not_loaded_with_the_sources() -> None:
    """Listing sources must stay quick."""
    import subprocess

    code = "import sys, makara.sources as s; [s.source(n) for n in s.names()]; print('rasterio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert _raster.SIDE < 1_000_000


def test_metadata_of_millions_of_parts_never_become_a_tree(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    root = Safe(pols=("vv",)).write(tmp_path)
    (root / "manifest.safe").write_bytes(b"<a>" + b"<a/>" * 8_000_000 + b"</a>")
    refused(root, "has 8,000,002 parts, more than any metadata; refused")
    (root / "manifest.safe").write_bytes(b"<a " + b" ".join(b'a%d=""' % i for i in range(600_000)) + b"/>")
    refused(root, "has 600,001 parts")
    path = plain(tmp_path / "s.tif")
    (tmp_path / "s.json").write_bytes(b"[" + b"{}," * 8_000_000 + b"{}]")
    with open_scene(path) as scene:
        assert scene.t_start is None, "no metadata"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_pixels_of_a_size_that_none_have(tmp_path: Path) -> None:
    path = plain(tmp_path / "s.tif", pixel=1e-4, origin=(150.0, -30.0))
    refused(path, "pixels of 9.97e-05 x 9.97e-05 m by its georeference.* reference system or transform is wrong")


def test_numbers_that_are_no_decibels(tmp_path: Path) -> None:
    path = products.write_tif(tmp_path / "s.tif", VALUES.astype(np.float32) * 1e-3)
    refused(path, "no numbers below zero, as dB of the sea are", units="dB")
