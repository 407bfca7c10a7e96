"""Many fleets of one simulated sea: large inputs for the benchmarks that store, by files that take seconds to make."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

STEP = 7_919
"""Vessels of the next fleet have numbers so much higher (in their last six digits)."""
SHIFT_DEG = 0.0137
"""The next fleet sails so much further east."""
PIECE_LINES = 3_000
"""Lines of one fleet that stand together in a log."""


def sea(directory: Path, hours: int, vessels: int) -> tuple[Path, Path]:
    """A simulated sea's logs: of stations, and of satellites."""
    from makara.session import exercise

    exercise(7, directory / "sea", hours=hours, vessels=vessels)
    return directory / "sea" / "reports_terrestrial.nmea.gz", directory / "sea" / "reports_satellite.nmea.gz"


def number(mmsi: Any, fleet: int) -> Any:
    """The MMSI of a vessel's like in a fleet: of the same flag."""
    return mmsi // 1_000_000 * 1_000_000 + (mmsi + fleet * STEP) % 1_000_000


def table(logs: tuple[Path, Path], fleets: int) -> pl.DataFrame:
    """Positions of all fleets in the columns of MarineCadastre's files, in the order of time, whole seconds."""
    import makara

    found = makara.decode(list(logs))
    static = found.claims.group_by("mmsi").agg(
        pl.col(c).drop_nulls().first()
        for c in ("name", "imo", "callsign", "ship_type", "length_m", "width_m", "draught_m")
    )
    ships = found.reports.filter(pl.col("lon_deg").is_not_null(), pl.col("transponder").is_in(["class_a", "class_b"]))
    one = ships.join(static, on="mmsi", how="left").sort("t_seen")
    whole = pl.Int32()
    rows = one.select(
        MMSI="mmsi",
        BaseDateTime=pl.col("t_seen").dt.strftime("%Y-%m-%dT%H:%M:%S"),
        LAT=pl.col("lat_deg").round(5),
        LON=pl.col("lon_deg").round(5),
        SOG=pl.col("sog_kn").round(1),
        COG=pl.col("cog_deg").round(1),
        Heading=pl.col("heading_deg").fill_null(511.0).round(0),
        VesselName="name",
        IMO=pl.format("IMO{}", "imo"),
        CallSign="callsign",
        VesselType="ship_type",
        Status="nav_status",
        Length=pl.col("length_m").cast(whole),
        Width=pl.col("width_m").cast(whole),
        Draft=pl.col("draught_m").round(1),
        Cargo="ship_type",
        TransceiverClass=pl.when(pl.col("transponder") == "class_b").then(pl.lit("B")).otherwise(pl.lit("A")),
    ).with_row_index("at")
    east = (pl.col("LON") + pl.lit(180.0)) % 360.0 - 180.0
    every = [
        rows.with_columns(number(pl.col("MMSI"), k).alias("MMSI"), pl.col("LON") + k * SHIFT_DEG).with_columns(
            east.round(5).alias("LON")
        )
        for k in range(fleets)
    ]
    return pl.concat(every).sort("at", maintain_order=True).drop("at")


def log(logs: tuple[Path, Path], fleets: int) -> Iterator[bytes]:
    """Lines of all fleets, some thousands of each in turn: the MMSI and the checksum of each sentence are rewritten."""
    lines = b"".join(gzip.decompress(p.read_bytes()) for p in logs).splitlines(keepends=True)
    for first in range(0, len(lines), PIECE_LINES):
        piece = b"".join(lines[first : first + PIECE_LINES])
        at, mmsi = _numbers(piece)
        plain = np.frombuffer(piece, np.uint8)
        for k in range(fleets):
            yield _renumbered(plain, at, mmsi, k)


def _numbers(piece: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the second character of each message's payload stands, and the checksum; and the MMSI."""
    at, start = [], 0
    for line in piece.splitlines(keepends=True):
        talker = line.rfind(b"!")
        parts = line[talker:].split(b",")
        whole = talker >= 0 and len(parts) == 7 and parts[2] == b"1" and len(parts[5]) > 7 and b"*" in parts[6]
        if whole:
            payload = start + talker + sum(len(p) + 1 for p in parts[:5])
            at.append((payload + 1, start + line.rfind(b"*") + 1))
        start += len(line)
    places = np.array(at, np.int64).reshape(-1, 2)
    six = _bits(np.frombuffer(piece, np.uint8), places[:, 0])
    mmsi = (six[0] & 15) << 26 | six[1] << 20 | six[2] << 14 | six[3] << 8 | six[4] << 2 | six[5] >> 4
    return places, mmsi


def _bits(text: NDArray[np.uint8], first: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    signs = [text[first + k].astype(np.int64) for k in range(6)]
    return [np.where(s < 96, s - 48, s - 56) for s in signs]


def _renumbered(plain: NDArray[np.uint8], at: NDArray[np.int64], mmsi: NDArray[np.int64], fleet: int) -> bytes:
    text = plain.copy()
    first, checks = at[:, 0], at[:, 1]
    old, new = _bits(plain, first), number(mmsi, fleet)
    six = [(old[0] & 48) | new >> 26, *(new >> s & 63 for s in (20, 14, 8, 2)), (new & 3) << 4 | (old[5] & 15)]
    change = np.zeros(len(first), np.uint8)
    for k, value in enumerate(six):
        sign = np.where(value < 40, value + 48, value + 56).astype(np.uint8)
        change ^= sign ^ plain[first + k]
        text[first + k] = sign
    digits = np.frombuffer(b"0123456789ABCDEF", np.uint8)
    for k, shift in ((0, 4), (1, 0)):
        told = plain[checks + k].astype(np.int64)
        value = np.where(told < 58, told - 48, (told & 95) - 55) ^ (change >> shift & 15)
        text[checks + k] = digits[value & 15]
    return text.tobytes()
