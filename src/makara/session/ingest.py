"""Taking files in: landed, read, stamped, judged, deduplicated, committed; all or nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

import polars as pl

from makara.base import ids
from makara.base.errors import InputError, SettingsError
from makara.lake import Commit, Lake, Settings
from makara.lake.landing import land
from makara.looks import one_each
from makara.session import scenes
from makara.session.held import BULK, DEDUPLICATED, Held
from makara.session.licences import Licences
from makara.sharing import OWNER
from makara.sharing.marks import ROW, Mark, key
from makara.sharing.marks import row as mark_row
from makara.sources import Batch, judge, source
from makara.tables import table

Progress = Callable[[int], None]
FORMS: Final = {"collections": "detection", "detections": "detection", "chips": "chip"}
"""What licences call the rows of tables that come from products of sensors; all else is raw."""


@dataclass
class Taken:
    """What an ingest did.

    Attributes:
        rows: rows or sentences read.
        reports: new reports kept; ``tables`` has the count of every table.
        claims: new claims kept.
        rejects: rejected rows by reason.
        duplicates: rows that the lake had already.
        skipped_same_file: files whose very content was taken in before.
        warnings: what the user should know.
    """

    rows: int = 0
    reports: int = 0
    claims: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    skipped_same_file: int = 0
    duplicates: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """As a mapping for printing as JSON."""
        return {
            "rows": self.rows,
            "reports": self.reports,
            "claims": self.claims,
            "rejects": dict(sorted(self.rejects.items())),
            "skipped_same_file": self.skipped_same_file,
            "duplicates": self.duplicates,
            "tables": dict(sorted(self.tables.items())),
            "warnings": self.warnings,
        }


@dataclass
class _Feeds:
    """Marks of feeds, made once each; remembers which marks are new."""

    settings: Settings
    known: set[str]
    licences: Licences
    rows: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def own(self, feed: str) -> Mark:
        """The mark that a feed declares.

        Raises:
            SettingsError: it declares none.
        """
        entry = self.settings.feeds.get(feed)
        if entry is None:
            raise SettingsError(
                f"feed {feed!r} has no mark, so its rows could not be shared safely; "
                f"add [feeds.{feed}] with a mark to makara.toml (see docs/settings.md)"
            )
        return Mark.of(entry.mark.model_dump())

    def mark(self, feed: str, licence: str | None = None, form: str = "raw", t: datetime | None = None) -> str:
        """The mark of a feed's rows, narrowed by the licence of a product (see :meth:`Licences.mark`).

        Raises:
            SettingsError: the feed declares no mark.
        """
        m = self.own(feed)
        if licence:
            m = self.licences.mark(m, licence, form, t)
            warning = self.licences.warning(licence)
            if warning is not None and licence == self.licences.given and warning not in self.warnings:
                self.warnings.append(warning)
        k = key(m)
        if k not in self.known:
            self.known.add(k)
            self.rows.append(mark_row(m))
        return k

    def meet(self, declared: pl.DataFrame, marks: pl.DataFrame) -> None:
        """Make the marks of looks that were declared several times."""
        mine = pl.DataFrame(self.rows, schema=ROW)
        new = one_each(declared, pl.concat([marks.select(ROW.names()), mine]).unique("mark"))[1]
        for one in new.iter_rows(named=True):
            if one["mark"] not in self.known:
                self.known.add(one["mark"])
                self.rows.append(one)


class _Horizons:
    """The latest times of what came in, by class of receiver."""

    def __init__(self) -> None:
        self.latest: dict[str, datetime] = {}

    def see(self, reports: pl.DataFrame) -> None:
        """Take reports in."""
        for receiver, t in reports.group_by("receiver").agg(pl.col("t_seen").max()).iter_rows():
            self.latest[receiver] = max(t, self.latest.get(receiver, t))

    def put(self, commit: Commit, lake: Lake, now: datetime) -> None:
        """Write those that are later than the lake's."""
        held = dict(lake.state("horizons").select("receiver", "horizon").iter_rows())
        rows = [{"receiver": r, "horizon": t} for r, t in self.latest.items() if r not in held or t > held[r]]
        if rows:
            mark = key(Mark.own(OWNER))
            commit.put("horizons", _stamped("horizons", pl.DataFrame(rows), "ingest", now, mark))


