"""makara demo: a simulated sea through the whole walk, a summary, then the map."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from makara.base.errors import UsageError
from makara.cli.output import cell, progress

if TYPE_CHECKING:
    from makara.session import Session

PARTNER = """
[licences.open]
permits = ["*"]

[partners.FJI]
name = "Fiji"
tier = "foreign"

[[policies]]
policy = "fiji-eez"
partner = "FJI"
effect = "allow"
tables = ["events", "alerts", "vessels", "vessel_links", "track_points", "tracks", "detections", "collections",
  "matches", "zones"]
kinds = ["*"]
zones = ["eez-fji"]
buffer_m = 185200
columns = ["*"]
delay_s = 0
coarsen = {}
purposes = ["operations"]
"""
"""What the demo's owner lets Fiji see: what touches its zone, and a 100 nautical mile buffer around it."""


@click.command()
@click.option("--dir", "where", type=click.Path(path_type=Path, file_okay=False), help="Keep everything here.")
@click.option("--seed", default=7, show_default=True, help="Of the simulated sea.")
@click.option("--hours", default=6.0, show_default=True, help="Length of the simulated sea.")
@click.option("--vessels", default=120, show_default=True, help="Vessels in it.")
@click.option("--port", default=8470, show_default=True, help="Port of the map.")
@click.option("--no-serve", is_flag=True, help="End after the summary.")
def demo(where: Path | None, seed: int, hours: float, vessels: int, port: int, no_serve: bool) -> None:
    """The main job from end to end: simulate a sea, ingest, run, sum up, serve the map."""
    from makara.session import exercise
    from makara.session import open as open_session

    home = where or Path(tempfile.mkdtemp(prefix="makara-demo-"))
    if (home / "case").exists() or (home / "lake").exists():
        raise UsageError(f"{home} holds a demo already; give --dir another directory, or none")
    click.echo(f"A simulated sea of {hours:g} h and {vessels} vessels (seed {seed}); no vessel in it is real.")
    exercise(seed, home / "case", hours=hours, vessels=vessels, scenes=1)
    session = open_session(home / "lake", settings=_settings())
    with progress("ingest") as tick:
        taken = session.ingest("case", home / "case", progress=tick)
    with progress("run") as tick:
        done = session.run(progress=tick)
    _summary(session, taken, done, home)
    if no_serve:
        return
    from makara.web import serve

    click.echo(f"\nThe map: http://127.0.0.1:{port}/  (Ctrl-C ends it)")
    serve(session, host="127.0.0.1", port=port)


def _settings() -> str:
    """A new lake's settings, with Fiji as a partner whom the simulated feeds may go to."""
    from makara.session.settings import default_settings

    feeds = r"(?m)^(\[feeds\.case\..*\nmark = .*release_to = )\[\]"
    return re.sub(feeds, r'\1["FJI"]', default_settings()) + PARTNER


def _summary(session: Session, taken: dict[str, Any], done: dict[str, Any], home: Path) -> None:
    rejects = ", ".join(f"{n} {reason}" for reason, n in taken["rejects"].items()) or "none"
    n = taken["tables"]
    click.echo(
        f"\nIn:      {taken['rows']:,} lines and rows: {taken['reports']:,} reports, {taken['claims']:,} claims, "
        f"{n.get('detections', 0):,} detections in {n.get('collections', 0)} looks"
    )
    click.echo(f"Rejects: {rejects}")
    click.echo(f"Tracks:  {done['tracks']:,} from {len(session.view('vessels')):,} claimed identities")
    click.echo("Events:  " + ", ".join(f"{n} {kind}" for kind, n in done["events"].items()))
    _scene(session)
    alerts = session.alerts(limit=5)
    click.echo(f"\nTop alerts of {len(session.alerts())}:")
    for a in alerts.iter_rows(named=True):
        why = session.explain(a["event"])
        click.echo(f"  {a['rank']:5.2f}  {why['why']}")
        click.echo(f"         innocent if: {', '.join(why['innocent'])}")
    _partner(session, "FJI")
    score = session.score(home / "case" / "truth.json")
    false = f"{score['false_per_watch']:.1f} false alerts a watch"
    click.echo(f"\nAgainst the truth ({score['watches']:g} watches of 12 h, {false}):")
    for kind, s in score["kinds"].items():
        recall = "-" if s["recall"] is None else f"{s['recall']:.2f}"
        precision = "-" if s["precision"] is None else f"{s['precision']:.2f}"
        click.echo(f"  {kind:16} planted {s['planted']}, found {s['found']}, recall {recall}; "
                   f"alerts {s['alerts']}, precision {precision}")  # fmt: skip
    click.echo(f"\nKept in {home}: try  makara alerts {home / 'lake'}")


def _scene(session: Session) -> None:
    """What was found in the pixels of the rendered scene: only its detections have a chip."""
    found = session.view("detections")
    seen = found.filter(found["chip"].is_not_null())
    sure = seen.filter(seen["p_vessel"] >= 0.5)
    ids = set(sure["detection"])
    dark = [
        e for e in session.view("events").sort("t_start").iter_rows(named=True)
        if e["kind"] == "dark" and e["state"] != "withdrawn" and ids & set(e["participants"])
    ]  # fmt: skip
    click.echo(
        f"Pixels:  {len(seen)} bright spots in a radar scene, {len(sure)} held to be vessels, {len(dark)} without AIS:"
    )
    for e in dark:
        click.echo(f"         {session.explain(e['event'])['why']}")


def _partner(session: Session, partner: str) -> None:
    from makara.sharing import REASONS

    seen = session.release(partner)
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in seen.tables.items() if len(rows)) or "nothing"
    click.echo(f"\nPartner {partner} sees: {counts}")
    for e in seen["events"].iter_rows(named=True) if len(seen["events"]) else ():
        place = f"{cell(e.get('lat_deg'))}, {cell(e.get('lon_deg'))}"
        click.echo(f"  {e['kind']} {e['state']} since {cell(e['t_start'])} at {place}")
    withheld = session.withheld(partner)
    rows = withheld.filter(withheld["effect"] == "deny")
    click.echo(f"Withheld from {partner}: {len(rows):,} rows:")
    most = rows.group_by("table", "reason").len().sort("len", "table", descending=True).head(6)
    for table, reason, n in most.iter_rows():
        click.echo(f"  {n:7,} {table}: {REASONS.get(reason, reason)}")
