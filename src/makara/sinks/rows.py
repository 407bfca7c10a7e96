"""Rows of a release as text: CSV, one JSON object a line, or one JSON array, with the names of TABLES.md.

Times are ISO 8601 with Z; unknown is null in JSON and empty in CSV; lists, structs and geometries are JSON in CSV too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from makara.sinks._values import dumps, records, rows_of
from makara.tables import table
from makara.tables.release import Release


def jsonl_lines(release: Release, name: str) -> Iterator[str]:
    """One JSON object a row, each with its line end.

    Raises:
        NotFoundError: there is no such table.
    """
    for r in records(rows_of(release, name), table(name)):
        yield dumps(r) + "\n"


def to_jsonl(release: Release, name: str) -> str:
    """A table of a release, one JSON object a line."""
    return "".join(jsonl_lines(release, name))


def to_json(release: Release, name: str) -> str:
    """A table of a release as one JSON array of objects."""
    return "[" + ",\n".join(line[:-1] for line in jsonl_lines(release, name)) + "]\n"


def csv_lines(release: Release, name: str) -> Iterator[str]:
    """A header and one line a row (RFC 4180, but lines end in a line feed).

    Raises:
        NotFoundError: there is no such table.
    """
    rows = rows_of(release, name)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows.columns)
    for r in records(rows, table(name)):
        writer.writerow([_cell(v) for v in r.values()])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    if out.tell():
        yield out.getvalue()


def to_csv(release: Release, name: str) -> str:
    """A table of a release as CSV."""
    return "".join(csv_lines(release, name))


def _cell(v: object) -> object:
    if isinstance(v, bool):
        return "true" if v else "false"
    return dumps(v) if isinstance(v, (list, dict)) else v


__all__ = ["csv_lines", "jsonl_lines", "to_csv", "to_json", "to_jsonl"]
