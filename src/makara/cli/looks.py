"""The command that lists looks."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from makara.cli.output import FORMATS, Instant, lake_argument, show

COLUMNS = ("collection", "product", "sensor", "platform", "mode", "t_start", "t_end", "length50_m", "resolution_m", "cloud_share", "licence")  # fmt: skip  # noqa: E501


@click.command()
@lake_argument
@click.option("--since", type=Instant(), help="Only looks not over before this instant.")
@click.option("--until", type=Instant(), help="Only looks begun before this instant.")
@click.option("--partner", default="self", show_default=True, help="As this partner may see it.")
@click.option("--format", "form", type=click.Choice([*FORMATS, "stac"]), default="table", show_default=True,
              help="How to print; stac: an ItemCollection of STAC items.")  # fmt: skip
def looks(lake: str, since: datetime | None, until: datetime | None, partner: str, form: str) -> None:
    """Looks that sensors took, whether or not they found anything."""
    from makara.session import open as open_session

    found = open_session(lake, create=False).select("collections", since=since, until=until, partner=partner)
    if form == "stac":
        from makara.sinks import stac

        sys.stdout.buffer.write(stac(found))
    else:
        show(found, "collections", form, COLUMNS)
