"""A rule's case as a small drawing: tracks from light to dark in time, zones, detections, and the event (SVG text)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from makara.base.geo import lon_delta
from makara.base.units import HOUR_S, NMI_M
from makara.behaviours._cases import Case

WIDE: Final = 640
HIGH: Final = 420
EDGE: Final = 24
FOOT: Final = 44
METRES_PER_DEG: Final = 111_195.0
SHADES: Final = (
    ("#a9d3f2", "#82bbe6", "#5c9fd4", "#3d80bb", "#27629d", "#17467c", "#0c2d59"),
    ("#b5dfa9", "#92cb86", "#6db464", "#4c9a48", "#337e34", "#1f6125", "#0f4417"),
    ("#f0c3a4", "#e3a27d", "#d4825b", "#bf643e", "#a34a28", "#823418", "#5f220c"),
)
"""Colours of a track from its case's begin to its end; vessels take them in turn."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BARS_NMI: Final = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
LEAST_M: Final = 800.0
"""The drawing shows no less than this from edge to edge."""
HOLE: Final = 3.0
"""A silence this many times longer than a vessel's usual interval is dashed."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """Where places lie in the drawing: equirectangular around a middle, in pixels.

    Attributes:
        lon: middle, degrees.
        lat: middle, degrees.
        scale: pixels a metre.
    """

    lon: float
    lat: float
    scale: float

    @classmethod
    def around(cls, lon: Floats, lat: Floats) -> Frame:
        """A frame that holds places, across 180 degrees too."""
        first = float(lon[0])
        along = lon_delta(np.full(len(lon), first), lon)
        middle = float(along.min() + along.max()) / 2
        lat0 = float(lat.min() + lat.max()) / 2
        wide = float(np.ptp(along)) * METRES_PER_DEG * float(np.cos(np.radians(lat0)))
        high = float(np.ptp(lat)) * METRES_PER_DEG
        room = (WIDE - 2 * EDGE - 40, HIGH - 2 * EDGE - FOOT - 40)
        scale = min(room[0] / max(wide, LEAST_M), room[1] / max(high, LEAST_M))
        return cls((first + middle + 180.0) % 360.0 - 180.0, lat0, scale)

    def xy(self, lon: Floats, lat: Floats) -> list[tuple[int, int]]:
        """Pixels, whole, so that the text is the same everywhere."""
        across = lon_delta(np.full(len(lon), self.lon), lon) * METRES_PER_DEG * np.cos(np.radians(self.lat))
        x = WIDE / 2 + across * self.scale
        y = (HIGH - FOOT) / 2 - (lat - self.lat) * METRES_PER_DEG * self.scale
        bound = 20 * WIDE
        pairs = np.round(np.clip(np.column_stack([x, y]), -bound, bound), 3)
        return [(round(a), round(b)) for a, b in pairs.tolist()]


def draw(case: Case, events: pl.DataFrame) -> str:
    """A drawing of a case and of the events that a rule finds in it.

    Args:
        case: the case; vessels are named A, B, ... in their order.
        events: what the rule found (columns of table events).
    """
    points, tables = case.points(), dict(case.tables())
    seen = tables.get("detections", pl.DataFrame(schema={"lon_deg": pl.Float64(), "lat_deg": pl.Float64()}))
    vessels = points if case.vessels else points.clear()
    placed = pl.concat(f.select("lon_deg", "lat_deg") for f in (vessels, seen, events))
    frame = Frame.around(placed["lon_deg"].to_numpy(), placed["lat_deg"].to_numpy())
    times = [f["t_seen"] for f in (vessels, seen) if len(f)]
    t0 = min(t.min() for t in times)  # type: ignore[type-var]
    t1 = max(t.max() for t in times)  # type: ignore[type-var]
    spans = max((t1 - t0).total_seconds(), 1.0)  # type: ignore[operator, union-attr]
    body = [*_zones(tables.get("zones"), frame)]
    names = {m: LETTERS[k % 26] for k, m in enumerate(dict.fromkeys(v.mover for v in case.vessels))}
    kinds = {v.mover: v.kind for v in case.vessels}
    used: list[tuple[int, int]] = []
    for part in vessels.sort("mover", "track", "t_seen").partition_by("mover", "track", maintain_order=True):
        ago = (part["t_seen"] - t0).dt.total_seconds().to_numpy() / spans
        mover = part["mover"][0]
        shades = SHADES[LETTERS.index(names[mover]) % len(SHADES)]
        body += _track(part, ago, frame, shades)
        body.append(_label(part, frame, f"{names[mover]} {kinds[mover]}", shades[-2], used))
    body += [_diamond(x, y) for x, y in frame.xy(seen["lon_deg"].to_numpy(), seen["lat_deg"].to_numpy())]
    at = frame.xy(events["lon_deg"].to_numpy(), events["lat_deg"].to_numpy())
    body += [_mark(x, y, k) for (x, y), k in zip(at, events["kind"], strict=True)]
    return _page(case.text, body, _foot(frame, spans, bool(len(seen))))


def _track(part: pl.DataFrame, ago: Floats, frame: Frame, shades: Sequence[str]) -> list[str]:
    """A track in stretches of one shade each; silences dashed."""
    xy = frame.xy(part["lon_deg"].to_numpy(), part["lat_deg"].to_numpy())
    t = part["t_seen"].dt.epoch("us").to_numpy()
    usual = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    shade = np.minimum((ago * len(shades)).astype(int), len(shades) - 1)
    out, run = [], [xy[0]]
    for k in range(1, len(xy)):
        silent = t[k] - t[k - 1] > HOLE * usual
        if silent or shade[k] != shade[k - 1]:
            out.append(_line(run, shades[shade[k - 1]]))
            run = [xy[k - 1]]
        if silent:
            out.append(_line([xy[k - 1], xy[k]], shades[shade[k]], dashed=True))
            run = [xy[k]]
        elif xy[k] != run[-1]:
            run.append(xy[k])
    out.append(_line(run, shades[shade[-1]]))
    x, y = xy[0]
    return [*(o for o in out if o), f'<circle cx="{x}" cy="{y}" r="3" fill="{shades[0]}" stroke="{shades[-2]}"/>']


def _label(part: pl.DataFrame, frame: Frame, name: str, colour: str, used: list[tuple[int, int]]) -> str:
    """A name at a track's begin, above what is there already."""
    ((x, y),) = frame.xy(part["lon_deg"].head(1).to_numpy(), part["lat_deg"].head(1).to_numpy())
    x, y = min(x + 6, WIDE - 90), y - 6
    while any(abs(x - u) < 90 and abs(y - v) < 14 for u, v in used):
        y -= 14
    used.append((x, y))
    return _text(x, y, name, colour)


