"""Contacts: detections that no AIS explains, held to be one boat from look to look.

Look by look each detection goes to the contact that most likely moved there: those whose motion is known are
predicted, others may have stayed or run. What a contact is depends only on the looks up to then, and its state is all
integers, so that any split in time gives the same contacts. A link across an empty sea proves little; each link says
how many such links chance would give, from the contacts around.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numba import njit

from makara.base import ids
from makara.base.geo import distance_scalar
from makara.base.units import HOUR_S, KN_M_S, MINUTE_S, NMI_M, S_US
from makara.behaviours._rule import Parameters, Rule, Window, emit, instants, nothing, pack, unpack
from makara.behaviours._unmatched import LOOKED, OPTIONAL, unmatched

CONTACT: Final = (
    "key", "t_first", "t_last", "lon", "lat", "sd_dm", "east", "north", "looks", "length_dm", "lengths",
)  # fmt: skip
"""What a contact remembers: its key (from its first detection), when it was seen first and last, where (1e-7 degrees)
and how exactly (decimetres), its velocity (mm/s; looks below 2: none), its looks, the sum of the lengths measured."""
SILENT_S: Final = 2 * HOUR_S
"""A contact not seen for so long is lost."""
_WIDTH: Final = 16
_SAME_S: Final = MINUTE_S
"""Two sightings closer in time than this tell no speed."""
_FAST_KN: Final = 60.0
_RUN_S: Final = 45 * MINUTE_S
"""After a longer silence a contact is not taken to have run off at any speed, but to have stayed or kept its way."""
_DEG_M: Final = 111_195.0
_HOST_M: Final = 2 * NMI_M
_HOST_KN: Final = 4.0
_HOST_S: Final = 30 * MINUTE_S
_HOST_DM: Final = 120
"""A slow contact (from its last two looks) seen so lately, so near and measured so long is beside a detection."""
_LEAST: Final = 1e-13
"""A link less likely than this (a density per square metre) is none."""
_AROUND_M: Final = 60 * NMI_M


@dataclass(frozen=True)
class Contacts:
    """Contacts at the end of a window.

    Attributes:
        seen: the new detections with ``key`` (of their contact), ``looks`` (of it so far), the look before (``t_prev,
            lon_prev, lat_prev``; null at the first), ``speed_kn`` and ``low_kn`` (between both; less the error of
            both), ``east, north`` (mm/s), ``chance`` (log10 of the number of such links expected by chance,
            thousandths), ``length_mean_m`` of the contact so far, ``marks`` and ``evidence``; and the nearest slow
            contact beside it, if any: ``host`` (its key), ``host_t, host_lon, host_lat`` (its last look; 1e-7 degrees),
            ``host_length_m``.
        states: the columns of :data:`CONTACT`, ``participants`` (its first detection) and ``marks``; of those not yet
            lost.
        names: ``key, participants`` of all contacts carried or seen.
        looks: places of all looks in sight, with their evidence: ``t, lon, lat`` (1e-7 degrees), ``shown``.
        told: marks of the looks of each contact, those carried at the beginning of time: ``key, t_told, told``.
    """

    seen: pl.DataFrame
    states: pl.DataFrame
    names: pl.DataFrame
    looks: pl.DataFrame
    told: pl.DataFrame

    def behind(self, rows: pl.DataFrame, key: str, look: tuple[str, str, str]) -> pl.DataFrame:
        """What stands behind a contact's motion: ``shown``, evidence of one look of it, and ``told``, the marks of all.

        Args:
            rows: some of ``seen``, with their ``t``.
            key: the column that names the contact.
            look: the columns of that look's time, longitude and latitude, as in ``seen``.

        Returns:
            One row for each of ``rows``, in their order; empty lists where there is no such contact.
        """
        asked = rows.select("t", pl.col(key).alias("key"), *(pl.col(c).alias(f"at_{c}") for c in look))
        asked = asked.with_row_index("asked")
        at = [f"at_{c}" for c in look]
        shown = asked.join(self.looks, left_on=at, right_on=["t", "lon", "lat"]).explode("shown")
        shown = shown.group_by("asked").agg(pl.col("shown").unique().sort())
        told = asked.join(self.told, on="key").filter(pl.col("t_told") <= pl.col("t"))
        told = told.group_by("asked").agg(pl.col("told").unique().sort())
        both = asked.join(shown, on="asked", how="left", maintain_order="left")
        both = both.join(told, on="asked", how="left", maintain_order="left")
        return both.select(pl.col("shown", "told").fill_null([]))


def follow(window: Window, held: pl.DataFrame, p_dark_min: float) -> Contacts:
    """Take the new detections of a window into contacts.

    Args:
        window: with detections and matches.
        held: contacts carried, unpacked by :data:`CONTACT`.
        p_dark_min: see :func:`unmatched`.
    """
    found = unmatched(window, p_dark_min)
    new = found.filter(pl.col("t") >= window.frm_us) if len(found) else _none()
    old = held.sort("t_first", "key").select(*CONTACT, "participants", "marks")
    own = ids.bulk(new["detection"]) if len(new) else pl.Series([], dtype=pl.Int64())
    new = new.with_columns(own.alias("own")).sort("t", "own")
    own = new["own"]
    sd = (new["semi_major_m"].cast(pl.Float64).fill_null(500.0) / 2.4477).to_numpy()
    length = new["length_m"].cast(pl.Float64).fill_null(-1.0).to_numpy()
    state, rows = _follow(
        old.select(CONTACT).to_numpy().astype(np.int64),
        own.to_numpy(),
        new["t"].to_numpy(),
        new["lon_deg"].to_numpy(),
        new["lat_deg"].to_numpy(),
        sd,
        length,
    )
    told = {n: rows[:, k] for k, n in enumerate(_ROW)}
    seen = new.with_columns([pl.Series(n, v, dtype=pl.Int64()) for n, v in told.items()])
    first = pl.col("t_prev") < 0
    seen = seen.with_columns(
        pl.when(~first).then(pl.col("t_prev", "lon_prev", "lat_prev")),
        speed_kn=pl.when(~first).then(pl.col("speed") / 1000 / KN_M_S),
        low_kn=pl.when(~first).then(pl.col("low") / 1000 / KN_M_S),
        host=pl.when(pl.col("host") != 0).then("host"),
        host_length_m=pl.when(pl.col("host_length_dm") > 0).then(pl.col("host_length_dm") / 10),
        length_mean_m=pl.when(pl.col("length_dm") > 0).then(pl.col("length_dm") / 10),
        marks=pl.concat_list(pl.concat_list("mark"), pl.col("marks").fill_null([])).list.drop_nulls(),
        evidence=_shown(),
    )
    states = pl.DataFrame({n: pl.Series(state[:, k], dtype=pl.Int64()) for k, n in enumerate(CONTACT)})
    names = pl.concat(
        [
            old.select("key", "participants"),
            pl.DataFrame({"key": own, "participants": new.select(pl.concat_list("detection")).to_series()}),
        ]
    )
    names = names.unique("key", keep="first", maintain_order=True)
    before = old.select("key", t_told=pl.lit(np.iinfo(np.int64).min), told="marks")
    told_by = pl.concat([before, seen.select("key", t_told="t", told="marks")]).explode("told").drop_nulls()
    marks = told_by.group_by("key").agg(marks=pl.col("told").unique().sort())
    alive = states.filter(pl.col("t_last") + SILENT_S * S_US >= window.to_us)
    alive = alive.join(names, on="key", how="left", maintain_order="left")
    alive = alive.join(marks, on="key", how="left", maintain_order="left")
    looks = (found if len(found) else _none()).select(
        "t",
        lon=(pl.col("lon_deg") * 1e7).round().cast(pl.Int64),
        lat=(pl.col("lat_deg") * 1e7).round().cast(pl.Int64),
        shown=_shown(),
    )
    return Contacts(seen, alive, names, looks, told_by)


def _shown() -> pl.Expr:
    """A detection as evidence: itself, and where AIS was searched for it."""
    return pl.concat_list(pl.concat_list("detection"), pl.col("looked").fill_null([]))


_ROW: Final = (
    "key", "looks", "t_prev", "lon_prev", "lat_prev", "east", "north", "speed", "low", "chance", "length_dm",
    "host", "host_lon", "host_lat", "host_length_dm", "host_t",
)  # fmt: skip


def recall(carried: pl.DataFrame, extras: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Contacts and runs that a rule carried.

    Args:
        carried: as :func:`remember` made it.
        extras: what a run remembers beside ``key, t_first, t_last, lon, lat``.
    """
    every = unpack(carried, ("role", *CONTACT, *extras))
    return every.filter(pl.col("role") == 0), every.filter(pl.col("role") == 1)


