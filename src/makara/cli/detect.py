"""The command that finds ships in a satellite scene, with no lake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from makara.cli.output import format_option, progress, show

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("t_seen", "lon_deg", "lat_deg", "length_m", "length_sd_m", "width_m", "axis_deg", "scr_db", "p_vessel", "structure")  # fmt: skip  # noqa: E501
WRITTEN = (".csv", ".parquet", ".geojson")
DRAWN = (".png", ".pdf", ".svg")


@click.command()
@click.argument("scene", type=click.Path())
@click.option("--out", type=click.Path(dir_okay=False), help="Write detections here: .csv, .parquet or .geojson.")
@click.option("--plot", type=click.Path(dir_okay=False), help="Draw the scene with what was found: .png, .pdf, .svg.")
@click.option("--chips", type=click.Path(file_okay=False), help="Write a picture of each detection into this folder.")
@click.option("--provider", help="Who provided it, where it does not say.")
@click.option("--units", help="What the numbers of a plain radar GeoTIFF are: dB, dBx100, power or amplitude.")
@click.option("--time", "time_", help="When it was taken, where it does not say: ISO 8601 with Z, or begin/end.")
@click.option("--polarisation", help="Which to take of several: vv (default), hh, vh or hv.")
@click.option("--licence", help="Licence of the product, for the chips.")
@click.option("--zones", type=click.Path(), help="Zones (GeoJSON): what lies in one of kind infrastructure is no ship.")
@click.option("--earlier", type=click.Path(), multiple=True,
              help="Detections (CSV, Parquet) of another date: what stands where one was is no ship.")  # fmt: skip
@format_option
def detect(
    scene: str,
    out: str | None,
    plot: str | None,
    chips: str | None,
    provider: str | None,
    units: str | None,
    time_: str | None,
    polarisation: str | None,
    licence: str | None,
    zones: str | None,
    earlier: tuple[str, ...],
    form: str,
) -> None:
    """Find ships in SCENE: a satellite product as its provider delivers it (directory, zip, tar or GeoTIFF).

    Prints detections with length, axis, signal to clutter and P(vessel), the likeliest vessels first. A calibrated
    GeoTIFF that does not say its units or its time needs --units and may have no time at all.
    """
    from makara.base.errors import UsageError
    from makara.session.detect import COLUMNS as ALL
    from makara.session.detect import before, opened, search

    for option, file, endings in (("--out", out, WRITTEN), ("--plot", plot, DRAWN)):
        if file is not None and Path(file).suffix.lower() not in endings:
            raise UsageError(f"{option} {file}: give a name that ends in {', '.join(endings)}")
        if file is not None and not Path(file).absolute().parent.is_dir():
            raise UsageError(f"{option} {file}: there is no folder {Path(file).parent}; make it first")
    known = {"zones": _rows("zones", zones), "earlier": _together([before(e) for e in earlier])}
    told = {"provider": provider, "units": units, "time": time_, "polarisation": polarisation, "licence": licence}
    with opened(scene, **told) as found:
        with progress("detect", total=found.shape[0]) as tick:
            done = search(found, progress=lambda lines, _: tick(lines), **known)
        if plot is not None:
            from makara.session.scene_plot import plot_scene

            picture = plot_scene(found, done.detections).figure
            with _whole(plot) as part:
                picture.savefig(part, dpi=150, format=Path(plot).suffix[1:].lower())
    if chips is not None:
        for name, data in done.chips.items():
            with _whole(Path(chips) / f"{name}.png", folder=True) as part:
                part.write_bytes(data)
    rows = done.detections.select(ALL).sort("p_vessel", descending=True, nulls_last=True, maintain_order=True)
    _give(rows, out, form)


def _rows(source_name: str, file: str | None) -> pl.DataFrame | None:
    """The rows of a file as its source reads them."""
    if file is None:
        return None
    from makara.sources import source

    return _together([b.frames[source_name] for b in source(source_name).read(Path(file), {})])


def _together(parts: Sequence[pl.DataFrame | None]) -> pl.DataFrame | None:
    import polars as pl

    there = [p for p in parts if p is not None]
    return pl.concat(there, how="diagonal") if there else None


def _give(rows: pl.DataFrame, out: str | None, form: str) -> None:
    """Write rows to a file by its ending, or print them."""
    from datetime import UTC, datetime

    from makara.sharing import own
    from makara.sinks import geojson, to_csv

    release = own({"detections": rows}, "operations", datetime.now(UTC))
    if out is None:
        show(release, "detections", form, COLUMNS)
        return
    kind = Path(out).suffix.lower()
    with _whole(out) as part:
        if kind == ".parquet":
            rows.write_parquet(part)
        elif kind == ".csv":
            part.write_text(to_csv(release, "detections"))
        else:
            part.write_bytes(geojson(release, ("detections",)))
    click.echo(f"{len(rows)} detections written to {out}", err=True)


@contextmanager
def _whole(file: str | Path, *, folder: bool = False) -> Iterator[Path]:
    """A place to write to that becomes the file once all is there; its folder is made where it may be.

    Raises:
        InputError: it cannot be written.
    """
    from makara.base.errors import InputError

    target = Path(file)
    part = target.with_name(f".{target.name}.part")
    try:
        if folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(target)
    except OSError as e:
        raise InputError(f"{target} cannot be written: {e.strerror or e}") from e
    finally:
        part.unlink(missing_ok=True)
