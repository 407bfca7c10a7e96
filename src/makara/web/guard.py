"""What holds for every request: which host may be asked for, what the browser may do with answers, HEAD as GET."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from makara.web.errors import HEADERS, answer

LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine."""


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
        await self.app({**scope, "method": "GET"} if head else scope, receive, guarded)


def host_name(value: str) -> str:
    """The name in a Host header, without port and brackets, in lower case.

    >>> host_name("[::1]:8470"), host_name("LocalHost:80")
    ('::1', 'localhost')
    """
    value = value.strip().lower()
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.rpartition(":")[0] if value.count(":") == 1 else value
