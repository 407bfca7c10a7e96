"""Positions with what the vessel does: VMS with logbooks, AIS of known classes, simulated vessels; thinned copies.

All frames: ``vessel`` (i64), ``source``, ``gear`` (of the vessel; a kind of non-fisher otherwise), ``every_min``
(cadence), ``t`` (microseconds), ``lon, lat, sog, shore`` and ``label`` (numbers of ``_fishers``; -1: not known).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from bench.accuracy._fishers import FISHERS, FIXED, NOT, OTHERS, TRAWL, UNKNOWN, minutes_of
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

from makara.base import ids
from makara.session.resources import shore

COLUMNS: Final = ("vessel", "source", "gear", "every_min", "t", "lon", "lat", "sog", "label")
EVERY_MIN: Final = (1, 5, 15, 30, 60, 120)
TOWED: Final = ("TBB", "OTB", "OTM", "PTB", "DRB")
SET: Final = ("GN", "GNS", "FPO")


def vms(folder: Path) -> pl.DataFrame:
    """Pings of trips with logbook gear, weakly labelled by each vessel's own speed profile.

    A ping belongs to the trip whose departure and landing enclose it, and gets the trip's gear where there is one. Per
    vessel, three normal distributions are fitted to the stated speeds (lying, fishing, steaming: the method of
    vmstools, Hintzen et al. 2012); a ping is labelled where one of them claims it by four in five. Pings on no trip
    that state 0.5 kn or less are not fishing; all others are not known.
    """
    raw = pl.read_parquet(folder / "vmstools_tacsat.parquet").unique(maintain_order=True)
    clock = pl.col("SI_TIME").str.replace_all(" ", "").str.split(":")
    minute = clock.list.get(0).cast(pl.Int64) * 60 + clock.list.get(1).cast(pl.Int64)
    pings = raw.select(
        vessel=pl.col("VE_REF").cast(pl.Int64),
        t=_day("SI_DATE").cast(pl.Datetime("us")) + pl.duration(minutes=minute),
        lon=pl.col("SI_LONG"),
        lat=pl.col("SI_LATI"),
        sog=pl.col("SI_SP"),
    ).drop_nulls(["t", "lon", "lat"])
    pings = (
        pings.filter(pl.col("sog").fill_null(0) <= 20)
        .sort("vessel", "t")
        .unique(["vessel", "t"], keep="first", maintain_order=True)
    )
    book = pl.read_parquet(folder / "vmstools_eflalo.parquet")
    book = book.filter(pl.col("VE_REF") != "NA").select(
        "VE_REF", "FT_DDAT", "FT_DTIME", "FT_LDAT", "FT_LTIME", "FT_REF", "LE_GEAR"
    )
    trips = (
        book.with_columns(
            vessel=pl.col("VE_REF").cast(pl.Int64),
            left=_day("FT_DDAT").cast(pl.Datetime("us"))
            + pl.col("FT_DTIME").str.to_time("%H:%M:%S", strict=False).cast(pl.Duration("us")),
            landed=_day("FT_LDAT").cast(pl.Datetime("us"))
            + pl.col("FT_LTIME").str.to_time("%H:%M:%S", strict=False).cast(pl.Duration("us")),
        )
        .group_by("vessel", "FT_REF", "left", "landed")
        .agg(gears=pl.col("LE_GEAR").drop_nulls().unique().sort())
        .drop_nulls()
        .sort("vessel", "left")
    )
    on = pings.sort("t").join_asof(trips.sort("left"), left_on="t", right_on="left", by="vessel", strategy="backward")
    trip_gear = pl.when(pl.col("t") <= pl.col("landed")).then(pl.col("gears"))
    on = (
        on.with_columns(trip=trip_gear)
        .with_columns(
            kind=pl.when(pl.col("trip").list.len() == 1)
            .then(
                pl.col("trip")
                .list.first()
                .replace_strict(
                    {**dict.fromkeys(TOWED, TRAWL), **dict.fromkeys(SET, FIXED)}, default=UNKNOWN, return_dtype=pl.Int64
                )
            )
            .when(pl.col("trip").list.eval(pl.element().is_in(TOWED)).list.all())
            .then(TRAWL)
        )
        .sort("vessel", "t")
    )
    labels = []
    for (_,), of in on.group_by("vessel", maintain_order=True):
        labels.append(_by_speed(of))
    on = on.with_columns(label=pl.Series(np.concatenate(labels), dtype=pl.Int64))
    main = on.filter(pl.col("label") > 0).group_by("vessel").agg(kind_of=pl.col("label").mode().min())
    on = on.join(main, on="vessel", how="left", maintain_order="left")
    gear = pl.col("kind_of").replace_strict({TRAWL: "trawl", FIXED: "fixed_gear"}, default="unknown")
    return on.with_columns(source=pl.lit("vms"), gear=gear, every_min=pl.lit(0), t=pl.col("t").dt.epoch("us")).select(
        COLUMNS
    )


def _day(column: str) -> pl.Expr:
    """Days of 1800 and 1801 as 2000 and 2001 (29 February was there)."""
    part = pl.col(column).str.split("/")
    year = part.list.get(2).replace({"1800": "2000", "1801": "2001"})
    return pl.concat_str(year, pl.lit("-"), part.list.get(1), pl.lit("-"), part.list.get(0)).str.to_date(
        "%Y-%m-%d", strict=False
    )


def _by_speed(of: pl.DataFrame) -> NDArray[np.int64]:
    """Labels of one vessel's pings."""
    sog = of["sog"].to_numpy()
    kind = of["kind"].fill_null(UNKNOWN).to_numpy()
    out = np.full(len(of), UNKNOWN)
    out[of["trip"].is_null().to_numpy() & (sog <= 0.5)] = NOT
    mine = (kind > 0) & np.isfinite(sog)
    if mine.sum() < 60:
        return out
    first = np.array([[0.3], [2.0 if np.median(kind[mine]) == FIXED else 4.5], [9.5]])
    mix = GaussianMixture(3, means_init=first, covariance_type="spherical", reg_covar=0.05, random_state=0)
    mix.fit(sog[mine, None] + 0.0)
    order = np.argsort(mix.means_[:, 0])
    means = mix.means_[order, 0]
    if not (1.0 <= means[1] <= 7.5 and means[2] - means[1] >= 1.5):
        return out
    p = mix.predict_proba(np.nan_to_num(sog)[:, None])[:, order]
    sure = mine & (p.max(1) >= 0.8)
    what = p.argmax(1)
    out[sure & (what == 1)] = kind[sure & (what == 1)]
    out[sure & (what != 1)] = NOT
    return out