def remember(
    rule: Rule, p: Parameters, states: pl.DataFrame, runs: pl.DataFrame, extras: tuple[str, ...]
) -> pl.DataFrame:
    """Rows of a step that carry contacts and runs (``participants`` and ``marks`` are kept with both)."""
    names = ("role", *CONTACT, *extras)
    parts = []
    for role, frame in enumerate((states, runs)):
        if not len(frame):
            continue
        lacking = [pl.lit(0, pl.Int64()).alias(c) for c in names if c not in frame.columns]
        rows = frame.with_columns(lacking).with_columns(role=pl.lit(role, pl.Int64()))
        rows = rows.with_columns(
            pack({c: rows[c].to_numpy() for c in names}),
            pl.col("marks").fill_null([]),
            state=pl.lit("pending"),
            t_start=instants("t_first"),
            t_end_floor=instants("t_last"),
            lon_deg=pl.col("lon") / 1e7,
            lat_deg=pl.col("lat") / 1e7,
        )
        parts.append(emit(rule, p, rows))
    return pl.concat(parts) if parts else nothing()


def gathered(runs: pl.DataFrame, told: pl.DataFrame, carried: pl.DataFrame, name: str) -> pl.DataFrame:
    """What was told over the time of each run, and what is carried of it: ``key, t_first`` and the list ``name``.

    Args:
        runs: ``key, t_first, t_last``.
        told: ``key, t`` and the list ``name``.
        carried: earlier runs: ``key, t_first`` and the list ``name``.
        name: the column.
    """
    each = told.select("key", "t", name).explode(name).drop_nulls()
    inside = each.join(runs.select("key", "t_first", "t_last"), on="key").filter(
        pl.col("t").is_between("t_first", "t_last")
    )
    before = carried.select("key", "t_first", name).explode(name).drop_nulls()
    both = pl.concat([inside.select("key", "t_first", name), before]).unique().sort("key", "t_first", name)
    return both.group_by("key", "t_first", maintain_order=True).agg(pl.col(name))


