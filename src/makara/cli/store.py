"""Commands that care for a lake's files: compact."""

from __future__ import annotations

import click

from makara.cli.output import format_option, frame, lake_argument, plain_rows


@click.command()
@lake_argument
@format_option
def compact(lake: str, form: str) -> None:
    """Write LAKE's many small files anew as few, in order; what is read stays the same. Safe to repeat.

    Prints rows, files and bytes by table, before and after, and bytes a row. Replaced files are removed later, when no
    reader can need them any more.
    """
    import polars as pl

    from makara.session import open as open_session

    done = open_session(lake, create=False).compact()
    rows = [
        {"table": name, **said, "bytes_a_row": round(said["bytes"] / said["rows"], 2) if said["rows"] else None}
        for name, said in done.items()
    ]
    if form == "table":
        frame(pl.DataFrame(rows))
    else:
        plain_rows(rows, form)
