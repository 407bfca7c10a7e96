"""Commands that list: sources, rules, doctor."""

from __future__ import annotations

import json
from typing import Any

import click

from makara.cli.output import lake_argument

plain_format = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")


@click.command()
@plain_format
def sources(form: str) -> None:
    """Sources that can be ingested, with their options."""
    from makara.sources import names, source

    found = [source(n).SOURCE for n in names()]
    if form == "json":
        click.echo(json.dumps([_source(s) for s in found]))
        return
    for s in found:
        click.echo(f"{s.name}: {s.doc}")
        click.echo(f"    gives {', '.join(s.tables)}")
        for o in s.options:
            click.echo(f"    --{o.name.replace('_', '-')}: {o.doc}")


def _source(s: Any) -> dict[str, Any]:
    return {
        "name": s.name,
        "doc": s.doc,
        "tables": list(s.tables),
        "options": [{"name": o.name, "doc": o.doc} for o in s.options],
    }


@click.command()
@plain_format
def rules(form: str) -> None:
    """Rules: what they mean, parameters with units and defaults, innocent explanations."""
    from makara.behaviours import names, rule

    found = [(rule(n), rule(n).RULE) for n in names()]
    if form == "json":
        click.echo(json.dumps([_rule(m, r) for m, r in found]))
        return
    for module, r in found:
        click.echo(f"{r.kind} {r.version}: {(module.__doc__ or '').strip().splitlines()[0]}")
        for p in r.parameters:
            click.echo(f"    {p.name} = {p.default}: {p.doc}")
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


@click.command()
@lake_argument
@plain_format
@click.pass_context
def doctor(ctx: click.Context, lake: str, form: str) -> None:
    """Check LAKE: format, files that the snapshot names, state, lock, settings. Exit code 1 if something is wrong."""
    from makara.session import open as open_session

    findings = open_session(lake, create=False).doctor()
    if form == "json":
        click.echo(json.dumps(findings))
    else:
        for f in findings:
            click.echo(f"{f['level']:7} {f['what']}: {f['detail']}")
    if any(f["level"] == "error" for f in findings):
        ctx.exit(1)
