"""A product as a user has it, through all of the detector: the same bytes however it is cut; progress on a terminal."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from makara.exercise.looks import Look
from makara.exercise.looks import scene as footprint
from makara.exercise.radar import Target, View, render
from makara.exercise.scenes import Shot
from makara.sensors import sar
from makara.sensors.sar import landmask, patches, stream
from makara.sensors.sar.measure import measure
from makara.session.exercise import write_scene
from makara.sources.scenes import open_scene

MAKARA = Path(sys.executable).parent / "makara"
# Long enough that ambiguities of the large ships lie in it.
VIEW = View(179.99, -17.9, 348.0, 38.0, (1400, 700), 10.0, datetime(2026, 3, 14, 16, 0, tzinfo=UTC))


def west(lon: Any, lat: Any) -> Any:
    """Land where no ship is: west of the first hundred pixels' middle."""
    return np.asarray(lon) % 360.0 < float(VIEW.place(700.0, 60.0)[0]) % 360.0


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(5)
    targets = []
    for k, (line, pixel) in enumerate((y, x) for y in range(150, 1300, 190) for x in range(250, 650, 190)):
        lon, lat = (float(v) for v in VIEW.place(line, pixel))
        length, way = (330.0, 348.0) if k % 4 == 0 else (float(rng.uniform(25.0, 150.0)), float(rng.uniform(0, 360)))
        speed = 14.0 if k % 3 == 0 else 0.0
        targets.append(Target(f"v{k}", "vessel", lon, lat, length, length / 6.5, way, way, speed))
    look = Look("sar-001", "sar", "SAR", "IW", 0.0, 10.0, footprint(VIEW.lon, VIEW.lat, 4e4, 4e4, 348.0), None, "open",
                22.0, 348.0, 38.0)  # fmt: skip
    shot = Shot(1, look, VIEW, (), tuple(targets), (), 1)
    home = tmp_path_factory.mktemp("scene")
    write_scene(shot, render(VIEW, targets, land_mask=west, seed=1), home)
    return home / shot.directory


def found(product: Path, threads: int) -> tuple[bytes, dict[str, bytes], pl.DataFrame]:
    """All that a search gives, the table as bytes."""
    with open_scene(product) as scene:
        done = sar.detect(scene, sea=landmask.water(scene, west), threads=threads, measure=measure)
    out = io.BytesIO()
    done.detections.write_ipc(out)
    return out.getvalue(), dict(done.chips), done.detections


def test_all_that_is_measured_and_every_chip_is_the_same_however_the_scene_is_cut(
    product: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, chips, rows = found(product, 2)
    assert len(chips) == len(rows) >= 20
    assert "ambiguity" in rows["structure"].to_list() and (rows["p_vessel"] >= 0.5).sum() >= 14
    for threads, strip, tile, band in ((1, 512, 4096, 256), (3, 64, 128, 100), (2, 192, 320, 33)):
        monkeypatch.setattr(sar, "hits", partial(stream.hits, strip=strip, tile=tile))
        monkeypatch.setattr(patches, "_BAND", band)
        again = found(product, threads)
        assert again[0] == table and again[1] == chips, (threads, strip, tile, band)


def test_a_picture_has_north_up_and_unlikely_vessels_small(product: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from makara.session.scene_plot import plot_scene

    rows = found(product, 2)[2]
    with open_scene(product) as scene:
        ax = plot_scene(scene, rows)
    # Of an ascending pass, which looks to the east, the first line is the southernmost.
    assert ax.get_ylim() == (-0.5, VIEW.shape[0] - 0.5) and ax.get_xlim() == (-0.5, VIEW.shape[1] - 0.5)
    drawn = {c.get_gid(): c for c in ax.collections}["vessels"]
    likely = int((rows.filter(pl.col("structure").is_null())["p_vessel"] >= 0.5).sum())
    sizes = drawn.get_sizes()
    assert likely > 0 and (sizes == sizes.max()).sum() == likely
    matplotlib.pyplot.close(ax.figure)


def test_progress_is_shown_on_a_terminal_and_nowhere_else(product: Path, tmp_path: Path) -> None:
    command = [MAKARA, "detect", product, "--out", tmp_path / "found.parquet"]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert piped.stdout == "" and piped.stderr.count("\n") == 1 and "detections written" in piped.stderr
    ours, theirs = pty.openpty()
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65_536)
        except OSError:  # Linux says so when the other end is closed.
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert child.wait() == 0
    assert b"detect" in shown and b"1,400" in shown and "━".encode() in shown and b"detections written" in shown