def classed(folder: Path) -> pl.DataFrame:
    """AIS of vessels that do not fish: cargo, tankers, passengers of OMTAD (a part), and the Kattegat by register."""
    omtad = pl.read_parquet(folder / "ais" / "omtad_west_australia_2018_2019.parquet")
    omtad = omtad.with_columns(vessel=ids.bulk(omtad["CRAFT_ID"]), gear=pl.col("vtype"))
    some = omtad.filter((pl.col("gear") != "fishing") & ((pl.col("vessel") % 8 == 0) | (pl.col("gear") == "passenger")))
    west = some.select(
        "vessel",
        pl.lit("omtad").alias("source"),
        "gear",
        pl.lit(0).alias("every_min"),
        pl.col("TIMESTAMP").dt.epoch("us").alias("t"),
        pl.col("LON").alias("lon"),
        pl.col("LAT").alias("lat"),
        pl.col("SPEED").alias("sog"),
        pl.lit(NOT, pl.Int64).alias("label"),
    )
    register = pl.read_csv(folder / "registries" / "gfw_vessel_class_labels.csv.gz", infer_schema_length=0)
    known = (
        register.select(pl.col("mmsi").cast(pl.Int64).alias("vessel"), "label")
        .filter(
            pl.col("label").is_in(["cargo", "tanker", "passenger", "motor_passenger", "tug", "unknown_not_fishing"])
        )
        .unique("vessel")
    )
    kattegat = (
        pl.read_parquet(folder / "ais" / "dma_kattegat_20251101_02.parquet")
        .with_columns(vessel=pl.col("MMSI").cast(pl.Int64))
        .join(known, on="vessel")
    )
    time = (
        pl.col("Timestamp")
        if kattegat.schema["Timestamp"].is_temporal()
        else pl.col("Timestamp").str.to_datetime(time_unit="us")
    )
    dense = kattegat.select(
        "vessel",
        pl.lit("kattegat").alias("source"),
        pl.col("label").alias("gear"),
        pl.lit(1).alias("every_min"),
        time.dt.epoch("us").alias("t"),
        pl.col("Longitude").cast(pl.Float64).alias("lon"),
        pl.col("Latitude").cast(pl.Float64).alias("lat"),
        (pl.col("SOG").cast(pl.Float64) * 3600 / 1852).alias("sog"),
        pl.lit(NOT, pl.Int64).alias("label"),
    )
    return (
        pl.concat([west.select(COLUMNS), dense.select(COLUMNS)])
        .sort("source", "vessel", "t")
        .unique(["source", "vessel", "t"], keep="first", maintain_order=True)
    )