def ingest(
    lake: Lake,
    settings: Settings,
    name: str,
    paths: Sequence[Path],
    options: Mapping[str, str],
    now: datetime,
    progress: Progress | None = None,
    licence: str | None = None,
) -> Taken:
    """Take files of a source into the lake in one commit. The same content read with the same options is a no-op.

    Args:
        lake: where to.
        settings: feeds with their marks.
        name: source, as ``makara sources`` lists them.
        paths: files (or case directories).
        options: the source's options.
        now: when this becomes known, unless the source brings its own ``t_known``.
        progress: called with the number of rows read so far.
        licence: what all that comes is under; None: what files say, or the feed's mark.

    Raises:
        InputError: a file cannot be read at all; nothing was taken in.
        SettingsError: a feed without a mark.
        UsageError: no licence of that name, or products of satellites without one.
    """
    reader = source(name)
    image = scenes.images(reader)
    taken = Taken()
    said = {**options, "licence": licence} if licence is not None else options
    feed = " ".join([name, *(f"--{k} {v}" for k, v in sorted(said.items()))])
    licences = Licences(settings, licence)
    with lake.write() as commit:
        feeds = _Feeds(settings, set(lake.state("marks")["mark"]), licences)
        seen = {(r["sha256"], r["feed"]) for r in lake.state("files").iter_rows(named=True)}
        have, horizons = Held(lake), _Horizons()
        for path in paths:
            sha, size = scenes.register(lake, path) if image else _land(lake, path)
            if (sha, feed) in seen:
                taken.skipped_same_file += 1
                continue
            seen.add((sha, feed))
            rows, rejected = taken.rows, taken.rejects.total()
            used = taken.tables.total() + taken.duplicates
            read = scenes.batches(lake, name, path, options, licences, now, progress) if image else None
            own = scenes.of_case(lake, path, licences, now) if name == "case" else ()
            for batch in chain(read or reader.read(path, options), own):
                taken.rows += batch.rows
                _take(commit, batch, sha, path, now, feeds, have, horizons, taken)
                if progress:
                    progress(taken.rows)
            rejected = taken.rejects.total() - rejected
            if rejected and taken.tables.total() + taken.duplicates == used:
                taken.warnings.append(f"{path.name}: every line was rejected; is {name} the right source for it?")
            row = {
                "sha256": sha,
                "feed": feed,
                "file": path.name,
                "bytes": size,
                "rows": taken.rows - rows,
                "rejects": rejected,
            }
            commit.put(
                "files", _stamped("files", pl.DataFrame([row]), name, now, feeds.mark(_first_feed(settings, name)))
            )
        if feeds.rows:
            commit.put("marks", _stamped("marks", pl.DataFrame(feeds.rows, schema=ROW), "settings", now, None))
        horizons.put(commit, lake, now)
    taken.warnings += feeds.warnings
    return taken


def _take(
    commit: Commit,
    batch: Batch,
    sha: str,
    path: Path,
    now: datetime,
    feeds: _Feeds,
    have: Held,
    horizons: _Horizons,
    taken: Taken,
) -> None:
    rejects = [batch.rejects]
    for name, frame in batch.frames.items():
        rows = frame if "t_known" in frame.columns else frame.with_columns(pl.lit(now).alias("t_known"))
        if "t_seen" in rows.columns or name == "collections":
            rows, refused = judge(rows, now, file=path.name)
            rejects.append(refused)
        rows = _marked(name, rows, batch.feed, feeds, have)
        rows = rows.with_columns(pl.lit(batch.feed).alias("source"))
        rows = rows if name in BULK else table(name).conform(rows)  # rows of bulk tables conform as they are written
        fresh = have.new(name, rows)
        taken.duplicates += len(rows) - len(fresh) if name in DEDUPLICATED else 0
        taken.tables[name] += len(fresh)
        if name in DEDUPLICATED:
            commit.append(name, fresh)
        else:
            commit.put(name, fresh)
        if name == "reports":
            horizons.see(fresh)
        elif name == "collections":
            feeds.meet(have.declared(fresh), have.marks)
    taken.reports = taken.tables["reports"]
    taken.claims = taken.tables["claims"]
    found = [r for r in rejects if len(r)]
    if found:
        _reject(commit, pl.concat(found, how="diagonal"), batch.feed, sha, now, feeds, taken)


