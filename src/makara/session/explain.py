"""What an ingest would do, without doing it: what the file is, what becomes of its columns, its rows, its rejects."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base.errors import InputError, UsageError
from makara.lake import TEMPLATES
from makara.session.licences import NEEDED, of_provider
from makara.session.scenes import images
from makara.sources import Guess, Head, guesses, judge, scene, source
from makara.sources._recipe import OPTIONS
from makara.sources._sniff import mapping

ROWS: Final = 5
EXAMPLES: Final = 3
"""Examples of each reason to reject."""
RAW_BYTES: Final = 200
_UNITS: Final = {
    "_deg_min": "degrees a minute",
    "_deg": "degrees",
    "_kn": "knots",
    "_m": "metres",
    "t_seen": "time, UTC where it names no zone",
}


_BECOMES: Final = {
    "class": "transponder",
    "collected": "receiver",
    "draught_dm": "draught_m",
    "eta_mmddhhmm": "eta_text",
    "eta_packed": "eta_text",
    "eta_said": "eta_text",
    "flag": "scheme",
    "heard": "receiver",
    "id": "mover",
    "imo_text": "imo",
    "millisecond": "t_seen",
    "mobile": "transponder",
    "own_id": "mover",
    "rot_indicator": "rot_deg_min",
    "ship_words": "ship_type",
    "static_text": "t_seen",
    "status": "nav_status",
    "time_text": "t_seen",
    "type": "ship_type",
}
"""What sources call a column that becomes one of ours after some work."""


@dataclass
class _Read:
    """What reading gave."""

    rows: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)
    bare: bool = False

    def refuse(self, refused: pl.DataFrame) -> None:
        for r in refused.select("file", "line", "reason", "detail", "raw").iter_rows(named=True):
            self.rejects[r["reason"]] += 1
            if self.rejects[r["reason"]] <= EXAMPLES:
                raw = (r.pop("raw") or b"")[:RAW_BYTES].decode("utf-8", "backslashreplace")
                self.examples.append({**r, "raw": raw})


def explain(name: str | None, paths: Sequence[Path], options: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """What an ingest would recognise, its first rows as understood, and what it would reject; writes nothing.

    Args:
        name: a source; None to take the one that fits best.
        paths: files.
        options: the source's options.
        now: the clock.

    Returns:
        files; source; recognised (source, score, why: the best three); looks_like; columns (column, becomes, unit);
        ignored (columns without a use); rows; tables (counts); rejects (counts); examples (of rejects: file, line,
        reason, detail, raw); first (rows by table); command (what takes it in); warnings.

    Raises:
        InputError: a file cannot be read.
        UsageError: no source fits, or the one named does not; the message says what the file looks like.
    """
    head, found = guesses(paths[0])
    if head.kind == "empty":
        raise UsageError(f"{paths[0]} is empty; there is nothing to take in")
    given = dict(options)
    warnings = []
    guessing = name is None
    if name is None:
        if not found:
            raise UsageError(
                f"{paths[0]} looks like {head.words}, and is of no source that Makara knows; "
                "`makara sources` lists them, and `mapped` reads any table whose columns you name"
            )
        name, best = found[0]
        given = {**best.options, **given}
    reader = source(name)
    if images(reader):  # it is ingest that searches it; what is told without is its look
        name, reader = scene.SOURCE.name, scene
        warnings.append("the ships in it, and their pictures, are found when it is taken in, or by makara detect")
    missing = [
        o
        for o in reader.SOURCE.options
        if guessing and o.name not in options and (v := given.get(o.name, "")).isupper() and v in o.doc
    ]
    if missing:
        needed = "; ".join(f"--{o.name} {given[o.name]} ({o.doc})" for o in missing)
        raise UsageError(f"{paths[0]} fits the source {name} ({found[0][1].why}); tell it {needed}")
    try:
        try:
            read = _read(reader, paths, given, now)
        except UsageError as e:
            if not guessing or "--tz" not in str(e) or "tz" in given:
                raise
            given["tz"] = "UTC"
            warnings.append("the times name no zone; they are shown as UTC: check, and give --tz")
            read = _read(reader, paths, given, now)
    except (UsageError, InputError) as e:
        if guessing:
            raise type(e)(f"{paths[0]} fits the source {name} ({found[0][1].why}), but: {e}") from e
        better = _better(name, found)
        if better:
            raise type(e)(f"{e}. {paths[0].name} looks like {head.words}, of the source {better}") from e
        raise
    columns, ignored = _columns(name, reader, head, given)
    if read.rejects["too_old"] > read.rows / 2:
        moved = any(o.name == "shift-years" for o in reader.SOURCE.options)
        how = "if their years were moved, give --shift-years" if moved else "is the column of the time the right one?"
        warnings.append(f"most times lie before 1990; {how}")
    elif read.rows and not read.tables.total():
        better = _better(name, found)
        warnings.append(f"every row would be rejected{f'; it looks like the source {better}' if better else ''}")
    if read.bare:
        warnings.append(
            f"what satellites saw needs a licence: add --licence NAME, unless the mark of the feed {name} names one; "
            f"templates are {', '.join(TEMPLATES)}"
        )
    return {
        "files": [str(p) for p in paths],
        "source": name,
        "recognised": [{"source": n, "score": round(g.score, 2), "why": g.why} for n, g in found[:3]],
        "looks_like": head.words if columns or head.kind != "text" else "text",
        "columns": columns,
        "ignored": ignored,
        "rows": read.rows,
        "tables": dict(sorted(read.tables.items())),
        "rejects": dict(sorted(read.rejects.items())),
        "examples": read.examples,
        "first": read.first,
        "command": _command(name, paths, given),
        "warnings": warnings,
    }


def _read(reader: Any, paths: Sequence[Path], options: Mapping[str, str], now: datetime) -> _Read:
    out, feed = _Read(), reader.SOURCE.name
    for path in paths:
        for batch in reader.read(path, options):
            out.rows += batch.rows
            out.refuse(batch.rejects)
            out.bare = out.bare or (feed != "case" and _bare(batch.frames))
            for name, frame in batch.frames.items():
                kept = frame
                if "t_seen" in frame.columns:
                    known = frame if "t_known" in frame.columns else frame.with_columns(pl.lit(now).alias("t_known"))
                    kept, late = judge(known, now, file=path.name)
                    out.refuse(late)
                out.tables[name] += len(kept)
                rows = out.first.setdefault(name, [])
                rows += kept.head(ROWS - len(rows)).drop("t_known", strict=False).to_dicts()
    return out


def _bare(frames: Mapping[str, pl.DataFrame]) -> bool:
    """Whether some of what satellites saw names neither a licence nor a provider that has a template."""
    looks = frames.get("collections")
    rows = looks if looks is not None and len(looks) else frames.get("detections")
    if rows is None:
        return False
    seen = rows.filter(pl.col("sensor").is_in(NEEDED))
    if "licence" not in seen.columns:
        return len(seen) > 0
    bare = seen.filter(pl.col("licence").is_null())["provider"].unique().to_list()
    return any(of_provider(TEMPLATES, p) is None for p in bare)


def _better(name: str, found: Sequence[tuple[str, Guess]]) -> str | None:
    return next((f"{n} ({g.why})" for n, g in found if n != name), None)


def _columns(name: str, reader: Any, head: Head, options: Mapping[str, str]) -> tuple[list[dict[str, str]], list[str]]:
    """What becomes of each column, with its unit in the file; and those without a use."""
    known = mapping(head.columns, reader.SOURCE)
    if head.kind == "json":  # fields of a message lie in it under its type, as Message.PositionReport.Sog
        inner = {c: c.split(".", 2)[2] for c in head.columns if c.count(".") > 1 and c.startswith("Message.")}
        of = mapping(tuple(inner.values()), reader.SOURCE)
        known |= {c: of[name] for c, name in inner.items() if name in of}
    units = dict(reader.SOURCE.units)
    if name in ("mapped", "detections"):
        pairs = [x.partition("=") for x in options.get("map", "").split("\n") if x]
        known |= {column: target for target, _, column in pairs if column in head.columns}
        units |= {t: u for t, _, u in (x.partition("=") for x in options.get("unit", "").split("\n") if x)}
    elif not known:
        return [], []
    told = [
        {"column": c, "becomes": _BECOMES.get(known[c], known[c]), "unit": _unit(known[c], units)}
        for c in head.columns
        if c in known
    ]
    return told, [c for c in head.columns if c not in known]


def _unit(target: str, units: Mapping[str, str]) -> str:
    if target in units:
        return units[target]
    return next((words for suffix, words in _UNITS.items() if target.endswith(suffix)), "")


def _command(name: str, paths: Sequence[Path], options: Mapping[str, str]) -> str:
    repeated = {o.name for o in OPTIONS if o.repeat}
    words = ["makara", "ingest", "LAKE", name, *(str(p) for p in paths)]
    for option, value in options.items():
        for one in value.split("\n") if option in repeated else [value]:
            words += [f"--{option}", one]
    return shlex.join(words)


__all__ = ["explain"]
