"""Commands that read a lake: events, coverage, anchorages, rejects. Each reads through release."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from makara.cli.output import Box, Instant, format_option, lake_argument, show

EVENT_COLUMNS = ("event", "version", "state", "kind", "severity", "t_start", "t_end", "lon_deg", "lat_deg", "mmsi", "p")
COVERAGE_COLUMNS = (
    "cell", "sensor", "state", "why", "looks", "t_last", "age_s", "length50_m", "cloud_share", "share", "p_heard",
    "p_lo", "p_hi", "receiver",
)  # fmt: skip
RECEPTION_COLUMNS = (
    "cell", "t_start", "t_end", "receiver", "transponder", "state", "trials", "heard", "p_heard", "p_lo", "p_hi"
)  # fmt: skip
ZONE_COLUMNS = ("zone", "name", "kind", "attributes")
REJECT_COLUMNS = ("file", "line", "reason", "detail")


@click.command()
@lake_argument
@click.option("--kind", help="Only this kind.")
@click.option("--since", type=Instant(), help="Only events not over before this instant.")
@click.option("--until", type=Instant(), help="Only events begun before this instant.")
@click.option("--bbox", type=Box(), help="Only events in this box; W > E crosses 180.")
@click.option("--zone", help="Only events in this zone: its key, its provider's id or its name.")
@click.option("--mmsi", type=int, help="Only events that this MMSI took part in.")
@click.option("--as-known-at", "known", type=Instant(), help="As they were known at this instant.")
@format_option
def events(
    lake: str,
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    bbox: tuple[float, float, float, float] | None,
    zone: str | None,
    mmsi: int | None,
    known: datetime | None,
    form: str,
) -> None:
    """Events of LAKE, newest versions."""
    from makara.session import open as open_session

    asked: dict[str, Any] = {"kind": kind, "since": since, "until": until, "bbox": bbox, "zone": zone, "mmsi": mmsi}
    found = open_session(lake, create=False).select("events", as_known_at=known, **asked)
    show(found, "events", form, EVENT_COLUMNS)


@click.command()
@lake_argument
@click.option("--bbox", type=Box(), help="Only cells in this box; W > E crosses 180.")
@click.option("--from", "since", type=Instant(), help="From this instant; else from the first report.")
@click.option("--to", "until", type=Instant(), help="Until this instant; else until the last report.")
@click.option("--length", "length_m", type=click.FloatRange(min=0.0), default=50.0, show_default=True,
              help="Looks that would miss a vessel of so many metres could not see.")  # fmt: skip
@click.option("--reception", is_flag=True, help="How well AIS is heard, by receiver and class, instead.")
@click.option("--hourly", is_flag=True, help="The same a row a cell and hour, where somebody was.")
@click.option("--partner", default="self", show_default=True, help="As this partner may see it.")
@format_option
def coverage(
    lake: str,
    bbox: tuple[float, float, float, float] | None,
    since: datetime | None,
    until: datetime | None,
    length_m: float,
    reception: bool,
    hourly: bool,
    partner: str,
    form: str,
) -> None:
    """Where AIS was heard and sensors looked, by H3 cell and sensor: looked, could not see, not looked, how long ago.

    A look could not see under cloud, or where a vessel of --length is below its detection limit. --reception tells
    P(heard in an hour | transmitting) with its 90 % interval, from the vessels of LAKE that are known to have been on
    the air; a cell where none was says "not looked".
    """
    from makara.session import open as open_session

    session = open_session(lake, create=False)
    found = session.coverage(bbox=bbox, since=since, until=until, hourly=hourly, partner=partner, length_m=length_m)
    if reception or hourly:
        show(found, "reception", form, RECEPTION_COLUMNS)
    else:
        show(found, "coverage", form, COVERAGE_COLUMNS)


@click.command()
@lake_argument
@click.option(
    "--out", type=click.Path(dir_okay=False), help="Write GeoJSON here, as `makara ingest LAKE zones` takes it."
)
@click.option("--from", "since", type=Instant(), help="From this instant; else from the first report.")
@click.option("--to", "until", type=Instant(), help="Until this instant; else until the last report.")
@click.option("--vessels", "vessels_min", type=int, default=20, show_default=True, help="Fewest distinct vessels.")
@click.option("--hours", type=float, default=12.0, show_default=True, help="Shortest stay that counts.")
@click.option("--partner", default="self", show_default=True, help="As this partner may see it.")
@format_option
def anchorages(
    lake: str,
    out: str | None,
    since: datetime | None,
    until: datetime | None,
    vessels_min: int,
    hours: float,
    partner: str,
    form: str,
) -> None:
    """Anchorages discovered in the tracks of LAKE: where many vessels stayed within 0.5 km for long.

    At least 200 positions, and as many vessels and hours as the options say. With --out they become a file of zones.
    """
    from makara.session import open as open_session
    from makara.sinks.geojson import geojson

    found = open_session(lake, create=False).anchorages(
        since=since, until=until, vessels_min=vessels_min, stay_min_s=hours * 3600, partner=partner
    )
    if out is None:
        show(found, "zones", form, ZONE_COLUMNS)
        return
    Path(out).write_bytes(geojson(found, ["zones"]))
    click.echo(f"{len(found.tables['zones'])} anchorages written to {out}", err=True)


@click.command()
@lake_argument
@format_option
def rejects(lake: str, form: str) -> None:
    """Input of LAKE that could not be used, and why."""
    from makara.session import open as open_session

    show(open_session(lake, create=False).select("rejects"), "rejects", form, REJECT_COLUMNS)
