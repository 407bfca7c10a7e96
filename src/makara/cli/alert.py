"""makara alerts and makara alert: the inbox, one alert in words, and what operators do to alerts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import click

from makara.cli.output import Instant, cell, format_option, frame, lake_argument, plain_rows, show

ALERT_COLUMNS: Final = (
    "alert",
    "rank",
    "state",
    "kind",
    "severity",
    "t_start",
    "mmsi",
    "event",
    "version",
    "subscription",
)
HEADS: Final = {
    "raised": "",
    "told": "told by a stronger alert of the same happening",
    "listed": "listed: beyond the budget of their watch",
    "suppressed": "suppressed",
    "withdrawn": "withdrawn: what is known by now no longer supports them",
}
MORE: Final = {"suppressed": ("suppressed_by",), "told": ("told_by",)}
"""Columns that some of these have besides."""
who_option = click.option("--as", "who", metavar="NAME", help="Who says so; else the user of this process.")


@click.command()
@lake_argument
@format_option
def alerts(lake: str, form: str) -> None:
    """Alerts of LAKE, the most urgent first: raised ones, those that a stronger one of the same happening tells, those
    beyond the budget of their watch, suppressed ones.

    In the other formats than table all of them are rows, with their columns told_by, listed and suppressed_by.
    """
    import polars as pl

    from makara.session import open as open_session

    session = open_session(lake, create=False)
    found = session.select("alerts")
    if form != "table":
        show(found, "alerts", form)
        return
    facts = session.events().select("event", "kind", "severity", "t_start", "mmsi")
    rows = found["alerts"].join(facts, on="event", how="left", maintain_order="left")
    gone, silent = pl.col("state") == "withdrawn", pl.col("suppressed_by").is_not_null()
    beyond = pl.col("listed").fill_null(False)
    where = pl.when(gone).then(pl.lit("withdrawn")).when(silent).then(pl.lit("suppressed"))
    where = where.when(pl.col("told_by").is_not_null()).then(pl.lit("told"))
    rows = rows.with_columns(where=where.when(beyond).then(pl.lit("listed")).otherwise(pl.lit("raised")))
    for part, head in HEADS.items():
        some = rows.filter(pl.col("where") == part)
        if len(some) or part == "raised":
            if head:
                click.echo(f"\n{head}")
            frame(some, (*ALERT_COLUMNS, *MORE.get(part, ())))


@click.group()
def alert() -> None:
    """One alert in words; suppress alerts with a reason, lift that again.

    Suppressed alerts stand, with the reason, and take no place in the budget of their watch. What operators do is
    logged with who, when and why, and takes effect at once: the walk goes on with all that is new.
    """


@alert.command("show")
@lake_argument
@click.argument("ident", metavar="ALERT")
@click.option("--partner", default="self", show_default=True, help="As this partner may see it.")
@format_option
def show_one(lake: str, ident: str, partner: str, form: str) -> None:
    """ALERT of LAKE in words: why, its rank, what innocent thing looks the same, what would change our mind."""
    from makara.session import open as open_session

    told = open_session(lake, create=False).alert(ident, partner=partner)
    if form != "table":
        plain_rows([told], form) if form != "json" else click.echo(json.dumps(told))
        return
    click.echo(cell(told["why"]))
    stands = (
        "withdrawn" if told["state"] == "withdrawn" else "listed, beyond the budget" if told["listed"] else "raised"
    )
    silent = told["suppressed_by"]
    if told["told_by"] and not silent and told["state"] != "withdrawn":
        stands = f"told by {told['told_by']}"
    click.echo(f"{told['kind']}, severity {told['severity']}, rank {cell(told['rank'])}: {stands}")
    if silent:
        click.echo(f"suppressed by {cell(silent)}")
    for head, rows in (
        ("rank", [f"{c['weight']:.4g} {c['code']}: {c['text']}" for c in told["contributions"]]),
        ("reasons", [f"{r['code']}: {r['text']}" for r in told["reasons"]]),
        ("looks the same", [i.replace("_", " ") for i in told["innocent"]]),
        ("would change our mind", told["would_change"]),
    ):
        if rows:
            click.echo(f"\n{head}")
            for r in rows:
                click.echo(f"    {cell(r)}")


@alert.command()
@lake_argument
@click.argument("ident", metavar="[ALERT]", required=False)
@click.option("--vessel", help="All alerts of this vessel: MMSI, IMO number, id, call sign or exact name.")
@click.option("--zone", help="All alerts that touch this zone: key, provider's id or name.")
@click.option("--rule", help="All alerts of this kind. Of several of these all must hold.")
@click.option("--reason", required=True, help="Why; it stands with each alert.")
@click.option("--until", type=Instant(), help="When it is over; else when it is lifted.")
@who_option
def suppress(
    lake: str,
    ident: str | None,
    vessel: str | None,
    zone: str | None,
    rule: str | None,
    reason: str,
    until: datetime | None,
    who: str | None,
) -> None:
    """Keep ALERT of LAKE silent, or all alerts of a vessel, zone or rule; prints the act's id."""
    from makara.session import open as open_session

    session = open_session(lake, create=False)
    click.echo(session.suppress(ident, vessel=vessel, zone=zone, rule=rule, why=reason, until=until, who=who))


@alert.command()
@lake_argument
@click.argument("act")
@click.option("--reason", required=True, help="Why.")
@who_option
def lift(lake: str, act: str, reason: str, who: str | None) -> None:
    """Say that ACT, which suppressed alerts of LAKE, does not count any more; prints the new act's id."""
    from makara.session import open as open_session

    click.echo(open_session(lake, create=False).lift(act, why=reason, who=who))


@alert.command()
@lake_argument
@format_option
def acts(lake: str, form: str) -> None:
    """What operators did to alerts of LAKE, the newest first, and whether it counts."""
    from makara.base.time import text
    from makara.session import open as open_session

    found = open_session(lake, create=False).suppressions()
    if form == "table":
        frame(found)
        return
    rows: list[dict[str, Any]] = found.to_dicts()
    plain_rows([{k: text(v) if isinstance(v, datetime) else v for k, v in r.items()} for r in rows], form)
