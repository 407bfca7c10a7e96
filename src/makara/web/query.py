"""What may be asked in a URL, and how pages of rows follow each other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import Query, Request

from makara.base import time
from makara.base.errors import UsageError
from makara.sharing import OWNER

LIMIT_MAX: Final = 10_000
LIMIT_DEFAULT: Final = 1_000
OFFSET_MAX: Final = 1_000_000_000
ALWAYS: Final = ("partner", "limit", "offset", "format")

Partner = Annotated[
    str,
    Query(
        description="Whose view: `self` is the owner's; another is what that partner is released, under its own ids. "
        "The node asks for no login yet and answers on its own machine only, so whoever asks is the owner."
    ),
]
Box = Annotated[
    str | None,
    Query(
        description="Only rows in W,S,E,N (degrees, WGS 84); W > E crosses the antimeridian.",
        examples=["92,1,104,14", "175,-22,-175,-14"],
    ),
]
Since = Annotated[str | None, Query(description="Only rows not over before this instant (ISO 8601 with Z).")]
Until = Annotated[str | None, Query(description="Only rows begun before this instant (ISO 8601 with Z).")]
Known = Annotated[str | None, Query(description="As it was known at this instant (ISO 8601 with Z).")]
Kind = Annotated[str | None, Query(description="Only rows of this kind.")]
Ids = Annotated[str | None, Query(description="Only rows with these ids, separated by commas.")]
Zone = Annotated[
    str | None,
    Query(description="Only rows in this zone while it is in force: its key, its provider's id or its name."),
]
Mmsi = Annotated[
    str | None,
    Query(description="Only rows of transmitters with these MMSIs, separated by commas.", examples=["366999712"]),
]
Limit = Annotated[int, Query(description="At most so many rows.", ge=1, le=LIMIT_MAX)]
Offset = Annotated[
    int, Query(description="After so many rows; `next` of the answer before has it.", ge=0, le=OFFSET_MAX)
]
Format = Annotated[
    Literal["json", "geojson"],
    Query(description="`json`: rows with the tables' names; `geojson`: RFC 7946, lines cut at the antimeridian."),
]


@dataclass(frozen=True)
class Page:
    """Which rows are asked for, of whose view, and in which form.

    Attributes:
        request: the request.
        partner: whose view.
        limit: at most so many rows.
        offset: after so many.
        form: json or geojson.
    """

    request: Request
    partner: str
    limit: int
    offset: int
    form: str

    def filters(self, **asked: str | None) -> dict[str, Any]:
        """What goes to ``Session.select``, from the filters that a route takes, as asked.

        Raises:
            UsageError: another parameter was given, or a text cannot be understood.
        """
        only(self.request, (*asked, *ALWAYS))
        return {k: READ[k](v) for k, v in asked.items() if v is not None}

    @property
    def following(self) -> str:
        """Where the page after this one is: path and query."""
        query = {k: v for k, v in self.request.query_params.items() if k not in ("limit", "offset")}
        return f"{self.request.url.path}?{urlencode(query | {'limit': self.limit, 'offset': self.offset + self.limit})}"


def page(
    request: Request,
    partner: Partner = OWNER,
    limit: Limit = LIMIT_DEFAULT,
    offset: Offset = 0,
    format: Format = "json",
) -> Page:
    """A page as asked: what every route that gives rows depends on."""
    return Page(request, partner, limit, offset, format)


def only(request: Request, names: Collection[str]) -> None:
    """Refuse parameters that would be ignored: unknown ones, and all but the last of those given twice.

    Raises:
        UsageError: a parameter is not known here, or given more than once.
    """
    for name in request.query_params:
        if name not in names:
            raise UsageError(f"{request.url.path} takes no {name!r}; it takes {', '.join(names) or 'nothing'}")
        if len(request.query_params.getlist(name)) > 1:
            raise UsageError(f"{name} is given more than once; give it once")


def box(text: str) -> tuple[float, float, float, float]:
    """A box from text.

    Raises:
        UsageError: not four numbers, or out of range.
    """
    try:
        w, s, e, n = (float(p) for p in text.split(","))
    except ValueError:
        raise UsageError(f"{text!r} is not a box; write W,S,E,N in degrees, as 92,1,104,14") from None
    if not (-180 <= w <= 180 and -180 <= e <= 180 and -90 <= s <= n <= 90):
        raise UsageError(f"{text!r} is not a box: longitudes in [-180, 180], latitudes in [-90, 90], south first")
    return w, s, e, n


def numbers(text: str) -> tuple[int, ...]:
    """MMSIs from text.

    Raises:
        UsageError: one is not a number of at most nine digits.
    """
    said = text.split(",")
    if not all(p.isascii() and p.isdigit() and len(p) <= 9 for p in said):
        raise UsageError(f"{text!r} are not MMSIs; write nine digits each, separated by commas")
    return tuple(int(p) for p in said)


READ: Final[dict[str, Callable[[str], Any]]] = {
    "bbox": box,
    "since": time.parse,
    "until": time.parse,
    "as_known_at": time.parse,
    "kind": str,
    "ids": lambda text: tuple(text.split(",")),
    "zone": str,
    "mmsi": numbers,
}
"""How each filter's text is read."""
