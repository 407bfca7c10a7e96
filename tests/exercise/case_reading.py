"""A land mask, and cases read back: lines, decoded messages, truth."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyais

from makara.exercise import START, Case

LINE = re.compile(r"\\(?:g:(\d)-2-(\d+),?)?(?:s:([\w-]+),c:(\d+))?\*([0-9A-F]{2})\\(!AIVDM.*)\*([0-9A-F]{2})")


def on_land(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    from makara.session.resources import land

    return land()(lon, lat)


def checksum(text: str) -> str:
    total = 0
    for c in text.encode():
        total ^= c
    return f"{total:02X}"


@dataclass
class Read:
    """A case, read back: text of its lines, decoded messages with time and feed, truth, GeoJSON."""

    case: Case
    lines: dict[str, list[str]]
    messages: list[tuple[str, int, str, Any]]
    broken: int
    truth: dict[str, Any]

    def json(self, name: str) -> Any:
        return json.loads(self.case.files[name])

    def rows(self, name: str) -> list[dict[str, str]]:
        head, *body = self.case.files[name].decode().splitlines()
        return [dict(zip(head.split(","), row.split(","), strict=True)) for row in body]

    def positions(self, *mmsi: int) -> list[tuple[float, float, float]]:
        """Seconds after the start, longitude, latitude of received positions of some MMSIs (all: none given)."""
        t0 = START.timestamp()
        return [
            (t - t0, m.lon, m.lat)
            for _, t, _, m in self.messages
            if m.msg_type in (1, 3, 18, 27) and (not mmsi or m.mmsi in mmsi)
        ]


def read(case: Case) -> Read:
    lines = {k: gzip.decompress(v).decode().splitlines() for k, v in case.files.items() if k.endswith(".gz")}
    messages, broken = [], 0
    for feed, text in lines.items():
        first: dict[str, tuple[str, int, str]] = {}
        for line in text:
            m = LINE.fullmatch(line)
            if m is None or checksum(m[6][1:]) != m[7]:
                broken += 1
                continue
            part, group, station, t, _, body, own = m.groups()
            sentence = f"{body}*{own}".encode()
            if part == "1":
                first[group] = (station, int(t), sentence)
            elif part == "2":
                station, when, start = first.pop(group)
                messages.append((feed, when, station, pyais.decode(start, sentence)))
            else:
                messages.append((feed, int(t), station, pyais.decode(sentence)))
    return Read(case, lines, messages, broken, json.loads(case.files["truth.json"]))


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() - START.timestamp()