def simulated(vessels: int, days: float, seed: int) -> pl.DataFrame:
    """So many vessels of each gear, and half as many of each kind of look-alike, a position a minute."""
    rng = np.random.default_rng(seed)
    frames = []
    everything = [(g, w, far, vessels) for g, (_, w, far) in FISHERS.items()] + [
        (k, w, far, max(1, vessels // 2)) for k, (w, far) in OTHERS.items()
    ]
    number = 0
    for name, what, far, count in everything:
        for lon, lat in _places(rng, far, count):
            number += 1
            got = minutes_of(what, [seed, number], lon, lat, days)
            sog = (
                pl.Series(got["sog"]) if rng.random() < 0.85 else pl.Series([None] * len(got["sog"]), dtype=pl.Float64)
            )
            frames.append(
                pl.DataFrame(
                    {
                        "t": (got["t_s"] * 1e6).astype(np.int64) + 1_700_006_400_000_000,
                        "lon": got["lon"],
                        "lat": got["lat"],
                    }
                )
                .with_columns(
                    vessel=pl.lit(number, pl.Int64),
                    source=pl.lit("simulated"),
                    gear=pl.lit(name),
                    every_min=pl.lit(1),
                    sog=sog,
                    label=pl.Series(got["label"]).cast(pl.Int64),
                )
                .select(COLUMNS)
            )
    return pl.concat(frames)


def _places(rng: np.random.Generator, far_km: tuple[float, float], count: int) -> list[tuple[float, float]]:
    """Places at sea between two distances from shore."""
    found: list[tuple[float, float]] = []
    while len(found) < count:
        lon, lat = rng.uniform(-180, 180, 4000), np.degrees(np.arcsin(rng.uniform(-0.85, 0.88, 4000)))
        away = shore().distance_m(lon, lat) / 1000.0
        wish = np.exp(rng.uniform(np.log(far_km[0]), np.log(far_km[1]), 4000))
        good = (away > 0) & (np.abs(np.log(np.maximum(away, 0.1) / wish)) < 0.3)
        found += [(float(a), float(b)) for a, b in zip(lon[good], lat[good], strict=True)]
    return found[:count]


def thinned(frame: pl.DataFrame, every_min: int, seed: int) -> pl.DataFrame:
    """A copy with a position about every so many minutes, unevenly."""
    if every_min == 1:
        return frame
    rng = np.random.default_rng([seed, every_min])
    kept = []
    for _, of in frame.group_by("vessel", maintain_order=True):
        minute = of["t"].to_numpy() // 60_000_000
        gaps = rng.normal(every_min, 0.15 * every_min, int((minute[-1] - minute[0]) / every_min * 1.6) + 2).clip(1)
        ticks = minute[0] + np.cumsum(gaps)
        at = np.unique(np.searchsorted(minute, ticks[ticks <= minute[-1]]))
        kept.append(of[at])
    return pl.concat(kept).with_columns(every_min=pl.lit(every_min))


def with_shore(frame: pl.DataFrame) -> pl.DataFrame:
    """With the distance from shore, unknown for one vessel in five."""
    away = shore().distance_m(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    hidden = ids.bulk(frame["vessel"]).to_numpy() % 5 == 0
    return frame.with_columns(shore=pl.Series(np.where(hidden, np.nan, away)))


def part_of(frame: pl.DataFrame) -> pl.Series:
    """0 to 9 by vessel: who is trained on (0 to 5), who calibrates (6), who is held back (7 to 9)."""
    key = ids.bulk(frame["source"], frame["vessel"]).to_numpy()
    return pl.Series("part", (key >> 7) % 10)
