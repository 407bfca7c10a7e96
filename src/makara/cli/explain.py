"""How `makara ingest --explain` prints for people: what the file is, its columns, its rows, its rejects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from makara.cli.output import cell

WIDTH: Final = 110


def show_explained(found: Mapping[str, Any]) -> None:
    """Print what :func:`makara.session.explain.explain` found."""
    files = found["files"]
    click.echo(f"{files[0]}{f' and {len(files) - 1} more' if len(files) > 1 else ''}: {found['looks_like']}")
    click.echo(f"read as {found['source']}")
    for g in found["recognised"]:
        click.echo(f"    fits {g['source']}: {g['why']} ({g['score']:.2f})")
    if found["columns"]:
        click.echo("\ncolumns")
        wide = max(len(c["column"]) for c in found["columns"])
        for c in found["columns"]:
            unit = f"  [{c['unit']}]" if c["unit"] else ""
            click.echo(f"    {cell(c['column']):{wide}}  ->  {c['becomes']}{unit}")
    if found["ignored"]:
        click.echo(f"    without a use: {', '.join(cell(c) for c in found['ignored'])}")
    tables = ", ".join(f"{n} {table}" for table, n in found["tables"].items()) or "nothing"
    click.echo(f"\n{found['rows']} rows give {tables}")
    for table, rows in found["first"].items():
        for n, row in enumerate(rows):
            told = "  ".join(f"{k}={cell(v)}" for k, v in row.items() if _worth(k, v))
            click.echo(f"    {table if n == 0 else '':<8} {told[: 2 * WIDTH]}")
    refused = ", ".join(f"{n} {reason}" for reason, n in found["rejects"].items())
    click.echo(f"\nwould be rejected: {refused or 'nothing'}")
    for x in found["examples"]:
        click.echo(f"    {x['file']} line {cell(x['line'])}: {x['reason']}: {cell(x['detail'])}")
        if x["raw"]:
            click.echo(f"        {cell(x['raw'])[:WIDTH]}")
    for warning in found["warnings"]:
        click.echo(f"\nwarning: {warning}")
    click.echo(f"\nto take it in:\n    {found['command']}")


def _worth(name: str, value: Any) -> bool:
    return value not in (None, [], False) and name not in ("report", "claim", "mover", "geometry", "footprint")
