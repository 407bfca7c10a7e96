"""A live feed that others send here: lines over TCP connections, or datagrams over UDP.

Who: receivers and dispatchers that push (AIS-catcher, rtl-ais, a ship's multiplexer, coast stations). Format: lines of
NMEA, or another form that comes a line at a time (``--form``); a datagram may hold several lines. Address ``:PORT`` or
``HOST:PORT`` for both TCP and UDP, ``tcp://...`` or ``udp://...`` for one; without a host only this machine can send,
``0.0.0.0:PORT`` opens the port to all that reach it, and whoever sends is not known. At most 64 connections at once.
Followed: IEC 61162-1 for NMEA. Licence: the sender's. Latency: seconds.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Final

from makara.base.errors import InputError, UsageError
from makara.sources import _live, _spool
from makara.sources._source import Batch, Source

SOURCE = Source("listen", ("reports", "claims", "movers"), "live lines sent here over TCP or UDP", _live.OPTIONS)
CLIENTS: Final = 64
"""Connections at once; a further one is closed at once."""
DATAGRAMS: Final = 1000
"""Datagrams that are read before the connections have their turn."""
BUFFER_BYTES: Final = 4 * 1024 * 1024
"""What the kernel is asked to hold of UDP while we are busy."""


def read(uri: Path, options: Mapping[str, str]) -> Iterator[Batch]:
    """Read a segment; feed ``listen``, or the one named. See :class:`makara.sources.Reader`."""
    yield from _spool.read(uri, options, SOURCE)


def receive(address: str, options: Mapping[str, str], put: _live.Put, say: _live.Say, stop: Event) -> None:
    """Receive what is sent to an address of this machine. See :class:`makara.sources._live.Receiver`."""
    scheme, mark, rest = address.rpartition("://")
    if scheme not in ("", "tcp", "udp"):
        raise UsageError(f"{address!r}: listen knows tcp:// and udp://, or neither for both")
    host, port = _live.host_and_port(rest, default_host="127.0.0.1")
    with ExitStack() as open_, selectors.DefaultSelector() as ready:
        kinds = [scheme] if mark else ["tcp", "udp"]
        for kind in kinds:
            bound = open_.enter_context(_bind(kind, host, port))
            port = bound.getsockname()[1]
            ready.register(bound, selectors.EVENT_READ, kind)
        say(f"listening on {host}:{port} ({', '.join(kinds)})")
        connections: dict[socket.socket, tuple[str, _live.Lines]] = {}
        try:
            while not stop.is_set():
                for key, _ in ready.select(_live.TICK_S):
                    it = key.fileobj
                    assert isinstance(it, socket.socket)
                    if key.data == "udp":
                        _datagrams(it, put)
                    elif key.data == "tcp":
                        _accept(it, connections, ready, say)
                    elif not _some(it, connections[it], put):
                        ready.unregister(it)
                        _end(it, connections.pop(it), put)
        finally:
            for it, state in connections.items():
                _end(it, state, put)


def _bind(kind: str, host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        it = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
        try:
            if kind == "tcp":
                it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            else:
                it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            it.bind(where)
            if kind == "tcp":
                it.listen(CLIENTS)
            it.setblocking(False)
        except OSError:
            it.close()
            raise
    except OSError as e:
        raise InputError(f"cannot listen on {kind}://{host}:{port}: {e.strerror or e}; is the port in use?") from e
    return it


def _datagrams(it: socket.socket, put: _live.Put) -> None:
    for _ in range(DATAGRAMS):
        try:
            payload, sender = it.recvfrom(_live.READ_BYTES)
        except OSError:
            return
        for line in _live.message(payload):
            put(str(sender[0]), line, None)


def _accept(
    it: socket.socket,
    connections: dict[socket.socket, tuple[str, _live.Lines]],
    ready: selectors.BaseSelector,
    say: _live.Say,
) -> None:
    try:
        client, sender = it.accept()
    except OSError:
        return
    if len(connections) >= CLIENTS:
        say(f"{sender[0]} was turned away: there are {CLIENTS} connections already")
        client.close()
        return
    client.setblocking(False)
    connections[client] = (f"{sender[0]}:{sender[1]}", _live.Lines())
    ready.register(client, selectors.EVENT_READ, "line")


def _some(it: socket.socket, state: tuple[str, _live.Lines], put: _live.Put) -> bool:
    """Read what a connection has; whether it goes on."""
    try:
        data = it.recv(_live.READ_BYTES)
    except BlockingIOError:
        return True
    except OSError:
        return False
    for line in state[1].feed(data):
        put(state[0], line, None)
    return bool(data)


def _end(it: socket.socket, state: tuple[str, _live.Lines], put: _live.Put) -> None:
    it.close()
    for line in state[1].end():
        put(state[0], line, None)
