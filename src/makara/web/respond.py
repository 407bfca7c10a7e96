"""Answers with an ETag: not sent again while nothing changed.

The owner's ETag is made of the snapshot and the question, so that an unchanged lake is not even read. A partner's is
made of the answer alone: the snapshot's number would tell it of changes that it may not see.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request, Response

from makara.sharing import OWNER

if TYPE_CHECKING:
    from makara.session import Session

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
CACHE: Final = "private, no-cache"


def conditional(
    request: Request,
    session: Session,
    partner: str,
    body: Callable[[], tuple[bytes, Mapping[str, str]]],
    media_type: str = JSON,
) -> Response:
    """An answer, or 304 where the asker has it.

    Args:
        request: with ``If-None-Match``, perhaps.
        session: whose snapshot the owner's ETag names.
        partner: whose view it is.
        body: makes the answer's body and further headers.
        media_type: of the body.
    """
    if partner == OWNER:
        asked = f"{session.snapshot_id()} {version('makara')} {request.url.path}?{request.url.query}"
        tag = etag(asked.encode())
        if matches(request, tag):
            return _unchanged(tag)
        content, headers = body()
    else:
        content, headers = body()
        tag = etag(content)
        if matches(request, tag):
            return _unchanged(tag)
    return Response(content, media_type=media_type, headers={"ETag": tag, "Cache-Control": CACHE, **headers})


def etag(data: bytes) -> str:
    """A weak ETag (the encoding in transit differs) of bytes."""
    return f'W/"{hashlib.sha256(data).hexdigest()[:32]}"'


def matches(request: Request, tag: str) -> bool:
    """Whether the asker has what the tag names (weak comparison, RFC 9110)."""
    given = request.headers.get("if-none-match", "")
    bare = tag.removeprefix("W/")
    return given.strip() == "*" or bare in {part.strip().removeprefix("W/") for part in given.split(",")}


def _unchanged(tag: str) -> Response:
    return Response(status_code=304, headers={"ETag": tag, "Cache-Control": CACHE})


def dumps(value: Any) -> bytes:
    """JSON without spaces, in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
