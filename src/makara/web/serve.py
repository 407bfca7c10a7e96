"""Serving: on this machine alone, unless another address is asked for."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from makara.base.errors import UsageError
from makara.web.app import create_app
from makara.web.guard import LOCAL

if TYPE_CHECKING:
    from makara.session import Session

DEFAULT_HOST = "127.0.0.1"


def serve(session: Session, host: str = DEFAULT_HOST, port: int = 8470) -> None:
    """Serve the API and the page until interrupted.

    There is no login yet: whoever reaches the port is the owner. So the address is this machine's own unless another is
    given, and requests that name another host are refused, lest a foreign page reach in by a name it controls.

    Args:
        session: the lake to serve.
        host: address to listen on.
        port: TCP port; 0 takes a free one.

    Raises:
        UsageError: the port is none.
    """
    import uvicorn

    if not 0 <= port <= 65_535:
        raise UsageError(f"port {port} is out of range: 0 to 65535")
    app = create_app(session, hosts=hosts_of(host))
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)


def hosts_of(host: str) -> frozenset[str] | None:
    """Names under which a node that listens on an address may be asked; None: any."""
    if host in LOCAL:
        return LOCAL
    try:
        return None if ip_address(host).is_unspecified else LOCAL | {host}
    except ValueError:
        return LOCAL | {host.lower()}
