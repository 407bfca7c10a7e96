"""Other decoders, each as its users run it, to one table: run in the environment of the peers (``tools/peers.sh``).

``python -m bench._peer NAME FILE [OUT]`` prints how many messages it decoded and how many CPU seconds the decoding
alone took; with OUT it writes the table as Parquet. This file knows nothing of Makara.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

COLUMNS = (
    "t", "msg_type", "mmsi", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status", "imo", "name",
    "callsign", "ship_type", "destination",
)  # fmt: skip
"""The table's columns. A peer's own values for "not available" are left as they are."""
_GPSD = (
    "type", "mmsi", "lon", "lat", "speed", "course", "heading", "status", "imo", "shipname", "callsign", "shiptype",
    "destination",
)  # fmt: skip
_LIBAIS = (
    "id", "mmsi", "x", "y", "sog", "cog", "true_heading", "nav_status", "imo_num", "name", "callsign",
    "type_and_cargo", "destination",
)  # fmt: skip
_PYAIS = ("lon", "lat", "speed", "course", "heading", "status", "imo")
_MARLIN = (
    "longitude_deg", "latitude_deg", "speed_over_ground", "course_over_ground", "true_heading", "navigation_status",
    "imo_number", "vessel_name", "call_sign", "ship_type", "destination",
)  # fmt: skip
_MARLIN_TYPES = {
    "PositionReportA": 1, "StaticAndVoyageA": 5, "SarAircraftPositionReport": 9, "PositionReportB": 18,
    "ExtendedPositionReportB": 19, "AidToNavigationReport": 21, "StaticDataB24A": 24, "StaticDataB24B": 24,
}  # fmt: skip
"""It does not say which of the types 1 to 3 a class A report was."""
Row = tuple[Any, ...]


def pyais(path: str) -> Iterator[Row]:
    """pyais.FileReaderStream. Sentences with a wrong checksum are decoded too."""
    from pyais import FileReaderStream
    from pyais.exceptions import AISBaseException

    with FileReaderStream(path) as stream:
        for sentence in stream:
            try:
                m = sentence.decode()
            except AISBaseException:
                continue
            stamp = sentence.tag_block
            if stamp is not None:
                stamp.init()
            yield (
                None if stamp is None else stamp.receiver_timestamp, m.msg_type, m.mmsi,
                *[getattr(m, n, None) for n in _PYAIS],
                getattr(m, "shipname", None) or getattr(m, "name", None),
                getattr(m, "callsign", None), getattr(m, "ship_type", None), getattr(m, "destination", None),
            )  # fmt: skip


def libais(path: str) -> Iterator[Row]:
    """libais' NmeaQueue, line by line."""
    warnings.simplefilter("ignore", FutureWarning)
    from ais import nmea_queue

    logging.disable(logging.CRITICAL)
    queue = nmea_queue.NmeaQueue()
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                queue.put(line)
            except (KeyError, ValueError, TypeError, AttributeError):
                continue  # it has no answer to some tag groups
            found = queue.GetOrNone()
            while found is not None:
                told = found.get("decoded")
                if told is not None and "id" in told:
                    times = found.get("times")
                    yield (times[0] if times else None, *[told.get(k) for k in _LIBAIS])
                found = queue.GetOrNone()


def aiscat(path: str) -> Iterator[Row]:
    """AIS-catcher's Python package, dictionaries."""
    import aiscat as peer

    for told in peer.from_file(path):
        get = told.get
        if "name" in told:
            told["shipname"] = told["name"]
        yield (get("toa"), *[get(k) for k in _GPSD])


def gpsdecode(path: str) -> Iterator[Row]:
    """gpsd's decoder: its JSON, both parts of type 24."""
    import orjson

    command = ["gpsdecode", "-j", "-s"]
    with open(path, "rb") as file:
        child = subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert child.stdout is not None
        for line in child.stdout:
            try:
                told = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if told.get("class") != "AIS" or (told["type"] == 24 and "part" not in told):
                continue  # it adds a sum of both parts
            get = told.get
            if "name" in told:
                told["shipname"] = told["name"]
            yield (None, *[get(k) for k in _GPSD])
        child.wait()


def marlin(path: str) -> Iterator[Row]:
    """marlin-py's streaming parser."""
    from marlin import MarlinError
    from marlin.ais import AisParser

    parser = AisParser.streaming()
    with open(path, "rb") as file:
        while piece := file.read(65536):
            parser.feed(piece)
            while True:
                try:
                    message = parser.next_message()
                except MarlinError:
                    continue
                if message is None:
                    break
                body = message.body
                kind = _MARLIN_TYPES.get(type(body).__name__) or body.msg_type
                told = [getattr(v, "value", v) for v in [getattr(body, n, None) for n in _MARLIN]]
                yield (None, kind, getattr(body, "mmsi", None), *told)


PEERS: dict[str, Callable[[str], Iterator[Row]]] = {
    "pyais": pyais, "libais": libais, "aiscat": aiscat, "gpsdecode": gpsdecode, "marlin": marlin,
}  # fmt: skip


def table(name: str, path: str) -> Any:
    """A peer's table of a file."""
    import polars as pl

    kinds: dict[str, Any] = dict.fromkeys(("name", "callsign", "destination"), pl.String)
    columns = list(zip(*PEERS[name](path), strict=True)) or [()] * len(COLUMNS)
    return pl.DataFrame(
        [
            pl.Series(c, [v if type(v) in (int, float, str) or v is None else _plain(v) for v in values],
                      dtype=kinds.get(c, pl.Float64), strict=False)
            for c, values in zip(COLUMNS, columns, strict=True)
        ]
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """Enumerations as their numbers."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def main(args: list[str]) -> int:
    """One peer, one file."""
    name, path, *out = args
    import polars  # noqa: F401  (its import is part of the start, not of the decoding)

    before = _cpu_s()
    found = table(name, path)
    print(json.dumps({"made": len(found), "what": "messages", "inside_cpu_s": _cpu_s() - before}))
    if out:
        found.write_parquet(out[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