def _reject(
    commit: Commit, refused: pl.DataFrame, feed: str, sha: str, now: datetime, feeds: _Feeds, taken: Taken
) -> None:
    """Keep what was refused, each once."""
    where = [pl.Series([sha] * len(refused)), *(refused[c] for c in ("line", "offset", "reason", "raw"))]
    known = pl.col("t_known").fill_null(now) if "t_known" in refused.columns else pl.lit(now)
    keyed = refused.with_columns(ids.bulk(*where).alias("reject"), known.alias("t_known"))
    keyed = keyed.unique("reject", keep="first", maintain_order=True)
    stamps = {"source": pl.lit(feed), "mark": pl.lit(feeds.mark(feed))}
    commit.append("rejects", table("rejects").conform(keyed.with_columns(**stamps)))
    taken.rejects.update(dict(keyed.group_by("reason").len().iter_rows()))


def _marked(name: str, rows: pl.DataFrame, feed: str, feeds: _Feeds, have: Held) -> pl.DataFrame:
    """Rows with their mark: the feed's, narrowed by each product's licence where there is one."""
    licences = feeds.licences
    if name not in FORMS:
        return rows.with_columns(_mark_of(rows, pl.lit(licences.given, pl.String()), "raw", feed, feeds))
    known = have.licensed(name, licences.looks(rows) if name == "collections" else rows)
    licence = pl.col("licence") if licences.given is None else pl.lit(licences.given)
    if name != "chips":
        licences.demanded(known, feed, feeds.own(feed).licences)
    return known.with_columns(_mark_of(known, licence, FORMS[name], feed, feeds))


def _mark_of(rows: pl.DataFrame, licence: pl.Expr, form: str, feed: str, feeds: _Feeds) -> pl.Series:
    """A mark a row; each pair of licence and, where the licence knows a time, end of the look is worked out once."""
    t = next((c for c in ("look_end", "t_end", "t_seen", "t_known") if c in rows.columns), None)
    names = rows.select(licence.alias("licence"))["licence"].unique().to_list() if len(rows) else []
    timed = [n for n in names if feeds.licences.timed(n)]
    if not timed or t is None:
        by = {n: feeds.mark(feed, n, form) for n in names}
        every = licence.replace_strict(by, default=feeds.mark(feed), return_dtype=pl.String())
        return rows.with_columns(mark=every)["mark"]
    when = pl.coalesce("look_end", "t_seen") if t == "look_end" and "t_seen" in rows.columns else pl.col(t)
    keyed = rows.select(licence.alias("licence"), pl.when(licence.is_in(timed)).then(when).alias("t"))
    pairs = keyed.unique(maintain_order=True)
    marks = [feeds.mark(feed, n, form, at) for n, at in pairs.iter_rows()]
    made = pairs.with_columns(mark=pl.Series(marks, dtype=pl.String()))
    return keyed.join(made, on=["licence", "t"], how="left", nulls_equal=True, maintain_order="left")["mark"]


def _stamped(name: str, rows: pl.DataFrame, feed: str, now: datetime, mark: str | None) -> pl.DataFrame:
    stamps = [pl.lit(feed).alias("source"), pl.lit(now).alias("t_known")]
    if mark is not None:
        stamps.append(pl.lit(mark).alias("mark"))
    return table(name).conform(rows.with_columns(stamps))


def _first_feed(settings: Settings, name: str) -> str:
    """The feed whose mark a file's own entry bears: the source's, or the first of its sub-feeds."""
    return next((f for f in sorted(settings.feeds) if f == name or f.startswith(name + ".")), name)


def _land(lake: Lake, path: Path) -> tuple[str, int]:
    """Keep the raw input; its content hash and size. A directory's hash is that of its files' names and hashes."""
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_dir():
        digest, size = hashlib.sha256(), 0
        for f in sorted(p for p in path.iterdir() if p.is_file()):
            if f.name == "truth.json":
                continue
            landed = land(lake.path, f)
            digest.update(f"{f.name}\0{landed.sha256}\n".encode())
            size += landed.bytes
        for f in scenes.in_case(path):
            sha, length = scenes.register(lake, f)
            digest.update(f"{f.name}\0{sha}\n".encode())
            size += length
        return digest.hexdigest(), size
    landed = land(lake.path, path)
    return landed.sha256, landed.bytes


__all__ = ["Taken", "ingest"]