def _none() -> pl.DataFrame:
    """No detections, with the columns of :func:`unmatched` that are used here."""
    own = {
        "detection": pl.String(),
        "t": pl.Int64(),
        "t_seen": pl.Datetime("us", "UTC"),
        "lon_deg": pl.Float64(),
        "lat_deg": pl.Float64(),
        "p_dark": pl.Float32(),
    }
    return pl.DataFrame(schema={**own, **OPTIONAL, **LOOKED})


@njit(cache=True)
def _density(far: Any, sd: Any) -> Any:
    """Density of a round normal distribution, per square metre."""
    return np.exp(-0.5 * far * far / (sd * sd)) / (2.0 * np.pi * sd * sd)


@njit(cache=True)
def _fit(state: Any, t: Any, x: Any, y: Any, sd: Any, length: Any) -> Any:
    """How likely a contact is at a place at a time: a density per square metre; 0 if it cannot be."""
    dt = (t - state[2]) / 1e6
    x0, y0 = state[3] / 1e7, state[4] / 1e7
    far = distance_scalar(x0, y0, x, y)
    error = np.sqrt(sd * sd + (state[5] / 10.0) ** 2)
    reach = _FAST_KN * KN_M_S * dt
    if far > reach + 3.0 * error:
        return 0.0
    alike = 1.0
    if length > 0 and state[10] > 0:
        alike = max(1e-4, np.exp(-0.5 * (np.log(length * 10.0 * state[10] / state[9]) / 0.6) ** 2))
    run = 1.0 / (np.pi * (reach + 3.0 * error) ** 2) if dt <= _RUN_S else 0.0
    stayed = _density(far, np.sqrt(error * error + (6.0 * KN_M_S * dt) ** 2))
    if state[8] < 2:
        return alike * (0.7 * stayed + 0.3 * run)
    dx = ((x - x0 + 180.0) % 360.0 - 180.0) * _DEG_M * np.cos(y0 * np.pi / 180.0) - state[6] / 1000.0 * dt
    dy = (y - y0) * _DEG_M - state[7] / 1000.0 * dt
    kept = _density(np.sqrt(dx * dx + dy * dy), np.sqrt(error * error + (4.0 * KN_M_S * dt) ** 2))
    return alike * (0.8 * kept + 0.15 * stayed + 0.05 * run)


@njit(cache=True)
def _chance(states: Any, live: Any, to: Any, c: Any, t: Any, x: Any, y: Any, sd: Any, speed: Any) -> Any:
    """Log10 (thousandths) of how many contacts chance would put where contact c was found again.

    It goes by the contacts around that this look does not account for, and half a one that nobody has seen yet.
    """
    others = 0.5
    for k in live:
        if not np.any(to == k) and distance_scalar(states[k, 3] / 1e7, states[k, 4] / 1e7, x, y) <= _AROUND_M:
            others += 1.0
    dt = (t - states[c, 2]) / 1e6
    error = sd + states[c, 5] / 10.0
    if states[c, 8] < 2:
        off = max(speed, 1.0) * dt * 1.5 + 2.0 * error
    else:
        off = 2.0 * np.sqrt(error * error + (4.0 * KN_M_S * dt) ** 2)
    return round(1000.0 * np.log10(others * off * off / (_AROUND_M * _AROUND_M)))


