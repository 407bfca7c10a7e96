"""What holds for every request: which host may be asked for, who may write, what browsers may do, HEAD as GET.

There is no login yet, so writing has one door: a page that this node served, in a browser on this machine. A foreign
page cannot send what is asked for here (its origin is another, and JSON across origins needs a leave that this node
never gives); a request that came through a proxy, or from another machine, is nobody that we know.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from makara.web.errors import HEADERS, answer

LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine."""
BODY_BYTES: Final = 16_384
"""The longest body of a request."""
_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: what it guards.
        hosts: names that a request may give as its host; None: any.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        host = host_name(Headers(scope=scope).get("host", ""))
        if self.hosts is not None and host not in self.hosts:
            refused = answer(
                421, "wrong_host", f"this node does not answer for host {host!r}; ask for one of its own names"
            )
            await refused(scope, receive, guarded)
            return
        if scope["method"] not in ("GET", "HEAD"):
            why = refusal(scope)
            if why is not None:
                await answer(*why)(scope, receive, guarded)
                return
        await self.app({**scope, "method": "GET"} if head else scope, receive, guarded)


def refusal(scope: Scope) -> tuple[int, str, str] | None:
    """Why a request that would change something is refused: status, code and words. None: it may pass."""
    headers = Headers(scope=scope)
    peer = (scope.get("client") or ("",))[0]
    try:
        near = ip_address(peer).is_loopback
    except ValueError:
        near = False
    host = headers.get("host", "")
    if not near or host_name(host) not in LOCAL or any(name in headers for name in _FORWARDED):
        return 403, "not_here", "only a browser on this machine may change anything; use the command line elsewhere"
    origins, sites = headers.getlist("origin"), headers.getlist("sec-fetch-site")
    if origins != [f"{scope['scheme']}://{host}"] or any(site != "same-origin" for site in sites):
        return 403, "foreign_page", "only this node's own page may change anything; it names itself as Origin"
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "not_json", "the body must be JSON, Content-Type: application/json"
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or not length.isdecimal():
        return 411, "no_length", "the body's length must be told: Content-Length"
    if len(length) > 9 or int(length) > BODY_BYTES:
        return 413, "too_long", f"the body may have {BODY_BYTES} bytes"
    return None


def host_name(value: str) -> str:
    """The name in a Host header, without port and brackets, in lower case.

    >>> host_name("[::1]:8470"), host_name("LocalHost:80")
    ('::1', 'localhost')
    """
    value = value.strip().lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.rpartition(":")[0] if value.count(":") == 1 else value