def _line(run: Sequence[tuple[int, int]], colour: str, *, dashed: bool = False) -> str:
    if len(run) < 2:
        return ""
    dash = ' stroke-dasharray="3 5"' if dashed else ""
    return f'<polyline points="{_pairs(run)}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>'


def _zones(zones: pl.DataFrame | None, frame: Frame) -> Iterable[str]:
    if zones is None or "geometry" not in zones.columns:
        return
    for name, kind, wkb in zones.sort("zone").select("name", "kind", "geometry").iter_rows():
        for n, part in enumerate(shapely.get_parts(shapely.from_wkb(wkb))):
            ring = part.exterior if part.geom_type == "Polygon" else part
            xy = frame.xy(*(c.copy() for c in shapely.get_coordinates(ring).T))
            if part.geom_type == "Polygon":
                yield f'<polygon points="{_pairs(xy)}" fill="#e6a23c" fill-opacity="0.12" stroke="#b9770e"/>'
            elif part.geom_type == "LineString":
                yield f'<polyline points="{_pairs(xy)}" fill="none" stroke="#b9770e" stroke-dasharray="7 3"/>'
            else:
                yield f'<circle cx="{xy[0][0]}" cy="{xy[0][1]}" r="4" fill="#b9770e"/>'
            if n == 0:
                x = min(max(min(x for x, _ in xy), EDGE) + 4, WIDE - 160)
                y = min(max(min(y for _, y in xy), EDGE) + 14, HIGH - FOOT - EDGE)
                yield _text(x, y, f"{name} ({kind})", "#8a5a0a")


def _diamond(x: int, y: int) -> str:
    shape = _pairs([(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)])
    return f'<polygon points="{shape}" fill="#ffffff" stroke="#6b2fa0" stroke-width="2"/>'


def _mark(x: int, y: int, kind: str) -> str:
    ring = f'<circle cx="{x}" cy="{y}" r="11" fill="none" stroke="#c0392b" stroke-width="2.5"/>'
    return ring + _text(min(x + 14, WIDE - 120), y + 18, kind, "#c0392b")


def _foot(frame: Frame, seconds: float, detections: bool) -> list[str]:
    """Scale, what the shades mean, and what the signs are."""
    y = HIGH - 22
    wanted = 120 / frame.scale / NMI_M
    bar = max((b for b in BARS_NMI if b <= wanted), default=BARS_NMI[0])
    long = round(bar * NMI_M * frame.scale)
    out = [
        f'<path d="M{EDGE} {y - 4}v8M{EDGE} {y}h{long}M{EDGE + long} {y - 4}v8" stroke="#444" fill="none"/>',
        _text(EDGE + long + 6, y + 4, f"{bar:g} nmi", "#444"),
    ]
    out += [
        f'<rect x="{250 + 14 * k}" y="{y - 5}" width="14" height="10" fill="{c}"/>' for k, c in enumerate(SHADES[0])
    ]
    out.append(_text(250 + 14 * len(SHADES[0]) + 6, y + 4, f"{seconds / HOUR_S:.1f} h", "#444"))
    if detections:
        out += [_diamond(430, y), _text(442, y + 4, "detection", "#444")]
    out += [
        f'<circle cx="540" cy="{y}" r="7" fill="none" stroke="#c0392b" stroke-width="2"/>',
        _text(552, y + 4, "event", "#444"),
    ]
    return out


def _text(x: int, y: int, text: Any, colour: str) -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}">{escape(str(text))}</text>'


def _pairs(xy: Iterable[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in xy)


def _page(title: str, body: Iterable[str], foot: Iterable[str]) -> str:
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="sans-serif" '
        'font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#f7fafc"/>',
        f'<clipPath id="sea"><rect width="{WIDE}" height="{HIGH - FOOT}"/></clipPath>',
        '<g clip-path="url(#sea)">',
        *body,
        "</g>",
        f'<path d="M0 {HIGH - FOOT}h{WIDE}" stroke="#ccd6dd"/>',
        *foot,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
