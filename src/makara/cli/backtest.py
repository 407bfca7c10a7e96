"""makara backtest: a rule over what a lake holds, with other settings than those in force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from makara.base.errors import UsageError
from makara.cli.output import Box, Instant, cell, format_option, frame, lake_argument, show

if TYPE_CHECKING:
    from makara.session.tally import Backtest

AS_SET: Final = "in-force"
MOST: Final = 10
"""Rows of each list for people; all with --format json."""


@click.command()
@lake_argument
@click.argument("rule")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="A parameter in the place of what is set.")
@click.option(
    "--against", multiple=True, metavar="NAME=VALUE", help=f"A second setting to hold beside; {AS_SET}: what is set."
)
@click.option("--from", "since", type=Instant(), help="Events that began from this instant on; else from the first.")
@click.option("--to", "until", type=Instant(), help="Know nothing from this instant on; else all.")
@click.option("--bbox", type=Box(), help="Events in this box; W > E crosses 180.")
@format_option
def backtest(
    lake: str,
    rule: str,
    values: Sequence[str],
    against: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    bbox: tuple[float, float, float, float] | None,
    form: str,
) -> None:
    """What RULE would have raised on what LAKE holds: alerts a day, where, by flag and class, ten with their why.

    Nothing is written. With --against two settings stand side by side, with what only one of them has. --format json
    gives all counts; jsonl, csv and geojson the alerts.
    """
    from makara.session import open as open_session
    from makara.sharing import own

    session = open_session(lake, create=False)
    second = None if not against else {} if list(against) == [AS_SET] else _values(against)
    found = session.backtest(rule, _values(values), against=second, since=since, until=until, bbox=bbox)
    if form == "json":
        click.echo(json.dumps(found.summary()))
    elif form == "table":
        _told(found)
    else:
        show(own({"events": found.rows()}, "operations", found.until), "events", form)


def _values(given: Sequence[str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise UsageError(f"{text!r} sets nothing; write name=value, as duration_min_s=7200")
        try:
            out[name.strip()] = json.loads(value)
        except ValueError:
            out[name.strip()] = value.strip()
    return out


def _told(found: Backtest) -> None:
    import polars as pl

    from makara.session.tally import NAMES

    summary = found.summary()
    click.echo(f"{found.kind} from {summary['from']} to {summary['to']}; severity {found.severity_min} and more alerts")
    names = NAMES[: len(found.tried)]
    counts = ("events", "alerts", "alerts_a_day", "alerts_a_watch_max", "only")
    lines = [(c, [summary[n].get(c) for n in names]) for c in counts if c in summary[names[0]]]
    lines += [(p, [t.parameters[p] for t in found.tried]) for p in found.tried[0].parameters]
    values = [{"": c} | dict(zip(names, map(cell, told), strict=True)) for c, told in lines]
    click.echo()
    frame(pl.DataFrame(values))
    for name, tried in zip(names, found.tried, strict=True):
        for area in tried.areas:
            click.echo(f"in {', '.join(area['zones'])}: {area['parameters']}")
        for what in ("by_day", "by_place", "by_zone", "by_flag", "by_class"):
            rows: pl.DataFrame = getattr(tried, what)
            if len(rows):
                click.echo(f"\n{name}, {what.replace('_', ' ')}")
                frame(rows.head(MOST))
        alone = summary[name].get("only_examples", [])
        for title, examples in ((f"{name}, examples", summary[name]["examples"]), (f"only with {name}", alone)):
            if examples:
                click.echo(f"\n{title}")
            for e in examples:
                click.echo(f"    {e['t_start']} severity {e['severity']}: {cell(e['why'])}")
                click.echo(f"        looks the same: {', '.join(e['innocent'])}")


__all__ = ["backtest"]
