"""Commands that change a lake: ingest, run."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from makara.cli.explain import show_explained
from makara.cli.output import Instant, frame, lake_argument, progress


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="LAKE SOURCE FILES...")
@click.option("--explain", is_flag=True, help="Only say what FILES are (LAKE, SOURCE may be left out); write nothing.")
@click.option("--map", "maps", multiple=True, metavar="TARGET=COLUMN", help="mapped: where a column comes from.")
@click.option("--set", "sets", multiple=True, metavar="TARGET=VALUE", help="mapped: a constant for a column.")
@click.option("--unit", "units", multiple=True, metavar="TARGET=UNIT", help="mapped: unit of a column, as sog_kn=m/s.")
@click.option("--scheme", help="mapped: scheme of ids that are no MMSIs.")
@click.option("--null", help="mapped: values that mean unknown, as -99,511.")
@click.option("--tz", help="mapped: time zone of times that name none.")
@click.option("--sep", help="mapped: separator of a CSV file.")
@click.option("--receiver", help="Class of the receiver: terrestrial, satellite, vms, own, unknown.")
@click.option("--provider", help="detections, collections: who provided them, where the file does not say.")
@click.option(
    "--sensor", help="ksat, kml: kind of sensor where rows do not say: sar, optical, viirs, rf, radar, patrol."
)
@click.option("--radar", "radars", multiple=True, metavar="[NAME=]LON,LAT", help="asterix, radar_csv: where it stands.")
@click.option("--day", help="asterix: day of the first plot, as 2026-03-14; or file, for the file's own time.")
@click.option("--time", "times", multiple=True, metavar="[SCENE=]TIME", help="xview3: when the scenes were taken.")
@click.option("--frequency-unit", help="hawkeye, unseenlabs: Hz, kHz, MHz or GHz, where no column says.")
@click.option("--axis-unit", help="hawkeye, unseenlabs: unit of ellipse axes, m, km or nmi, where no column says.")
@click.option("--confidence", help="hawkeye, unseenlabs: share that ellipses hold where rows do not say.")
@click.option("--shift-years", help="vms: years added to all times of data whose years were moved.")
@click.option("--form", "lines", help="tcp, listen, mqtt: what the lines of a segment are.")
@click.option("--feed", help="tcp, listen, mqtt: feed whose mark the rows bear.")
@click.option("--as-of", help="ofac, iuu, rfmo, mids, classes: date of the list, as 2026-01-31.")
@click.option("--time-from", help="nmea: where lines without a time take it from: file, an ISO time, or base.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="json", show_default=True)
def ingest(words: tuple[str, ...], explain: bool, form: str, **given: object) -> None:
    """Take FILES of SOURCE into LAKE (made when it does not exist). The same file again is a no-op.

    Prints rows, reports, claims, rejects by reason, and files skipped because their content is known. Which source a
    file is of, and what would become of it, says `makara ingest --explain FILE --format table`.
    """
    from makara.session import open as open_session
    from makara.session import preview

    repeated = {n: given.pop(f"{n}s") for n in ("map", "set", "unit", "radar", "time")}
    options: dict[str, Any] = {k: str(v) for k, v in given.items() if v is not None}
    options |= {k: "\n".join(v) for k, v in repeated.items() if isinstance(v, tuple) and v}
    if "lines" in options:
        options["form"] = options.pop("lines")
    lake, source, files = _split(words, explain)
    if explain:
        taken = preview(source, files, **options)
        if form == "table":
            show_explained(taken)
            return
    else:
        assert source is not None
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


def _split(words: tuple[str, ...], explain: bool) -> tuple[str, str | None, list[Path]]:
    """LAKE, SOURCE and FILES; to explain, the files are enough.

    Raises:
        UsageError: a part is missing.
    """
    from makara.base.errors import UsageError
    from makara.sources import names

    if len(words) >= 3 and (not explain or words[1] in names()):
        return words[0], words[1], [Path(w) for w in words[2:]]
    if not explain:
        missing = ("LAKE, SOURCE and FILES", "SOURCE and FILES", "FILES")[len(words)]
        raise UsageError(f"{missing} missing: makara ingest LAKE SOURCE FILES...; add --explain to only look at a file")
    if len(words) >= 2 and words[0] in names():
        return "", words[0], [Path(w) for w in words[1:]]
    if len(words) >= 2 and (Path(words[0]) / "format.json").exists():
        return words[0], None, [Path(w) for w in words[1:]]
    return "", None, [Path(w) for w in words]


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
