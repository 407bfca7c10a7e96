"""The command that receives a live feed."""

from __future__ import annotations

import json
import signal
from threading import Event
from typing import Any

import click

from makara.cli.output import lake_argument


@click.command()
@lake_argument
@click.argument("source", type=click.Choice(["tcp", "listen", "mqtt", "scene"]))
@click.argument("address", metavar="ADDRESS|FOLDER")
@click.option("--form", help="What the lines are: nmea (default), aisstream, digitraffic, norwegian, spire, gfw, naf.")
@click.option("--receiver", help="Class of the receiver: terrestrial, satellite, vms, own, unknown.")
@click.option("--feed", help="Feed whose mark the rows bear, where it is not the source's.")
@click.option("--every", type=click.FloatRange(min=0.1), default=60.0, show_default=True, metavar="SECONDS",
              help="How often what came is taken into the lake.")  # fmt: skip
@click.option("--for", "for_s", type=click.FloatRange(min=0.0), metavar="SECONDS", help="Stop after so long.")
@click.option("--run/--no-run", default=True, show_default=True, help="Walk each time something new is in the lake.")
@click.option("--password-file", type=click.Path(dir_okay=False), help="mqtt: a file with user:password.")
@click.option("--licence", help="scene: licence of all that comes, as [licences] in makara.toml names them.")
@click.option("--units", help="scene: what numbers of a plain radar GeoTIFF are: dB, dBx100, power or amplitude.")
@click.option("--settle", type=click.FloatRange(min=0.0), default=10.0, show_default=True, metavar="SECONDS",
              help="scene: a product must not have changed for so long.")  # fmt: skip
@click.option("--ca", type=click.Path(dir_okay=False), help="mqtts: certificates to trust in place of the system's.")
def follow(
    lake: str,
    source: str,
    address: str,
    every: float,
    for_s: float | None,
    run: bool,
    password_file: str | None,
    ca: str | None,
    licence: str | None,
    units: str | None,
    settle: float,
    **given: str | None,
) -> None:
    """Receive a live feed into LAKE until stopped (Ctrl-C or SIGTERM).

    \b
    tcp HOST:PORT               connect to a server that sends lines
    listen [udp://|tcp://]:PORT take what is sent here (this machine alone, unless a host is named)
    mqtt mqtts://HOST/TOPIC     subscribe to a broker (MAKARA_MQTT_USER, MAKARA_MQTT_PASSWORD)
    scene FOLDER                take satellite scenes that arrive in a folder, each once, when it is whole

    Each line is on disk before anything else happens to it. Whatever is stopped or dies, the next `makara follow` of
    LAKE takes in first what was left. Prints counts at the end; news of the connection go to stderr.
    """
    from makara.session import open as open_session

    def started(stop: Event) -> None:
        def end(*_: Any) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)

    def say(news: str) -> None:
        click.echo(f"makara: {news}", err=True)

    session = open_session(lake)
    if source == "scene":
        told = {"units": units} if units else {}
        watched = session.watch(address, licence=licence, settle_s=settle, every_s=every, for_s=for_s, walk=run,
                                say=say, started=started, **told)  # fmt: skip
        click.echo(json.dumps(watched))
        return
    named = {"password-file": password_file, "ca": ca}
    done = session.follow(
        source,
        address,
        every_s=every,
        for_s=for_s,
        walk=run,
        connection={k: v for k, v in named.items() if v is not None},
        say=say,
        started=started,
        **{k: v for k, v in given.items() if v is not None},
    )
    click.echo(json.dumps(done))
