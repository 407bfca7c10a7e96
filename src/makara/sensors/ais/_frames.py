"""Raw columns to reports, claims and rejects: scaling, "not available" to null, doubts to flags.

Values as in ITU-R M.1371-5: longitude 181 and latitude 91, speed 102.3 (63 in type 27), course 360 (511), heading 511,
rate of turn -128 (and +-127: it turns, no indicator), status 15, IMO 0, dimensions 0, ship type 0, draught 0 and text
of ``@`` mean "not available".
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from makara.base import ids, time
from makara.sensors.ais import _payload as payloads
from makara.sensors.ais._scan import META, NO_TIME, Rejects, Rows
from makara.tables import table

TS = pl.Datetime("us", "UTC")
STAMPS = ("source", "t_known", "mark")
LINES = ("line_first", "line_last")
_TRANSPONDER = {
    1: "class_a",
    2: "class_a",
    3: "class_a",
    4: "base",
    9: "aircraft",
    11: "class_a",
    18: "class_b",
    19: "class_b",
    21: "aid",
    27: "long_range",
}


def _schema(name: str, key: str | None = None) -> dict[str, pl.DataType]:
    fields = table(name).fields
    return {f.name: f.type for f in fields if f.name not in STAMPS and f.name != key}


def _raw(kind: int, rows: Rows, receiver: str, time_from: datetime | None) -> pl.DataFrame:
    """All raw columns of one type, unknown ones null, signed ones signed."""
    form = rows.layout
    names = (*META, *form.names)
    numbers: NDArray[np.int64] = np.frombuffer(rows.numbers, np.int64).reshape(-1, len(names))
    columns: dict[str, pl.Series] = {n: pl.Series(n, np.ascontiguousarray(numbers[:, i])) for i, n in enumerate(names)}
    for (name, *_), values in zip(form.texts, rows.texts, strict=True):
        columns[name] = pl.Series(name, values, dtype=pl.String())
    columns["station"] = pl.Series("station", rows.stations, dtype=pl.String())
    columns["payload"] = pl.Series("payload", rows.payloads, dtype=pl.Binary())
    fixes = []
    for name, end, sign in zip(form.names, form.ends, form.signs, strict=True):
        value: pl.Expr = pl.col(name)
        if sign:
            value = pl.when(value >= sign).then(value - 2 * sign).otherwise(value)
        fixes.append(pl.when(pl.col("bits") >= end).then(value).alias(name))
    t: pl.Expr = pl.when(pl.col("t_us") != NO_TIME).then(pl.col("t_us"))
    if time_from is not None:
        t = t.fill_null(time.to_us(time_from))
    own = pl.col("own") == 1
    return pl.DataFrame(columns).with_columns(
        *fixes,
        t.cast(TS).alias("t_seen"),
        own.alias("own"),
        pl.when(own).then(pl.lit("own")).otherwise(pl.lit(receiver)).alias("receiver"),
        pl.lit(kind if kind < 28 else 24, pl.Int32()).alias("msg_type"),
        pl.col("mmsi").alias("mover"),
    )


def bad_mmsi(column: str = "mmsi") -> pl.Expr:
    """Whether an MMSI (integers) has none of the forms of ITU-R M.585 that may transmit."""
    m = pl.col(column)
    mid = (
        pl.when(m < 10_000_000)
        .then(m // 10_000)  # 00MID....: coast stations
        .when(m.is_between(111_000_000, 111_999_999))
        .then(m // 1000 % 1000)  # 111MID...: aircraft
        .when(m.is_between(200_000_000, 799_999_999))
        .then(m // 1_000_000)
        .when(m.is_between(800_000_000, 899_999_999))
        .then(m // 100_000 % 1000)  # 8MID.....: handheld
        .when(m.is_between(980_000_000, 999_999_999))
        .then(m // 10_000 % 1000)  # 98MID, 99MID: auxiliary craft, aids
        .when((m // 1_000_000).is_in([970, 972, 974]))
        .then(pl.lit(201))
        .otherwise(pl.lit(0))
    )
    return ~mid.is_between(201, 775)


def _position(kind: int, raw: pl.DataFrame) -> pl.DataFrame:
    scale = 600.0 if kind == 27 else 600_000.0
    lon, lat = pl.col("lon") / scale, pl.col("lat") / scale
    unknown = (lon == 181.0) | (lat == 91.0)
    bad = ~unknown & ((lon.abs() > 180.0) | (lat.abs() > 90.0) | ((lon == 0.0) & (lat == 0.0)))
    good = ~unknown & ~bad
    have = set(raw.columns)
    sog = pl.lit(None, pl.Float32())
    if kind == 27:
        sog = pl.when(pl.col("speed") < 63).then(pl.col("speed"))
    elif "speed" in have:
        sog = pl.when(pl.col("speed") < 1023).then(pl.col("speed") / (1.0 if kind == 9 else 10.0))
    cog = pl.lit(None, pl.Float32())
    if "course" in have:
        whole = 360 if kind == 27 else 3600
        cog = pl.when(pl.col("course") < whole).then(pl.col("course") * (360.0 / whole))
    turn = pl.col("turn")
    rot = pl.when(turn.abs() < 127).then(turn.sign() * (turn / 4.733) ** 2) if "turn" in have else pl.lit(None)
    mmsi = pl.col("mmsi")
    sart = (mmsi // 1_000_000).is_in([970, 972, 974])
    flags = pl.concat_list(
        pl.when(bad_mmsi()).then(pl.lit("bad_mmsi")), pl.when(bad).then(pl.lit("bad_place"))
    ).list.drop_nulls()
    return raw.select(
        *LINES,
        "payload",
        "t_seen",
        "mover",
        mmsi.cast(pl.Int32()),
        pl.when(sart).then(pl.lit("sart")).otherwise(pl.lit(_TRANSPONDER[kind])).alias("transponder"),
        pl.when(pl.col("channel") == 1)
        .then(pl.lit("A"))
        .when(pl.col("channel") == 2)
        .then(pl.lit("B"))
        .alias("radio_channel"),
        "receiver",
        "station",
        "msg_type",
        pl.when(good).then(pl.when(lon == 180.0).then(-180.0).otherwise(lon)).alias("lon_deg"),
        pl.when(good).then(lat).alias("lat_deg"),
        (pl.col("accuracy") == 1).alias("accurate"),
        sog.alias("sog_kn"),
        cog.alias("cog_deg"),
        (pl.when(pl.col("heading") < 360).then(pl.col("heading")) if "heading" in have else pl.lit(None)).alias(
            "heading_deg"
        ),
        rot.alias("rot_deg_min"),
        (pl.when(pl.col("status") < 15).then(pl.col("status")) if "status" in have else pl.lit(None)).alias(
            "nav_status"
        ),
        "own",
        flags.alias("flags"),
    )


def _claim(kind: int, raw: pl.DataFrame) -> pl.DataFrame:
    have = set(raw.columns)

    def some(name: str, scale: float | None = None) -> pl.Expr:
        """The number where it is not 0."""
        if name not in have:
            return pl.lit(None)
        value = pl.when(pl.col(name) > 0).then(pl.col(name))
        return value if scale is None else value / scale

    def said(name: str) -> pl.Expr:
        return pl.col(name) if name in have else pl.lit(None, pl.String())

    length, width = pl.lit(None), pl.lit(None)
    if "to_bow" in have:
        # The dimensions of an auxiliary craft (98MID) are its mother ship's MMSI (ITU-R M.1371-5, 3.22).
        own_hull = ~pl.col("mmsi").is_between(980_000_000, 989_999_999) if kind == 241 else pl.lit(True)
        length_sum = pl.col("to_bow") + pl.col("to_stern")
        width_sum = pl.col("to_port") + pl.col("to_starboard")
        length = pl.when(own_hull & (length_sum > 0)).then(length_sum)
        width = pl.when(own_hull & (width_sum > 0)).then(width_sum)
    name = said("shipname")
    if kind == 21:
        name = pl.col("name") + pl.col("name_ext").fill_null("")
    eta = pl.lit(None, pl.String())
    if kind == 5:
        two = {n: pl.col(n).cast(pl.String()).str.zfill(2) for n in ("month", "day", "hour", "minute")}
        day = pl.when(pl.col("month").is_between(1, 12) & (pl.col("day") > 0)).then(two["month"] + "-" + two["day"])
        clock = pl.col("hour").lt(24) & pl.col("minute").lt(60)
        eta = day + pl.when(clock).then("T" + two["hour"] + ":" + two["minute"]).otherwise(pl.lit(""))
    return raw.select(
        *LINES,
        "payload",
        "t_seen",
        "mover",
        pl.col("mmsi").cast(pl.Int32()),
        "msg_type",
        pl.lit({240: "A", 241: "B"}.get(kind), pl.String()).alias("part"),
        some("imo").alias("imo"),
        name.alias("name"),
        said("callsign").alias("callsign"),
        some("ship_type").alias("ship_type"),
        length.alias("length_m"),
        width.alias("width_m"),
        some("draught", 10.0).alias("draught_m"),
        said("destination").alias("destination"),
        eta.alias("eta_text"),
        pl.lit(None, TS).alias("eta"),
        "station",
        "receiver",
    )


def _finish(name: str, key: str, frames: list[pl.DataFrame], lines: bool) -> pl.DataFrame:
    """One frame in the order of the lines, with keys and the table's types and rounding."""
    order = [c for c in table(name).schema if c not in STAMPS]
    extra = list(LINES) if lines else []
    if not frames:
        return pl.DataFrame(schema={**_schema(name), **dict.fromkeys(extra, pl.Int64())})
    t = table(name)
    parts = [pl.concat([f.select(*LINES, "payload"), t.conform(f, partial=True)], how="horizontal") for f in frames]
    rows = pl.concat(parts).sort("line_last", maintain_order=True)
    scheme = pl.repeat("mmsi", len(rows), dtype=pl.String(), eager=True)
    keys = ids.bulk(scheme, rows["mover"], rows["t_seen"], rows["station"], rows["payload"])
    return rows.with_columns(keys.alias(key)).select(*order, *extra)


def reports(found: dict[int, Rows], receiver: str, time_from: datetime | None, lines: bool = False) -> pl.DataFrame:
    """The reports of what a scanner found, in the order of the lines."""
    kinds = [k for k in payloads.POSITION_TYPES if k in found and found[k].payloads]
    frames = [_position(k, _raw(k, found[k], receiver, time_from)) for k in kinds]
    return _finish("reports", "report", frames, lines)


def claims(found: dict[int, Rows], receiver: str, time_from: datetime | None, lines: bool = False) -> pl.DataFrame:
    """The claims of what a scanner found, in the order of the lines."""
    kinds = [k for k in payloads.CLAIM_TYPES if k in found and found[k].payloads]
    frames = [_claim(k, _raw(k, found[k], receiver, time_from)) for k in kinds]
    return _finish("claims", "claim", frames, lines)


def rejects(found: Rejects, file: str | None) -> pl.DataFrame:
    """The rejects of what a scanner found, without their keys: the lake gives those."""
    columns = {
        "file": [file] * len(found.lines),
        "line": found.lines,
        "offset": found.offsets,
        "reason": found.reasons,
        "detail": found.details,
        "raw": found.raws,
    }
    return pl.DataFrame(columns, schema=_schema("rejects", "reject"))
