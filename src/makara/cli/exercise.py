"""Commands on simulated seas: exercise, score."""

from __future__ import annotations

import json
from pathlib import Path

import click

from makara.cli.output import lake_argument, progress


@click.command()
@click.option("--seed", type=int, required=True, help="Same seed, same bytes.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Directory to write.")
@click.option("--hours", type=float, default=24.0, show_default=True, help="Length.")
@click.option("--vessels", type=int, default=300, show_default=True, help="How many vessels.")
@click.option("--quiet", is_flag=True, help="No incident, look-alikes only.")
@click.option("--scenes", type=int, default=0, show_default=True, help="Planned radar looks to render as products.")
def exercise(seed: int, out: Path, hours: float, vessels: int, quiet: bool, scenes: int) -> None:
    """Write a simulated sea, with its truth, as a case directory.

    With --scenes, radar images in the form of Sentinel-1 products go to OUT/scenes: what they show is for a detector to
    find, and no longer among the detections told.
    """
    from makara.session import exercise as simulate

    with progress("scenes") as tick:
        written = simulate(seed, out, hours=hours, vessels=vessels, quiet=quiet, scenes=scenes, progress=tick)
    click.echo(json.dumps({"directory": str(out), "bytes": written}))


@click.command()
@lake_argument
@click.option("--truth", type=click.Path(path_type=Path, dir_okay=False), required=True, help="truth.json of the case.")
def score(lake: str, truth: Path) -> None:
    """Hold LAKE's events and alerts against the truth of a case; prints JSON."""
    from makara.session import open as open_session

    click.echo(json.dumps(open_session(lake, create=False).score(truth)))
