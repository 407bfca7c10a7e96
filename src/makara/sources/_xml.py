"""XML of unknown origin: no entities, no DTD, bounded size; a clear error where it is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from makara.base.errors import InputError
from makara.sources._safe import few

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(data: bytes, name: str) -> Element:
    """The root of a document.

    Args:
        data: its bytes.
        name: of the file, for messages.

    Raises:
        InputError: it is no well-formed XML, declares a DTD or entities (which can swallow memory or read files), or
            has more parts than any metadata.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(few(data, b"<=", name), forbid_dtd=True)
    except DefusedXmlException as e:
        raise InputError(f"{name} declares a DTD or entities, which no product needs; it is refused") from e
    except (ParseError, ValueError, LookupError) as e:
        raise InputError(f"{name} is no readable XML ({e}); get the product again") from e
    return root


def text(root: Element, path: str, name: str) -> str:
    """The text of an element.

    Raises:
        InputError: there is none; the message names it.
    """
    found = root.findtext(path)
    if found is None or not found.strip():
        raise InputError(f"{name} has no {path.removeprefix('.//')}; the product is damaged or of another kind")
    return found.strip()


def number(root: Element, path: str, name: str, default: float | None = None) -> float:
    """The finite number in an element, or ``default`` where there is no such element.

    Raises:
        InputError: there is none.
    """
    if default is not None and root.find(path) is None:
        return default
    found = text(root, path, name)
    try:
        value = float(found)
    except ValueError as e:
        raise InputError(f"{name}: {path.removeprefix('.//')} is {found[:40]!r}, no number") from e
    if not np.isfinite(value):
        raise InputError(f"{name}: {path.removeprefix('.//')} is {found[:40]!r}, no finite number")
    return value


def numbers(root: Element, path: str, name: str) -> NDArray[np.float64]:
    """The finite numbers, parted by spaces, in an element.

    Raises:
        InputError: there are none.
    """
    found = text(root, path, name)
    try:
        values = np.array(found.split(), np.float64)
    except ValueError as e:
        raise InputError(f"{name}: {path.removeprefix('.//')} holds what is no number") from e
    if not np.isfinite(values).all():
        raise InputError(f"{name}: {path.removeprefix('.//')} holds what is no finite number")
    return values


def instant(root: Element, path: str, name: str) -> datetime:
    """The instant in an element; without a zone it is UTC, as space agencies write it.

    Raises:
        InputError: there is none.
    """
    found = text(root, path, name)
    try:
        t = datetime.fromisoformat(found.replace("Z", "+00:00"))
    except ValueError as e:
        raise InputError(f"{name}: {path.removeprefix('.//')} is {found[:40]!r}, no time") from e
    return t.replace(tzinfo=UTC) if t.tzinfo is None else t.astimezone(UTC)


def local(root: Element, tag: str) -> Iterator[Element]:
    """All elements of a local name, whatever their name space."""
    return (e for e in root.iter() if isinstance(e.tag, str) and e.tag.rpartition("}")[2] == tag)
