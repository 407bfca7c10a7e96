"""makara vessel: one vessel with its history, search, and what operators say of vessels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from makara.cli.output import Instant, format_option, frame, lake_argument, plain_rows, show

VESSEL_COLUMNS = ("vessel", "mmsi", "imo", "name", "callsign", "flag", "class", "length_m")
LINK_COLUMNS = ("member", "from", "to", "p", "how")
FOUND_COLUMNS = (
    "score",
    "what",
    "value",
    "vessel",
    "mmsi",
    "imo",
    "name",
    "callsign",
    "flag",
    "list",
    "as_of",
    "reason",
)
who_option = click.option("--as", "who", metavar="NAME", help="Who says so; else the user of this process.")
why_option = click.option("--why", required=True, help="The reason, for the log.")


class OrShow(click.Group):
    """A group whose commands may be left out: ``makara vessel LAKE ID`` shows one vessel."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``show`` before what is no command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=OrShow)
def vessel() -> None:
    """One vessel (show, which may be left out: `makara vessel LAKE ID`), search, merge, split, undo, acts.

    Operators' acts are inputs like reports: they are logged with who, when and why, hold whatever comes in later, and
    can be undone. They take effect at once: the walk goes on with all that is new.
    """


@vessel.command("show")
@lake_argument
@click.argument("ident", metavar="ID")
@click.option("--since", type=Instant(), help="Only points from this instant on.")
@click.option("--until", type=Instant(), help="Only points before this instant.")
@format_option
def show_one(lake: str, ident: str, since: datetime | None, until: datetime | None, form: str) -> None:
    """One vessel of LAKE by its id, MMSI, IMO number, call sign or name.

    Identity, members, what it was called from when to when, lists that it may be on, what else its members could be and
    what does not fit; with --format geojson its tracks.
    """
    from makara.session import open as open_session
    from makara.session.vessels import doubts, history, listed, rivals

    found = open_session(lake, create=False).vessel(ident, since=since, until=until)
    show(found, "track_points" if form == "geojson" else "vessels", form, VESSEL_COLUMNS)
    if form == "table":
        for rows, columns in (
            (found["vessel_links"], LINK_COLUMNS),
            (history(found["vessels"]), ("what", "value", "from", "to", "n")),
            (listed(found["vessels"]), ("list", "as_of", "name", "reason", "how", "p", "former")),
            (rivals(found["vessels"]), ("member", "rival", "p", "how")),
            (doubts(found["vessels"]), ("code", "text")),
        ):
            if len(rows):
                click.echo()
                frame(rows, columns)


@vessel.command()
@lake_argument
@click.argument("text")
@click.option("--partner", default="self", show_default=True, help="Among what this partner may see.")
@click.option("--limit", default=20, show_default=True, help="At most so many.")
@format_option
def search(lake: str, text: str, partner: str, limit: int, form: str) -> None:
    """Vessels and entries of lists in LAKE by any number or name (TEXT), also misspelt or formerly borne."""
    from makara.session import open as open_session

    found = open_session(lake, create=False).search(text, partner=partner, limit=limit)
    _print(found, form, FOUND_COLUMNS)


@vessel.command()
@lake_argument
@click.argument("a")
@click.argument("b")
@why_option
@who_option
def merge(lake: str, a: str, b: str, why: str, who: str | None) -> None:
    """Say that vessels A and B of LAKE are one; prints the act's id. The one that was seen first keeps its id."""
    from makara.session import open as open_session

    click.echo(open_session(lake, create=False).merge(a, b, why=why, who=who))


@vessel.command()
@lake_argument
@click.argument("ident", metavar="ID")
@click.argument("member")
@why_option
@who_option
def split(lake: str, ident: str, member: str, why: str, who: str | None) -> None:
    """Say that MEMBER (MMSI or merged vessel) is no part of vessel ID of LAKE; prints the act's id."""
    from makara.session import open as open_session

    click.echo(open_session(lake, create=False).split(ident, member, why=why, who=who))


@vessel.command()
@lake_argument
@click.argument("act")
@why_option
@who_option
def undo(lake: str, act: str, why: str, who: str | None) -> None:
    """Say that ACT does not count; prints the new act's id, which can be undone in turn."""
    from makara.session import open as open_session

    click.echo(open_session(lake, create=False).undo(act, why=why, who=who))


@vessel.command()
@lake_argument
@format_option
def acts(lake: str, form: str) -> None:
    """What operators said of vessels of LAKE, the newest first, and whether it counts."""
    from makara.session import open as open_session

    _print(open_session(lake, create=False).acts(), form)


def _print(rows: Any, form: str, columns: tuple[str, ...] = ()) -> None:
    """Rows that are no table of the contract."""
    from makara.base.time import text

    if form == "table":
        frame(rows, columns)
        return
    plain_rows([{k: text(v) if hasattr(v, "tzinfo") else v for k, v in r.items()} for r in rows.to_dicts()], form)
