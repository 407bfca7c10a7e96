"""What sources of VMS share: movers of a scheme, reports, and claims of names that rows repeat."""

from __future__ import annotations

import polars as pl

from makara.base import ids
from makara.sources import _messages, _places, _source
from makara.sources._rows import ROW
from makara.sources._source import shape

STATIC = ("imo", "name", "callsign", "length_m")


def take(told: pl.DataFrame, raw: pl.DataFrame, file: str) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Reports, movers and claims; and rejects.

    Args:
        told: columns of reports as :func:`makara.sources._places.reports` takes them; ``scheme`` (``vms:FJI``) and
            ``own_id``; of claims what there is.
        raw: the rows as read, in the same order.
        file: the file's name.
    """
    reports, rejects, names = [], [], []
    for (scheme,), part in told.group_by("scheme", maintain_order=True):
        of_it = raw.filter(told["scheme"].eq_missing(pl.Series([scheme])))
        found, bad = _places.reports(part, of_it, file, scheme=str(scheme), receiver="vms")
        reports.append(found)
        rejects.append(bad)
        own = part.select("line", "own_id").join(found.select("line", "mover"), on="line")
        names.append(own.select("mover", pl.lit(str(scheme)).alias("scheme"), "own_id"))
    if not reports:
        found, _ = _places.reports(told, raw, file, scheme="vms", receiver="vms")
        reports.append(found)
        names.append(pl.DataFrame(schema={"mover": pl.Int64(), "scheme": pl.String(), "own_id": pl.String()}))
    every = pl.concat(reports).sort("line", maintain_order=True)
    frames = {
        "reports": every,
        "movers": pl.concat(names).unique(maintain_order=True),
        "claims": _claims(told, every),
    }
    return frames, _source.merged(rejects).sort("line", maintain_order=True)


def _claims(told: pl.DataFrame, reports: pl.DataFrame) -> pl.DataFrame:
    """One for each vessel, content and hour, stamped with the hour's start."""
    have = [c for c in STATIC if c in told.columns]
    rows = reports.select("line", "t_seen", "mover", "mmsi", "station", "receiver")
    rows = rows.join(_messages.known(told).select("line", *have), on="line", maintain_order="left")
    hour = rows.with_columns(pl.col("t_seen").dt.truncate("1h"))
    some = hour.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in have)) if have else hour.clear()
    some = some.unique(["mover", "t_seen", *have], keep="first", maintain_order=True)
    payload = some.select(
        pl.concat_str([pl.col(c).cast(pl.String()).fill_null("") for c in have] or [pl.lit("")], separator="\x1f")
    ).to_series()
    scheme = pl.repeat("vms", len(some), dtype=pl.String(), eager=True)
    keys = ids.bulk(scheme, some["mover"], some["t_seen"], some["station"], payload)
    return shape("claims", some.with_columns(keys.alias("claim")))


def numbered(table: dict[str, list[str | None]], lines: list[int]) -> pl.DataFrame:
    """Columns of text as a frame of rows with their lines."""
    frame = pl.DataFrame(table, schema=dict.fromkeys(table, pl.String()))
    return frame.with_columns(pl.Series(ROW, lines, dtype=pl.Int64()))
