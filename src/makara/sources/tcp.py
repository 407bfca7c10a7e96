"""A live feed over TCP: connects to a server that sends lines, and connects again when it is lost.

Who: any server of raw AIS (Kystverket's 153.44.253.27:5631, a receiver, AIS-catcher, a dispatcher such as AISHub's).
Format: lines of NMEA, or another form that comes a line at a time (``--form``); address ``HOST:PORT``. `makara follow`
receives; segments that it wrote (receipt time, origin and line, parted by tabs) are read by `makara ingest`. Followed:
IEC 61162-1 for NMEA. Licence: the provider's. Latency: seconds.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event

from makara.sources import _live, _spool
from makara.sources._source import Batch, Source

SOURCE = Source("tcp", ("reports", "claims", "movers"), "live lines from a TCP server", _live.OPTIONS)
CONNECT_S = 10.0
recognises = _spool.recognises


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a segment; feed ``tcp``, or the one named. See :class:`makara.sources.Reader`."""
    yield from _spool.read(uri, options, SOURCE)


def receive(address: str, options: Mapping[str, str], put: _live.Put, say: _live.Say, stop: Event) -> None:
    """Receive from ``HOST:PORT``. See :class:`makara.sources._live.Receiver`."""
    host, port = _live.host_and_port(address.removeprefix("tcp://"))
    wait, longest = _live.BACKOFF_S
    while not stop.is_set():
        heard = False
        try:
            with socket.create_connection((host, port), timeout=CONNECT_S) as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                say(f"connected to {host}:{port}")
                heard = _lines(server, f"{host}:{port}", put, stop)
            why = "the server closed the connection"
        except OSError as e:
            why = str(e)
        if stop.is_set():
            return
        wait = _live.BACKOFF_S[0] if heard else wait
        say(f"{host}:{port}: {why}; again in {wait:.0f} s")
        stop.wait(wait)
        wait = min(2 * wait, longest)


def _lines(server: socket.socket, origin: str, put: _live.Put, stop: Event) -> bool:
    """Pass the lines of a connection on until it ends; whether there were any."""
    server.settimeout(_live.TICK_S)
    lines, heard = _live.Lines(), False
    try:
        while not stop.is_set():
            try:
                data = server.recv(_live.READ_BYTES)
            except TimeoutError:
                continue
            if not data:
                break
            for line in lines.feed(data):
                heard = True
                put(origin, line, None)
    finally:
        for line in lines.end():
            put(origin, line, None)
    return heard
