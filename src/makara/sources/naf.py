"""VMS position messages in the North Atlantic Format, as fisheries monitoring centres exchange them.

Who: fisheries monitoring centres (NEAFC, NAFO, EU, Norway, Pacific commissions). Format: ``//SR//AD/XNE//FR/NOR//TM/POS
//RC/LXYZ//LT/+70.500//LG/+020.250//SP/105//CO/270//DA/20240301//TI/1200//ER//``, one or several messages a line, a
message on one or several lines. Taken: the types POS, MAN, ENT, EXI and any other that holds a position; position as LT
and LG (decimal degrees) or LA and LO (N7030, E02015); speed in tenths of knots, course in degrees, UTC. A vessel is
known by IR (or XR, RC, ID, whichever comes first) in the scheme ``vms:<FS or FR>``. Followed: NEAFC Scheme of Control,
annex IX; WCPFC's manual reports. Licence: confidential, by the flag state's rules. Latency: minutes to hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from makara.sources import _convert, _source, _vms
from makara.sources._files import Pieces
from makara.sources._rows import ROW
from makara.sources._sniff import Guess, Head
from makara.sources._source import Batch, Option, Source

SOURCE = Source(
    "naf",
    ("reports", "claims", "movers"),
    "VMS messages in the North Atlantic Format (NAF)",
    (Option("scheme", "scheme of the vessels' ids, as vms:FJI, in place of the flag state that each message names"),),
    columns={
        "t_seen": ("DA", "TI"),
        "id": ("IR", "XR", "RC", "ID"),
        "flag": ("FS", "FR"),
        "lat_deg": ("LT", "LA"),
        "lon_deg": ("LG", "LO"),
        "sog_kn": ("SP",),
        "cog_deg": ("CO",),
        "imo": ("IM",),
        "name": ("NA",),
        "callsign": ("RC",),
    },
    units={"sog_kn": "tenths of knots", "lat_deg": "LT degrees, LA degrees and minutes"},
)


def recognises(head: Head) -> Guess | None:
    """Messages between //SR// and //ER//."""
    found = len(_END.findall(head.data.decode("latin-1")))
    told = head.data.count(b"//TM/")
    return Guess(0.98, f"{told} messages from //SR// to //ER// at its beginning") if found and told else None


MESSAGE_CHARS: Final = 4096
BATCH: Final = 50_000
_END: Final = re.compile(r"//\s*ER\s*(?://|/?\s*$)", re.MULTILINE)
_DEGREES: Final = re.compile(r"([+-]?)(\d{1,3}(?:\.\d+)?)")
_MINUTES: Final = re.compile(r"([NSEW])(\d{2,3})(\d\d(?:\.\d+)?)")
_FIELDS: Final = ("t", "own_id", "flag", "lon", "lat", "SP", "CO", "IM", "NA", "RC", "raw")


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a file; feed ``naf``. See :class:`makara.sources.Reader`."""
    given = SOURCE.check(options)
    pieces = Pieces(uri)
    table: dict[str, list[str | None]] = {n: [] for n in _FIELDS}
    lines: list[int] = []
    rejects: list[pl.DataFrame] = []
    for line, raw in messages(pieces):
        row = fields(raw)
        if isinstance(row, str):
            reason = "bad_row" if row.startswith("no ") else "unsupported_sentence"
            rejects.append(_source.reject(uri.name, line, reason, row, raw.encode("utf-8", "replace")))
        else:
            lines.append(line)
            for n in _FIELDS:
                table[n].append(row.get(n))
        if len(lines) + len(rejects) >= BATCH:
            yield _batch(table, lines, rejects, uri, given)
            table, lines, rejects = {n: [] for n in _FIELDS}, [], []
    if pieces.cut is not None:
        rejects.append(_source.reject(uri.name, None, "truncated", pieces.cut))
    yield _batch(table, lines, rejects, uri, given)


def messages(pieces: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Messages up to their ``//ER//``, each with the line it begins in; what is longer than any comes in parts."""
    held, line = "", 1
    for piece in pieces:
        held += piece.decode("latin-1")
        at = 0
        while found := _END.search(held, at):
            yield from _one(held[at : found.end()], line)
            line += held.count("\n", at, found.end())
            at = found.end()
        held = held[at:]
        while len(held) > MESSAGE_CHARS:
            yield from _one(held[:MESSAGE_CHARS], line)
            line += held.count("\n", 0, MESSAGE_CHARS)
            held = held[MESSAGE_CHARS:]
    yield from _one(held, line)


