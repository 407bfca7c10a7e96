"""Commands that change a lake: ingest, run."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from makara.cli.output import Instant, frame, lake_argument, progress


@click.command()
@lake_argument
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--explain", is_flag=True, help="Say what was recognised and what would be rejected; write nothing.")
@click.option("--map", "maps", multiple=True, metavar="TARGET=COLUMN", help="mapped: where a column comes from.")
@click.option("--set", "sets", multiple=True, metavar="TARGET=VALUE", help="mapped: a constant for a column.")
@click.option("--unit", "units", multiple=True, metavar="TARGET=UNIT", help="mapped: unit of a column, as sog_kn=m/s.")
@click.option("--scheme", help="mapped: scheme of ids that are no MMSIs.")
@click.option("--null", help="mapped: values that mean unknown, as -99,511.")
@click.option("--tz", help="mapped: time zone of times that name none.")
@click.option("--sep", help="mapped: separator of a CSV file.")
@click.option("--receiver", help="Class of the receiver: terrestrial, satellite, vms, own, unknown.")
@click.option("--provider", help="detections, collections: who provided them, where the file does not say.")
@click.option("--as-of", help="ofac, iuu, rfmo, mids, classes: date of the list, as 2026-01-31.")
@click.option("--time-from", help="nmea: where lines without a time take it from: file, an ISO time, or base.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="json", show_default=True)
def ingest(lake: str, source: str, files: tuple[Path, ...], explain: bool, form: str, **given: object) -> None:
    """Take FILES of SOURCE into LAKE (made when it does not exist). The same file again is a no-op.

    Prints rows, reports, claims, rejects by reason, and files skipped because their content is known.
    """
    from makara.session import open as open_session
    from makara.session import preview

    repeated = {"map": given.pop("maps"), "set": given.pop("sets"), "unit": given.pop("units")}
    options: dict[str, Any] = {k: str(v) for k, v in given.items() if v is not None}
    options |= {k: "\n".join(v) for k, v in repeated.items() if isinstance(v, tuple) and v}
    if explain:
        taken = preview(source, files, **options)
    else:
        session = open_session(lake)
        with progress(f"ingest {source}") as tick:
            taken = session.ingest(source, files, progress=tick, **options)
    for warning in taken.get("warnings", []):
        click.echo(f"makara: warning: {warning}", err=True)
    if form == "json":
        click.echo(json.dumps(taken, default=str))
    else:
        import polars as pl

        frame(pl.DataFrame({"what": list(taken), "value": [str(v) for v in taken.values()]}))


@click.command()
@lake_argument
@click.option("--rule", help="Only this rule.")
@click.option("--from", "frm", type=Instant(), help="Redo the rules from this instant on.")
@click.option("--to", type=Instant(), help="Walk no further than what was known at this instant.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="json", show_default=True)
def run(lake: str, rule: str | None, frm: datetime | None, to: datetime | None, form: str) -> None:
    """Walk LAKE in steps of t_known: tracks, matches, events, alerts, releases."""
    from makara.session import open as open_session

    session = open_session(lake, create=False)
    with progress("run") as tick:
        done = session.run(rule=rule, frm=frm, to=to, progress=tick)
    if form == "json":
        click.echo(json.dumps(done, default=str))
    else:
        import polars as pl

        frame(pl.DataFrame({"what": list(done), "value": [str(v) for v in done.values()]}))