@njit(cache=True)
def _assign(states: Any, live: Any, low: Any, high: Any, t: Any, lon: Any, lat: Any, sd: Any, length: Any) -> Any:
    """For each detection of a look the contact that it goes to, or -1: the likeliest pairs first."""
    n = high - low
    to = np.full(n, -1, np.int64)
    fits = np.zeros(live.size * n)
    for i in range(live.size):
        for j in range(n):
            fits[i * n + j] = _fit(states[live[i]], t, lon[low + j], lat[low + j], sd[low + j], length[low + j])
    used = np.zeros(live.size, np.bool_)
    for q in np.argsort(-fits, kind="mergesort"):
        if fits[q] <= _LEAST:
            break
        i, j = q // n, q % n
        if not used[i] and to[j] < 0:
            used[i] = True
            to[j] = live[i]
    return to


@njit(cache=True)
def _follow(old: Any, own: Any, t: Any, lon: Any, lat: Any, sd: Any, length: Any) -> Any:
    count = old.shape[0]
    states = np.zeros((count + t.size, old.shape[1]), np.int64)
    states[:count] = old
    rows = np.zeros((t.size, _WIDTH), np.int64)
    live = np.arange(count)
    low = 0
    while low < t.size:
        high = low
        while high < t.size and t[high] == t[low]:
            high += 1
        live = live[t[low] - states[live, 2] <= SILENT_S * S_US]
        to = _assign(states, live, low, high, t[low], lon, lat, sd, length)
        began = count
        for j in range(low, high):
            if to[j - low] >= 0:
                _link(states, live, to, to[j - low], rows[j], t[j], lon[j], lat[j], sd[j], length[j])
                continue
            s = states[count]
            s[0], s[1], s[2] = own[j], t[j], t[j]
            s[3], s[4], s[5] = round(lon[j] * 1e7), round(lat[j] * 1e7), round(sd[j] * 10.0)
            s[8] = 1
            if length[j] > 0:
                s[9], s[10] = round(length[j] * 10.0), 1
            rows[j, 0], rows[j, 1], rows[j, 2], rows[j, 10] = own[j], 1, -1, s[9]
            count += 1
        live = np.concatenate((live, np.arange(began, count)))
        for j in range(low, high):
            _beside(states, live, rows[j], t[j], lon[j], lat[j])
        low = high
    return states[:count], rows


@njit(cache=True)
def _link(states: Any, live: Any, to: Any, c: Any, row: Any, t: Any, x: Any, y: Any, sd: Any, length: Any) -> None:
    """Put a detection to a contact: its leg, and the contact's new state."""
    s = states[c]
    if length > 0:
        s[9] += round(length * 10.0)
        s[10] += 1
    row[0] = s[0]
    row[10] = s[9] // s[10] if s[10] else 0
    if t - s[2] < _SAME_S * S_US:
        row[1], row[2] = s[8], -1
        return
    dt = (t - s[2]) / 1e6
    x0, y0 = s[3] / 1e7, s[4] / 1e7
    far = distance_scalar(x0, y0, x, y)
    error = np.sqrt(sd * sd + (s[5] / 10.0) ** 2)
    east = ((x - x0 + 180.0) % 360.0 - 180.0) * np.cos(y0 * np.pi / 180.0)
    north = y - y0
    size = np.sqrt(east * east + north * north)
    k = far / dt * 1000.0 / size if size > 0 else 0.0
    row[2], row[3], row[4] = s[2], s[3], s[4]
    row[5], row[6] = round(east * k), round(north * k)
    row[7] = round(far / dt * 1000.0)
    row[8] = round(max(0.0, far - 2.0 * error) / dt * 1000.0)
    row[9] = _chance(states, live, to, c, t, x, y, sd, far / dt)
    s[2], s[3], s[4], s[5] = t, round(x * 1e7), round(y * 1e7), round(sd * 10.0)
    s[6], s[7] = row[5], row[6]
    s[8] += 1
    row[1] = s[8]


@njit(cache=True)
def _beside(states: Any, live: Any, row: Any, t: Any, x: Any, y: Any) -> None:
    """The nearest slow contact beside a detection, or beside where its boat was at the look before."""
    best = _HOST_M
    for k in live:
        s = states[k]
        if s[0] == row[0] or s[8] < 2 or t - s[2] > _HOST_S * S_US or s[9] < _HOST_DM * s[10] or not s[10]:
            continue
        if np.sqrt(s[6] * s[6] + s[7] * s[7]) > _HOST_KN * KN_M_S * 1000.0:
            continue
        far = distance_scalar(s[3] / 1e7, s[4] / 1e7, x, y)
        if row[2] >= 0:  # a boat that has just been sent out
            far = min(far, distance_scalar(s[3] / 1e7, s[4] / 1e7, row[3] / 1e7, row[4] / 1e7))
        if far <= best:
            best = far
            row[11], row[12], row[13] = s[0], s[3], s[4]
            row[14] = s[9] // s[10]
            row[15] = s[2]
