"""What live sources share: how lines are cut out of a stream, bounds, addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Final, Protocol

from makara.base.errors import UsageError
from makara.sources._source import Option, Source

LINE_BYTES: Final = 65_536
"""The longest line that is kept; what is over is cut off."""
READ_BYTES: Final = 65_536
BACKOFF_S: Final = (1.0, 60.0)
"""Wait before the first and before late attempts to connect again; doubled in between."""
TICK_S: Final = 0.25
"""How often a receiver looks whether it should stop."""

OPTIONS: Final = (
    Option("form", "what the lines are: nmea, or a source of JSON one object a line (aisstream, digitraffic)", "nmea"),
    Option("receiver", "class of the receiver: terrestrial, satellite, vms, own or unknown", "unknown"),
    Option("feed", "feed whose mark the rows bear, where it is another than the source's"),
)
"""Options of every live source."""
FORMS: Final = ("nmea", "aisstream", "digitraffic", "norwegian", "spire", "gfw", "naf")
"""Sources that read what comes line by line."""

Put = Callable[[str, bytes, Callable[[], None] | None], None]
"""Takes origin, a line, and what to call once it is safe on disk. Blocks while the disk is behind."""
Say = Callable[[str], None]
"""Takes what the operator should know: connected, lost, refused."""


class Receiver(Protocol):
    """The module of a live source."""

    SOURCE: Source

    def receive(self, address: str, options: Mapping[str, str], put: Put, say: Say, stop: Event) -> None:
        """Receive until told to stop.

        Args:
            address: where from, as the module's docstring says.
            options: connection options by name.
            put: takes each line.
            say: takes news of the connection.
            stop: set when it is over.

        Raises:
            UsageError: the address or an option does not fit.
            InputError: it cannot work: the port is taken, the broker refuses.
        """
        ...


class Lines:
    """Cuts a stream of bytes into lines of bounded length."""

    def __init__(self) -> None:
        self._held = b""
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now. Of a line that is too long the beginning comes, the rest is skipped."""
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            for line in (self._held + whole).split(b"\n"):
                if self._over:
                    self._over = False
                elif bare := line.rstrip(b"\r"):
                    yield bare[:LINE_BYTES]
            self._held = rest
        else:
            self._held += rest
        if len(self._held) > LINE_BYTES:
            if not self._over:
                yield self._held[:LINE_BYTES]
            self._held, self._over = b"", True

    def end(self) -> Iterator[bytes]:
        """What is left when the stream ends: a half line is kept, and will be a reject with its reason."""
        if self._held.strip() and not self._over:
            yield self._held.rstrip(b"\r")[:LINE_BYTES]
        self._held, self._over = b"", False


def message(payload: bytes) -> list[bytes]:
    """The lines of a datagram or message: JSON is one, whatever line feeds it holds."""
    bare = payload.strip()
    if bare[:1] in (b"{", b"["):
        return [bare.replace(b"\r", b" ").replace(b"\n", b" ")[:LINE_BYTES]]
    return [line[:LINE_BYTES] for x in bare.split(b"\n") if (line := x.strip(b"\r"))]


def host_and_port(text: str, default_host: str | None = None, default_port: int | None = None) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``, ``:PORT`` or ``[::1]:PORT``.

    Raises:
        UsageError: it has no such form.
    """
    host, colon, port = text.rpartition(":")
    if not colon or (text.startswith("[") and text.endswith("]")):
        host, port = text, ""
    number = int(port) if port.isdecimal() else default_port if not port else None
    host = host.strip("[]") or (default_host or "")
    if not host or number is None or not 0 <= number <= 65_535:
        raise UsageError(f"{text!r} is no address; write HOST:PORT, as in 127.0.0.1:10110")
    return host, number
