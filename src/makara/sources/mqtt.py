"""A live feed of an MQTT broker: AIS as NMEA or JSON under its topics.

Who: Fintraffic's Digitraffic (``mqtts://meri.digitraffic.fi:443/vessels-v2/#`` over websockets: add ``?ws``), coast
stations, AIS-catcher. Format: messages with one or several lines of NMEA, or one JSON object (``--form aisstream``,
``digitraffic``, ...); the topic is kept with each. Address ``mqtt://HOST[:PORT]/TOPIC``, ``mqtts://`` with TLS; + and #
are MQTT's wildcards. Quality of service 1: a message is acknowledged once it is on disk, and a broker that follows the
standard sends again what was not. User and password come from ``MAKARA_MQTT_USER`` and ``MAKARA_MQTT_PASSWORD``, or a
file (``--password-file``: ``user:password``); they are never asked for on the command line. Followed: MQTT 3.1.1
(OASIS). Licence: the provider's. Latency: seconds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

from makara.base.errors import InputError, UsageError
from makara.sources import _live, _spool
from makara.sources._source import Batch, Source

if TYPE_CHECKING:
    from paho.mqtt.client import Client

SOURCE = Source("mqtt", ("reports", "claims", "movers"), "live messages of an MQTT broker", _live.OPTIONS)
KEEPALIVE_S = 60


class Address(NamedTuple):
    """Where a topic is."""

    tls: bool
    websockets: bool
    host: str
    port: int
    topic: str


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a segment; feed ``mqtt``, or the one named. See :class:`makara.sources.Reader`."""
    yield from _spool.read(uri, options, SOURCE)


def address_of(text: str) -> Address:
    """The parts of ``mqtt[s]://HOST[:PORT]/TOPIC[?ws]``.

    Raises:
        UsageError: it has no such form, or holds a password.
    """
    scheme, mark, rest = text.partition("://")
    if not mark or scheme not in ("mqtt", "mqtts"):
        raise UsageError(f"{text!r} is no MQTT address; write mqtts://HOST[:PORT]/TOPIC")
    where, _, topic = rest.partition("/")
    if "@" in where:
        raise UsageError(
            "an address must hold no user and password: others can read it; set MAKARA_MQTT_USER and "
            "MAKARA_MQTT_PASSWORD, or give --password-file"
        )
    websockets = topic.endswith("?ws")
    topic = topic.removesuffix("?ws")
    if not topic:
        raise UsageError(f"{text!r} names no topic; add one, as mqtts://HOST/ais/#")
    tls = scheme == "mqtts"
    host, port = _live.host_and_port(where, default_port=8883 if tls else 1883)
    return Address(tls, websockets, host, port, topic)


def receive(address: str, options: Mapping[str, str], put: _live.Put, say: _live.Say, stop: Event) -> None:
    """Receive the messages of a topic. See :class:`makara.sources._live.Receiver`."""
    where = address_of(address)
    client = _client(where, options)
    failed: list[str] = []

    def connected(client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            failed.append(f"the broker {where.host} refuses: {reason}; check user, password and topic")
            stop.set()
            return
        client.subscribe(where.topic, qos=1)

    def subscribed(client: Client, userdata: Any, mid: Any, reasons: Any, properties: Any) -> None:
        if any(r.is_failure for r in reasons):
            failed.append(f"the broker {where.host} does not give topic {where.topic}: {reasons[0]}")
            stop.set()
            return
        say(f"connected to {where.host}:{where.port}, topic {where.topic}")

    def lost(client: Client, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if not stop.is_set():
            say(f"{where.host}:{where.port}: {reason}; connecting again")

    def unreached(client: Client, userdata: Any) -> None:
        trust = ", is its certificate known (--ca)" if where.tls else ""
        say(f"{where.host}:{where.port}: no connection; does it run{trust}? Trying again")

    def message(client: Client, userdata: Any, found: Any) -> None:
        lines = _live.message(found.payload)

        def safe() -> None:
            if found.qos:
                client.ack(found.mid, found.qos)

        for n, line in enumerate(lines, 1):
            put(found.topic, line, safe if n == len(lines) else None)
        if not lines:
            safe()

    client.on_connect, client.on_subscribe = connected, subscribed
    client.on_disconnect, client.on_message = lost, message
    client.on_connect_fail = unreached
    client.reconnect_delay_set(int(_live.BACKOFF_S[0]), int(_live.BACKOFF_S[1]))
    client.connect_async(where.host, where.port, KEEPALIVE_S)
    client.loop_start()
    stop.wait()
    client.disconnect()
    client.loop_stop()
    if failed:
        raise InputError(failed[0])


def _client(where: Address, options: Mapping[str, str]) -> Client:
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as e:
        raise UsageError("the source mqtt needs the package paho-mqtt: pip install 'makara[mqtt]'") from e
    name = options.get("client", "")
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        clean_session=not name,
        manual_ack=True,
        transport="websockets" if where.websockets else "tcp",
    )
    user, password = credentials(options.get("password-file"), os.environ)
    if user is not None:
        client.username_pw_set(user, password)
    if where.tls:
        try:
            client.tls_set(ca_certs=options.get("ca"))
        except (OSError, ValueError) as e:
            raise UsageError(f"--ca {options.get('ca')}: these are no certificates ({e})") from e
    elif options.get("ca"):
        raise UsageError("--ca is for mqtts://; the address says mqtt://, without TLS")
    return client


def credentials(file: str | None, env: Mapping[str, str]) -> tuple[str | None, str | None]:
    """User and password: of the file if there is one, else of the environment; None where neither says.

    Raises:
        UsageError: the file cannot be read or has another form.
    """
    if file is None:
        return env.get("MAKARA_MQTT_USER"), env.get("MAKARA_MQTT_PASSWORD")
    try:
        user, colon, password = Path(file).read_text().strip().partition(":")
    except (OSError, UnicodeDecodeError) as e:
        raise UsageError(f"--password-file {file} cannot be read: {e}") from e
    if not colon:
        raise UsageError(f"--password-file {file}: its one line must read user:password")
    return user, password
