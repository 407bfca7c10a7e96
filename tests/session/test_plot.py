"""Pictures, by what is drawn in them: one piece across 180, dashed gaps, marked ends, hatched where nobody looked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import h3
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest

import makara
from makara.base.errors import ColumnsError, UsageError
from makara.session._map import degrees
from makara.session.resources import coast

START = datetime(2026, 3, 14, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    """Draw in memory, and throw away what was drawn."""
    mpl.use("Agg")
    yield
    plt.close("all")


def way(lon: list[float], minutes: list[float], mover: int = 563000001, lat: float = -17.0) -> pl.DataFrame:
    n = len(lon)
    return pl.DataFrame(
        {
            "mover": [mover] * n,
            "track": [mover] * n,
            "t_seen": [START + timedelta(minutes=m) for m in minutes],
            "lon_deg": lon,
            "lat_deg": [lat + 0.01 * k for k in range(n)],
            "sog_kn": [10.0 + k for k in range(n)],
        }
    )


def part(ax: Any, gid: str) -> Any:
    """The one thing of that name that was drawn."""
    (found,) = [c for c in (*ax.collections, *ax.lines) if c.get_gid() == gid]
    return found


def test_a_track_across_180_is_one_piece() -> None:
    lon = [179.7, 179.8, 179.9, -180.0, -179.9, -179.8]
    ax = makara.plot_track(way(lon, [0, 10, 20, 30, 40, 50]))
    heard = np.array(part(ax, "heard").get_segments())
    assert len(heard) == 5 and len(part(ax, "silent").get_segments()) == 0
    assert np.allclose(np.diff(heard[:, :, 0], axis=1), 0.1)
    west, east = ax.get_xlim()
    assert west < heard[:, :, 0].min() and heard[:, :, 0].max() < east and east - west < 2.0
    labels = [t.get_text() for t in ax.get_xticklabels()]
    assert "180°" in labels and any(t.endswith("E") for t in labels) and any(t.endswith("W") for t in labels)
    assert all(t.get_text().endswith("S") for t in ax.get_yticklabels())
    ax.figure.canvas.draw()


def test_gaps_are_dashed_and_ends_are_marked() -> None:
    two = pl.concat([way([10.0, 10.1, 10.5, 10.6], [0, 30, 300, 320]), way([10.0, 10.2], [0, 20], 563000002, -16.9)])
    ax = makara.plot_track(two)
    assert len(part(ax, "heard").get_segments()) == 3
    ((gap),) = part(ax, "silent").get_segments()
    assert gap[:, 0].tolist() == pytest.approx([10.1, 10.5])
    assert part(ax, "start").get_xdata().tolist() == pytest.approx([10.0, 10.0])
    assert part(ax, "end").get_xdata().tolist() == pytest.approx([10.6, 10.2])
    words = {t.get_text() for t in ax.texts}
    assert {"14 Mar 22:00Z", "15 Mar 03:20Z"} <= words
    assert any("Natural Earth" in w for w in words) and any("nmi" in w for w in words)
    assert "silent over 1 h" in {t.get_text() for t in ax.get_legend().get_texts()}
    assert len(part(makara.plot_track(two, gap_s=6 * 3600), "silent").get_segments()) == 0


def test_colour_is_time_or_speed_and_implied_where_none_was_said() -> None:
    points = way([10.0, 10.1, 10.2], [0, 30, 60])
    assert part(makara.plot_track(points, colour="speed"), "heard").get_array().tolist() == [10.5, 11.5]
    implied = part(makara.plot_track(points.drop("sog_kn"), colour="speed"), "heard").get_array()
    assert implied.tolist() == pytest.approx([11.5, 11.5], abs=0.1)
    days = part(makara.plot_track(points), "heard").get_array()
    assert days.tolist() == pytest.approx([(START.timestamp() + 900) / 86400, (START.timestamp() + 2700) / 86400])
    with pytest.raises(UsageError, match="time or speed"):
        makara.plot_track(points, colour="red")


def test_dropped_points_are_crosses_but_repetitions_are_not() -> None:
    lost = way([11.0, 10.05], [15, 15]).with_columns(
        track=pl.lit(None, pl.Int64()), flags=pl.Series([["too_fast"], ["duplicate"]])
    )
    good = way([10.0, 10.1, 10.2], [0, 30, 60]).with_columns(flags=pl.lit([], pl.List(pl.String())))
    ax = makara.plot_track(pl.concat([good, lost]))
    (crosses,) = [line for line in ax.lines if line.get_marker() == "x"]
    assert crosses.get_xdata().tolist() == pytest.approx([11.0])


def test_density_counts_hours_of_vessels_whatever_the_rate_of_reports() -> None:
    hour = np.linspace(0.0, 60.0, 7)
    dense = np.linspace(0.0, 60.0, 61)
    lon = {"few": 179.9 + hour / 300.0, "many": 179.9 + dense / 300.0}
    totals = []
    for name, minutes in (("few", hour), ("many", dense)):
        x = ((lon[name] + 180.0) % 360.0 - 180.0).tolist()
        points = way(x, minutes.tolist()).with_columns(lat_deg=pl.lit(-17.0))
        ax = makara.plot_density(points, cell_deg=0.05)
        mesh = ax.collections[-1]
        assert len(mesh.get_array().compressed()) >= 4
        y = mesh.get_coordinates()[:, 0, 1]
        area = (0.05 * 111.195) ** 2 * np.cos(np.radians((y[:-1] + y[1:]) / 2)) * (ax.get_aspect())
        totals.append(float((np.ma.filled(mesh.get_array().reshape(len(area), -1), 0.0) * area[:, None]).sum()))
    assert totals == pytest.approx([1.0, 1.0], rel=1e-6)


def test_coverage_colours_hatches_and_crosses(walked: makara.Session) -> None:
    box = (174.0, -20.0, -176.0, -15.0)
    rows = walked.coverage(bbox=box)["reception"].filter(receiver="terrestrial", transponder="class_a")
    ax = walked.plot_coverage(bbox=box, receiver="terrestrial", transponder="class_a")
    looked, bare = rows.filter(state="looked"), rows.filter(state="not looked")
    assert sorted(set(part(ax, "looked").get_array().tolist())) == sorted(set(looked["p_heard"].to_list()))
    assert part(ax, "not looked").get_hatch() == "xx"
    assert len(part(ax, "not looked").get_paths()) >= len(bare)
    west, east = ax.get_xlim()
    for name in ("looked", "not looked"):
        for path in part(ax, name).get_paths():
            x = path.vertices[:, 0]
            assert west < x.min() and x.max() < east and x.max() - x.min() < 3.0
    assert "terrestrial, class A" in ax.get_title(loc="left")
    ax.figure.canvas.draw()
    with pytest.raises(UsageError, match="hourly"):
        makara.plot_coverage(walked.coverage(hourly=True)["reception"])
    with pytest.raises(UsageError, match="no cells"):
        makara.plot_coverage(rows, receiver="own")


def test_each_part_of_a_cell_across_180_has_its_cell_s_colour() -> None:
    x = np.arange(178.0, 182.0, 0.2)
    cells = sorted({h3.latlng_to_cell(-18.0, float(lon), 3) for lon in x})
    told = [round(0.1 + 0.8 * k / len(cells), 4) for k in range(len(cells))]
    t = datetime(2026, 3, 1, tzinfo=UTC)
    rows = pl.DataFrame({
        "cell": [h3.str_to_int(c) for c in cells], "t_start": t, "t_end": t, "receiver": "terrestrial",
        "transponder": "class_a", "trials": 5, "p_heard": told, "p_lo": 0.1, "p_hi": 0.2,
    })  # fmt: skip
    drawn = part(makara.plot_coverage(rows), "looked")
    assert len(drawn.get_paths()) > len(cells), "a cell lies across 180"
    for path, value in zip(drawn.get_paths(), drawn.get_array(), strict=True):
        lon, lat = path.vertices[:-1].mean(axis=0)
        assert value == told[cells.index(h3.latlng_to_cell(float(lat), float(lon), 3))]


def test_a_lake_draws_its_vessels_and_traffic(walked: makara.Session) -> None:
    seen = walked.view("track_points").drop_nulls("track").group_by("mover").len().sort("len", "mover")
    ax = walked.plot_track(int(seen["mover"][-1]))
    assert "2026-03-14" in ax.get_title(loc="left") and len(part(ax, "heard").get_segments()) > 10
    later = walked.plot_track(int(seen["mover"][-1]), since=datetime(2026, 3, 14, 16, tzinfo=UTC))
    assert 0 < len(part(later, "heard").get_segments()) < len(part(ax, "heard").get_segments())
    assert "Density" in walked.plot_density(bbox=(174.0, -20.0, -176.0, -15.0)).get_title(loc="left")
    given = plt.figure().add_subplot()
    assert makara.plot_track(way([1.0, 1.1], [0, 9]), ax=given, title="mine") is given
    assert given.get_title(loc="left") == "mine"


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(UsageError, match="no track points"):
        makara.plot_track(way([], []))
    with pytest.raises(ColumnsError, match="t_seen"):
        makara.plot_density(pl.DataFrame({"lon_deg": [1.0], "lat_deg": [1.0]}))
    with pytest.raises(ColumnsError, match="table reception"):
        makara.plot_coverage(way([1.0], [0]))


def test_without_matplotlib_it_says_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import datetime, makara\n"
        "point = {'t_seen': datetime.datetime(2026, 1, 1), 'lon_deg': 1.0, 'lat_deg': 1.0}\n"
        "try: makara.plot_track([point])\n"
        "except makara.base.errors.UsageError as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "matplotlib is not installed; pip install makara[plot]", done.stderr


def test_the_graticule_names_sides_and_minutes() -> None:
    told = [degrees(m, "EW") for m in (182 * 60 + 30, -181 * 60, 180 * 60, 0, 98 * 60 + 5)]
    assert told == ["177°30′W", "179°E", "180°", "0°", "98°05′E"]
    assert [degrees(m, "NS") for m in (-17 * 60, 60)] == ["17°S", "1°N"]


def test_the_coast_runs_on_past_180() -> None:
    shifts = {turn for turn, _ in coast().within(176.0, -19.0, 8.0, 4.0)}
    assert shifts == {0.0, 360.0}
    fiji = [t for turn, t in coast().within(176.0, -19.0, 8.0, 4.0) if turn == 360.0]
    assert fiji and all(len(c) == len(r) - 1 for t in fiji for r, c in zip(t.rings, t.coast, strict=True))
    assert {turn for turn, _ in coast().within(0.0, -80.0, 359.0, 160.0)} == {0.0, 360.0}
