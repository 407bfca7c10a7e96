"""Commands that list: sources, rules, doctor."""

from __future__ import annotations

from typing import Any

import click

from makara.cli.output import format_option, lake_argument, plain_rows


@click.command()
@format_option
def sources(form: str) -> None:
    """Sources that can be ingested, with their options."""
    from makara.sources import names, source

    found = [source(n).SOURCE for n in names()]
    if form != "table":
        plain_rows([_source(s) for s in found], form)
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
@format_option
def rules(form: str) -> None:
    """Rules: what they mean, parameters with units and defaults, innocent explanations."""
    from makara.behaviours import names, rule

    found = [(rule(n), rule(n).RULE) for n in names()]
    if form != "table":
        plain_rows([_rule(m, r) for m, r in found], form)
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
@format_option
@click.pass_context
def doctor(ctx: click.Context, lake: str, form: str) -> None:
    """Check LAKE: format, files that the snapshot names, state, lock, settings. Exit code 1 if something is wrong."""
    from makara.session import open as open_session

    findings = open_session(lake, create=False).doctor()
    if form != "table":
        plain_rows(findings, form)
    else:
        for f in findings:
            click.echo(f"{f['level']:7} {f['what']}: {f['detail']}")
    if any(f["level"] == "error" for f in findings):
        ctx.exit(1)
