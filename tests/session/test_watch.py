"""A folder that scenes arrive in: half-copied products wait, whole ones are taken once, over restarts too."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_scene import SHIPS, write_scene

import makara
from makara.base.errors import InputError, SettingsError, UsageError
from makara.session.watch import Watching
from makara.sources._whole import lacking, tiff_bytes

MAKARA = Path(sys.executable).parent / "makara"
SETTLE_S = 10.0


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Watch:
    """A folder, a lake and what was said, looked at step by step."""

    def __init__(self, home: Path, licence: str | None = "own", **given: Any) -> None:
        self.folder, self.lake, self.clock, self.said = home / "in", home / "lake", Clock(), []
        self.folder.mkdir(exist_ok=True)
        self.licence, self.given = licence, given
        self.start()

    def start(self) -> None:
        session = makara.open(self.lake)
        self.watching = Watching(
            session.lake, session.settings, self.folder, {}, licence=self.licence, settle_s=SETTLE_S, clock=self.clock,
            walk=None, say=self.said.append, **self.given,
        )  # fmt: skip

    def look(self, after_s: float = SETTLE_S) -> int:
        """Look once more, so many seconds later; products taken in so far."""
        self.clock.now += timedelta(seconds=after_s)
        self.watching.look()
        return self.watching.done.products


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scene(tmp_path_factory.mktemp("scene") / "sea.tif")


def test_a_product_is_taken_once_it_is_still_and_whole_and_never_again(scene: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    data, target = scene.read_bytes(), watch.folder / "sea.tif"
    target.write_bytes(data[:100])
    assert watch.look() == 0
    target.write_bytes(data[: len(data) // 2])
    assert watch.look(SETTLE_S / 2) == 0, "it has just changed"
    assert watch.look() == 0 and "of" in watch.watching.done.left["sea.tif"], "still, but not whole"
    assert watch.look() == 0 and len(watch.said) == 1, "said once"
    target.write_bytes(data)
    assert watch.look(1.0) == 0, "whole, but it has just changed"
    assert watch.look() == 1 and watch.watching.done.left == {}
    assert [watch.look() for _ in range(3)] == [1, 1, 1]
    session = makara.open(watch.lake)
    assert len(session.detections()) == len(SHIPS) and session.lake.snapshot().number == 1


def test_after_a_restart_what_is_known_is_passed_over_and_new_content_taken(scene: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    shutil.copy(scene, watch.folder / "sea.tif")
    watch.look(0.0)
    assert watch.look() == 1
    watch.start()
    shutil.copy(scene, watch.folder / "the same elsewhere.tif")
    write_scene(watch.folder / "other.tif", seed=5, ACQUISITION_START="2026-03-01T12:00:00Z")
    watch.look(0.0)
    assert watch.look() == 1 and watch.watching.done.known == 2
    assert len(makara.open(watch.lake).view("collections")) == 2


def test_a_half_copied_archive_waits_and_a_whole_one_is_taken(scene: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    with zipfile.ZipFile(tmp_path / "sea.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(scene, "sea/sea.tif")
    data = (tmp_path / "sea.zip").read_bytes()
    target = watch.folder / "sea.zip"
    target.write_bytes(data[:-40])
    watch.look(0.0)
    assert watch.look() == 0 and "zip" in watch.watching.done.left["sea.zip"]
    holed = data[: len(data) // 3] + bytes(200) + data[len(data) // 3 + 200 :]
    target.write_bytes(holed)
    watch.look(0.0)
    assert watch.look() == 0, "its end has arrived, not its middle"
    (watch.folder / "other.zip.part").write_bytes(data)
    target.write_bytes(data)
    watch.look(0.0)
    assert watch.look() == 1 and watch.watching.done.left == {}


def test_a_tar_that_is_cut_waits(scene: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "sea.tar.gz", "w:gz") as packed:
        packed.add(scene, "sea/sea.tif")
    whole = tmp_path / "sea.tar.gz"
    assert lacking(whole) is None
    whole.write_bytes(whole.read_bytes()[:-5000])
    assert "tar" in lacking(whole)


def safe(home: Path) -> tuple[Path, dict[str, bytes]]:
    """A directory as SAFE has it, and its files but the manifest."""
    files = {"measurement/s1a-vv.tiff": b"", "annotation/s1a-vv.xml": b"<product/>"}
    write_scene(home / "m.tif")
    files["measurement/s1a-vv.tiff"] = (home / "m.tif").read_bytes()
    parts = "".join(
        f'<dataObject><byteStream mimeType="x" size="{len(d)}"><fileLocation locatorType="URL" href="./{n}"/>'
        f'<checksum checksumName="MD5">{hashlib.md5(d).hexdigest()}</checksum></byteStream></dataObject>'
        for n, d in files.items()
    )
    root = home / "S1A_IW_GRDH_1SDV.SAFE"
    for n in files:
        (root / n).parent.mkdir(parents=True, exist_ok=True)
    files["manifest.safe"] = f'<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1">{parts}</xfdu:XFDU>'.encode()
    return root, files


def test_a_manifest_names_what_must_be_there_with_size_and_checksum(tmp_path: Path) -> None:
    root, files = safe(tmp_path)
    tiff, annotation = root / "measurement/s1a-vv.tiff", root / "annotation/s1a-vv.xml"
    assert "no manifest.safe" in lacking(root)
    (root / "manifest.safe").write_bytes(files["manifest.safe"])
    assert "measurement/s1a-vv.tiff, which manifest.safe names, is not there" in lacking(root)
    tiff.write_bytes(files["measurement/s1a-vv.tiff"][:-1])
    annotation.write_bytes(files["annotation/s1a-vv.xml"])
    assert "bytes" in lacking(root)
    tiff.write_bytes(bytes(100) + files["measurement/s1a-vv.tiff"][100:])
    assert "checksum" in lacking(root)
    tiff.write_bytes(files["measurement/s1a-vv.tiff"])
    assert lacking(root) is None
    (root / "more.part").write_bytes(b"x")
    assert "being written" in lacking(root)


def test_a_stac_item_names_the_data_that_must_be_there(scene: Path, tmp_path: Path) -> None:
    root = tmp_path / "product"
    root.mkdir()
    assets = {"data": {"href": "./sea.tif", "roles": ["data"], "file:size": scene.stat().st_size},
              "look": {"href": "look.png", "roles": ["thumbnail"]},
              "far": {"href": "https://example.org/x"}}  # fmt: skip
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "x", "properties": {"datetime": None}, "assets": assets}
    (root / "x.json").write_text(json.dumps(item))
    assert "sea.tif, which x.json names, is not there" in lacking(root)
    shutil.copy(scene, root / "sea.tif")
    assert lacking(root) is None


@pytest.mark.parametrize(
    "options",
    [{}, {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}, {"BIGTIFF": "YES"},
     {"driver": "COG"}],
    ids=["strips", "tiles", "big", "cog"],
)  # fmt: skip
def test_a_tiff_is_whole_when_its_last_block_is(options: dict[str, Any], scene: Path, tmp_path: Path) -> None:
    import rasterio

    made = tmp_path / "made.tif"
    with rasterio.open(scene) as given:
        profile = {k: v for k, v in given.profile.items() if not k.startswith("block") and k != "tiled"} | options
        with rasterio.open(made, "w", **profile) as out:
            out.write(given.read())
    data = made.read_bytes()
    needed = tiff_bytes(made)
    assert needed is not None and needed <= len(data) and lacking(made) is None
    for size in range(20, needed - 1, max(1, needed // 40)):
        made.write_bytes(data[:size])
        assert lacking(made) is not None, size


def test_metadata_of_another_name_that_come_late_make_it_look_again(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    path = write_scene(watch.folder / "2026-03-01-10-20-00_UMBRA-05_GEC.tif", UNITS="", ACQUISITION_START="")
    assert watch.look() == watch.look() == 0 and "does not say its units" in watch.said[-1]
    told = {"datetime": "2026-03-01T10:20:00Z", "platform": "Umbra-05", "constellation": "Umbra"}
    item = {"type": "Feature", "stac_version": "1.0.0", "id": "u", "geometry": None, "properties": told, "links": [],
            "assets": {"GEC": {"href": path.name}}}  # fmt: skip
    (watch.folder / "2026-03-01-10-20-00_UMBRA-05.stac.v2.json").write_text(json.dumps(item))
    assert (watch.look(), watch.look()) == (0, 1)


def test_what_cannot_be_read_is_named_once_and_the_rest_taken(scene: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    (watch.folder / "notes.txt").write_text("not a product")
    (watch.folder / "empty").mkdir()
    (watch.folder / "a.zip").write_bytes(b"PK\x03\x04 nothing")
    write_scene(watch.folder / "untimed.tif", ACQUISITION_START="")
    shutil.copy(scene, watch.folder / "sea.tif")
    watch.look(0.0)
    assert watch.look() == 1
    assert set(watch.watching.done.left) == {"a.zip", "empty", "untimed.tif"}
    assert "--time" in watch.watching.done.left["untimed.tif"]
    said = len(watch.said)
    watch.look()
    assert len(watch.said) == said


def test_without_a_licence_products_are_left_with_the_list(scene: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path, licence=None)
    shutil.copy(scene, watch.folder / "sea.tif")
    watch.look(0.0)
    assert watch.look() == 0 and "nextview" in watch.watching.done.left["sea.tif"]
    assert makara.open(watch.lake).lake.snapshot() is None


def test_another_writer_makes_it_wait(scene: Path, tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    shutil.copy(scene, watch.folder / "sea.tif")
    watch.look(0.0)
    script = "import sys, makara\nwith makara.open(sys.argv[1]).lake.write():\n print('held', flush=True)\n input()\n"
    other = subprocess.Popen(
        [sys.executable, "-c", script, watch.lake], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    assert watch.look() == 0 and "waits" in watch.said[-1]
    other.communicate("\n")
    assert watch.look() == 1


def test_mistakes_are_said_before_anything_is_watched(tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    with pytest.raises(InputError, match="no folder"):
        session.watch(tmp_path / "none")
    with pytest.raises(UsageError, match="no licence 'mine'"):
        session.watch(tmp_path, licence="mine")
    with pytest.raises(SettingsError, match="no mark"):
        makara.open(tmp_path / "bare", settings="").watch(tmp_path)


def test_on_the_command_line_until_it_is_told_to_stop(scene: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    words = ["follow", tmp_path / "lake", "scene", tmp_path / "in", "--licence", "own", "--settle", "0.3",
             "--every", "0.2", "--no-run"]  # fmt: skip
    running = subprocess.Popen([MAKARA, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    beside = tmp_path / "in" / ".sea.tif"
    shutil.copy(scene, beside)
    os.replace(beside, tmp_path / "in" / "sea.tif")
    assert f"{len(SHIPS)} detections" in running.stderr.readline()
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=60)
    done = json.loads(out)
    assert running.returncode == 0 and done["products"] == 1 and done["tables"]["chips"] == len(SHIPS)
