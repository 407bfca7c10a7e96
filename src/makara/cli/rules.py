"""makara rules: what rules there are, what is in force in a lake, and how their alerts fall on vessels."""

from __future__ import annotations

from typing import Any, Final

import click

from makara.cli.output import cell, format_option, frame, lake_argument, plain_rows

COLUMNS: Final = (
    "by",
    "group",
    "vessels",
    "vessel_days",
    "alerts",
    "alert_days",
    "per_1000",
    "lo",
    "hi",
    "against_all",
)


@click.group(invoke_without_command=True)
@click.option("--lake", type=click.Path(file_okay=False), help="Show the values in force there, by area.")
@format_option
@click.pass_context
def rules(ctx: click.Context, lake: str | None, form: str) -> None:
    """Rules: what they mean, parameters with units and defaults, innocent explanations; a report on their alerts."""
    from makara.behaviours import names, rule

    if ctx.invoked_subcommand:
        return
    in_force: dict[str, dict[str, Any]] = {}
    if lake is not None:
        from makara.session import open as open_session

        in_force = {r["kind"]: r for r in open_session(lake, create=False).rules()}
    found = [(rule(n), rule(n).RULE) for n in names()]
    if form != "table":
        told = [_rule(m, r) for m, r in found]
        plain_rows([t | ({"in_force": in_force[t["kind"]]} if in_force else {}) for t in told], form)
        return
    for module, r in found:
        said = in_force.get(r.kind)
        values = said["parameters"] if said else r.resolve("makara").values
        state = "" if said is None or said["enabled"] else ", not enabled"
        trial = ", on trial" if said and said["shadow"] else ""
        click.echo(f"{r.kind} {r.version}{state}{trial}: {(module.__doc__ or '').strip().splitlines()[0]}")
        for p in r.parameters:
            click.echo(f"    {p.name} = {values[p.name]}: {p.doc}")
        for area in said["areas"] if said else ():
            differs = {k: v for k, v in area["parameters"].items() if v != values[k]}
            where = ", ".join(cell(z) for z in area["zones"]) or "zones that are not there yet"
            click.echo(f"    in {where}: {', '.join(f'{k} = {v}' for k, v in differs.items()) or 'the same'}")
        click.echo(f"    looks the same: {', '.join(r.innocent)}")


def _rule(module: Any, r: Any) -> dict[str, Any]:
    return {
        "kind": r.kind,
        "version": r.version,
        "doc": (module.__doc__ or "").strip(),
        "parameters": [{"name": p.name, "default": p.default, "doc": p.doc} for p in r.parameters],
        "profiles": r.profiles,
        "innocent": list(r.innocent),
    }


@rules.command()
@lake_argument
@click.option("--rule", help="Only this one; else all, and each.")
@format_option
def report(lake: str, rule: str | None, form: str) -> None:
    """How alerts of LAKE fall on vessels: for a thousand vessel-days, by flag, class, length and size of vessel.

    A vessel-day is a vessel and a day on which it was heard; lo and hi hold the rate with 95 %. higher and lower: the
    whole interval lies above or below the rate of all vessels.
    """
    import polars as pl

    from makara.behaviours import rule as known
    from makara.session import open as open_session

    found = open_session(lake, create=False).fairness()
    if rule is not None:
        known(rule)
        found = found.filter(pl.col("rule") == rule)
    if form != "table":
        plain_rows(found.to_dicts(), form)
        return
    for part in found.partition_by("rule", maintain_order=True):
        name = part["rule"][0]
        click.echo(f"\n{'all rules' if name == '*' else name}")
        frame(part, COLUMNS)
    for note in found["note"].drop_nulls().unique():
        click.echo(f"\nSmall or artisanal craft: {note}.")
