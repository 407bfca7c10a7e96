"""How commands print: data to stdout in one of five formats, progress and warnings to stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from makara.base import time
from makara.base.errors import MakaraError, UsageError

if TYPE_CHECKING:
    import polars as pl

    from makara.tables.release import Release

FORMATS = ("table", "json", "jsonl", "csv", "geojson")
format_option = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
)
lake_argument = click.argument("lake", type=click.Path(file_okay=False))


class Instant(click.ParamType[datetime]):
    """An instant as ISO 8601 with Z."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse, or fail as a usage error."""
        try:
            return time.parse(str(value))
        except MakaraError as e:
            self.fail(str(e), param, ctx)


class Box(click.ParamType[tuple[float, ...]]):
    """A box W,S,E,N in degrees; W > E crosses 180."""

    name = "W,S,E,N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Parse, or fail as a usage error."""
        try:
            return box(str(value))
        except MakaraError as e:
            self.fail(str(e), param, ctx)


def box(text: str) -> tuple[float, float, float, float]:
    """A box from text.

    Raises:
        UsageError: not four numbers, or out of range.
    """
    parts = text.split(",")
    try:
        w, s, e, n = (float(p) for p in parts)
    except ValueError:
        raise UsageError(f"{text!r} is not a box; write W,S,E,N in degrees, as 92,1,104,14") from None
    if not (-180 <= w <= 180 and -180 <= e <= 180 and -90 <= s <= n <= 90):
        raise UsageError(f"{text!r} is not a box: longitudes in [-180, 180], latitudes in [-90, 90], south first")
    return w, s, e, n


def show(release: Release, table: str, form: str, columns: tuple[str, ...] = ()) -> None:
    """Print a table of a release.

    Args:
        release: what may be shown.
        table: which of its tables.
        form: one of FORMATS.
        columns: what the form ``table`` shows; all when empty.
    """
    if form == "table":
        frame(release[table], columns)
        return
    from makara.sinks import geojson, to_csv, to_json, to_jsonl

    if form == "geojson":
        sys.stdout.buffer.write(geojson(release, (table,)) + b"\n")
        return
    writers: dict[str, Callable[[Release, str], str]] = {"json": to_json, "jsonl": to_jsonl, "csv": to_csv}
    sys.stdout.write(writers[form](release, table))


def plain_rows(rows: Sequence[Mapping[str, Any]], form: str) -> None:
    """Print rows that are no table of the contract (sources, rules, findings) as json, jsonl, csv or geojson.

    They have no place, so as GeoJSON they are features without geometry.
    """
    if form == "json":
        click.echo(json.dumps(rows))
    elif form == "jsonl":
        for r in rows:
            click.echo(json.dumps(r))
    elif form == "geojson":
        features = [{"type": "Feature", "geometry": None, "properties": r} for r in rows]
        click.echo(json.dumps({"type": "FeatureCollection", "features": features}))
    else:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(rows[0] if rows else ())
        out.writerows([v if isinstance(v, str) else json.dumps(v) for v in r.values()] for r in rows)


def frame(rows: pl.DataFrame, columns: tuple[str, ...] = ()) -> None:
    """Print rows as an aligned table for people."""
    from rich.console import Console
    from rich.table import Table

    shown = [c for c in columns if c in rows.columns] or rows.columns
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    out = Table(box=None, pad_edge=False, header_style="bold")
    for c in shown:
        out.add_column(c, overflow="fold")
    for r in rows.select(shown).iter_rows():
        out.add_row(*(cell(v) for v in r))
    console.print(out)
    click.echo(f"{len(rows)} rows", err=True)


def cell(value: Any) -> str:
    """A value for people's eyes; unknown is a dash. Control characters are made visible."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return " ".join(cell(v.get("text") or v.get("code") if isinstance(v, dict) else v) for v in value)
    return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in str(value))


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; silent when stderr is no terminal. Yields a function that takes the count done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn(what), BarColumn(), TextColumn("{task.completed:,}"), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