def _one(raw: str, line: int) -> Iterator[tuple[int, str]]:
    bare = raw.lstrip("\r\n \t/")
    if bare:
        yield line + raw.count("\n", 0, len(raw) - len(bare)), raw.strip()


def fields(raw: str) -> dict[str, str | None] | str:
    """The fields of a message; or why it is none that holds a position."""
    found: dict[str, str] = {}
    parts = [p.strip() for p in raw.split("//") if p.strip()]
    for here, after in zip(parts, [*parts[1:], ""], strict=True):
        code, slash, value = here.partition("/")
        if len(code) == 2:
            found.setdefault(code.upper(), value.strip() if slash else after if code == "TM" else "")
    if "TM" not in found or "ER" not in found:
        return "no message of the North Atlantic Format from //SR// (or //TM/) to //ER//"
    if not any(n in found for n in ("LT", "LA", "LG", "LO")):
        return f"a message of type {found['TM'][:20]} holds no position"
    time = found.get("TI", "")
    date = found.get("DA", "")
    t = f"{date[:4]}-{date[4:6]}-{date[6:8]}T{time[:2]}:{time[2:4]}:{time[4:6] or '00'}Z" if date + time else None
    return {
        **{n: found.get(n) or None for n in ("SP", "CO", "IM", "NA", "RC")},
        "t": t,
        "own_id": next((found[n] for n in ("IR", "XR", "RC", "ID") if found.get(n)), None),
        "flag": found.get("FS") or found.get("FR") or None,
        "lat": degrees(found.get("LT") or found.get("LA") or ""),
        "lon": degrees(found.get("LG") or found.get("LO") or ""),
        "raw": raw,
    }


def degrees(text: str) -> str | None:
    """Signed decimal degrees from ``+70.500``, ``N7030`` or ``W02015``; other text as it is; None if empty."""
    if plain := _DEGREES.fullmatch(text):
        return plain[1] + plain[2]
    if split := _MINUTES.fullmatch(text.upper()):
        value = int(split[2]) + float(split[3]) / 60.0
        return repr(-value if split[1] in "SW" else value)
    return text or None


def _batch(
    table: dict[str, list[str | None]],
    lines: list[int],
    rejects: list[pl.DataFrame],
    path: Path,
    given: Mapping[str, str],
) -> Batch:
    frame = _vms.numbered(table, list(range(len(lines))))
    flag = pl.lit("vms:") + pl.col("flag")
    told = frame.select(
        pl.col(ROW).alias("line"),
        pl.lit(given["scheme"]).alias("scheme") if "scheme" in given else flag.fill_null("vms").alias("scheme"),
        "own_id",
        pl.col("t").is_not_null().alias("t_seen_said"),
        pl.col("lon").is_not_null().alias("lon_deg_said"),
        pl.col("lat").is_not_null().alias("lat_deg_said"),
        pl.col("NA").alias("name"),
        pl.col("RC").alias("callsign"),
    ).with_columns(
        _convert.instant(frame["t"], None, "DA").alias("t_seen"),
        _convert.number(frame["lon"]).alias("lon_deg"),
        _convert.number(frame["lat"]).alias("lat_deg"),
        (_convert.number(frame["SP"]) / 10.0).alias("sog_kn"),
        (_convert.number(frame["CO"]) % 360.0).alias("cog_deg"),
        _convert.number(frame["IM"]).alias("imo"),
    )
    frames, bad = _vms.take(told, frame.select("raw", ROW), path.name)
    at = pl.Series(lines, dtype=pl.Int64())
    frames = {
        n: f.with_columns(at.gather(f["line"]).alias("line")) if "line" in f.columns else f for n, f in frames.items()
    }
    bad = bad.with_columns(at.gather(bad["line"]).alias("line"))
    refused = _source.merged([*rejects, bad]).sort("line", nulls_last=True, maintain_order=True)
    return Batch(frames, refused, len(lines) + len(rejects), "naf")
