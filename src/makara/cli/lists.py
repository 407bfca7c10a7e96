"""Commands that list: sources, doctor."""

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
