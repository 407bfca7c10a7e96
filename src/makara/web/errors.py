"""One table from errors to answers: ``{"error": {"code", "message"}}`` under the status that the error declares."""

from __future__ import annotations

import re
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from makara.base.errors import MakaraError

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every answer."""
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "The kind of error, for programs."},
                "message": {"type": "string", "description": "What was wrong, where, and what to do."},
            },
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}
"""JSON schema of every error's body."""
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {"application/json": {"schema": SCHEMA}}}
    for status, text in (
        (400, "The question cannot be answered as it was put."),
        (403, "No such partner, or nothing may be released."),
        (404, "There is no such thing among what may be seen."),
        (503, "The store cannot answer now."),
    )
}
"""Answers that any route may give, for OpenAPI."""


def answer(status: int, code: str, message: str) -> JSONResponse:
    """An error's answer."""
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of an application by the table."""

    async def ours(request: Request, error: Exception) -> JSONResponse:
        status = error.http_status if isinstance(error, MakaraError) else 500
        return answer(status, code(type(error)), str(error))

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        faults = error.errors() if isinstance(error, RequestValidationError) else []
        told = "; ".join(f"{f['loc'][-1]}: {f['msg']}" for f in faults)
        return answer(400, "usage", f"{told}; see /api/v1/openapi.json")

    async def http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 500
        named = {
            404: ("not_found", f"there is nothing at {request.url.path}"),
            405: ("method", "this node does not do that here; see /api/v1/openapi.json"),
        }
        return answer(status, *named.get(status, ("http", f"HTTP {status}")))

    async def other(request: Request, error: Exception) -> JSONResponse:
        refused = answer(500, "internal", "this node failed to answer; its log says why")
        refused.headers.update(HEADERS)  # it is made outside of what puts them on all others
        return refused

    app.add_exception_handler(MakaraError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, other)


def code(kind: type[Exception]) -> str:
    """The code of an error: its class in words.

    >>> from makara.base.errors import NotFoundError
    >>> code(NotFoundError)
    'not_found'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__.removesuffix("Error")).lower()
