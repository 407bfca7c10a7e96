"""The API and the map page: translate, decide nothing. Everything shown comes out of ``makara.session`` by release."""

from __future__ import annotations

from makara.web.app import create_app
from makara.web.serve import serve

__all__ = ["create_app", "serve"]
