"""The application: API under /api/v1, the page at /, its files and coast. One place that puts the rest together."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware.gzip import GZipMiddleware

from makara.base.errors import NotFoundError
from makara.web import coast, errors, picture, rows, share, sightings
from makara.web.guard import LOCAL, Guard
from makara.web.respond import etag, matches

if TYPE_CHECKING:
    from makara.session import Session

TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
"""Files of the page that are served, by ending."""
FOREVER: Final = "public, max-age=31536000, immutable"
VERSION_MARK: Final = b"__VERSION__"
"""Stands in index.html for the hash of the page's files, which is part of their addresses."""


def create_app(session: Session, *, hosts: frozenset[str] | None = LOCAL) -> FastAPI:
    """The application over a lake.

    Args:
        session: everything shown comes from it.
        hosts: names that requests may give as their host; None: any.
    """
    app = FastAPI(
        title="Makara",
        version=version("makara"),
        summary="Maritime picture of one node: what each partner may see, and why.",
        description="Rows have the tables' names and units. Unknown is null. 64-bit keys exceed what JavaScript's "
        "numbers hold: read them as text there. Every answer has an ETag and `Cache-Control: private`.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.session = session
    errors.install(app)
    api = APIRouter(prefix="/api/v1", responses=errors.RESPONSES)
    for part in (rows.router, share.router, picture.router, sightings.router):
        api.include_router(part)
    app.include_router(api)
    app.include_router(coast.router)
    app.include_router(_page())
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    app.add_middleware(Guard, hosts=hosts)
    return app


def _page() -> APIRouter:
    """The page and its files, read once."""
    router = APIRouter(include_in_schema=False)
    found = {f.name: f.read_bytes() for f in files("makara.web").joinpath("static").iterdir()}
    shown = {name: data for name, data in found.items() if name.rpartition(".")[2] in TYPES}
    whole = hashlib.sha256(b"".join(name.encode() + data for name, data in sorted(shown.items()))).hexdigest()[:16]
    index = shown.pop("index.html").replace(VERSION_MARK, whole.encode())

    def send(request: Request, data: bytes, kind: str, cache: str) -> Response:
        headers = {"ETag": etag(data), "Cache-Control": cache}
        if matches(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(data, media_type=TYPES[kind], headers=headers)

    @router.get("/")
    def page(request: Request) -> Response:
        return send(request, index, "html", "no-cache")

    @router.get("/static/{version}/{name}")
    def static(request: Request, version: str, name: str) -> Response:
        if name not in shown:
            raise NotFoundError(f"the page has no file {name!r}")
        return send(request, shown[name], name.rpartition(".")[2], FOREVER if version == whole else "no-cache")

    return router
