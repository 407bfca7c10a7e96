"""XML from outsiders: elements one after another, in bounded memory; no entities, no external files, no bombs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

ELEMENT_BYTES: Final = 262_144
"""The longest element that is read."""
_LONG: Final = f"longer than {ELEMENT_BYTES} bytes"


def elements(pieces: Iterable[bytes], name: str) -> Iterator[tuple[int, Element | None, bytes, str]]:
    """The elements of one name in a stream of XML: one document, several on end, or lines of them.

    Each is parsed by itself, so nothing that is declared elsewhere (entities, namespaces' prefixes) can act on it, and
    a broken one costs itself alone. They must not be nested in each other.

    Args:
        pieces: bytes, cut anywhere; UTF-8.
        name: the elements' name, perhaps with a prefix in the stream.

    Yields:
        Number from 1, element, its bytes, and why it cannot be read (then the element is None).
    """
    tag = name.encode()
    begin = re.compile(rb"<((?:[\w.-]+:)?)" + tag + rb"(?=[\s/>])")
    feed = iter(pieces)
    held, at, ended, number = b"", 0, False, 0
    while True:
        found = begin.search(held, at)
        stop = _stop(held, found, tag) if found else None
        if found is not None and stop is not None:
            again = begin.search(held, found.end(), stop)
            stop = again.start() if again else stop  # it was never closed: the next one must not be lost with it
            raw, at = held[found.start() : stop], stop
            number += 1
            element, why = parse(raw, found[1]) if len(raw) <= ELEMENT_BYTES else (None, _LONG)
            yield number, element, raw[:1024] if element is None else raw, why
        elif found is not None and (ended or len(held) - found.start() > ELEMENT_BYTES):
            number += 1
            why = "the file ends within it" if len(held) - found.start() <= ELEMENT_BYTES else _LONG
            yield number, None, held[found.start() : found.start() + 1024], why
            at = found.end()
        elif ended:
            return
        else:
            piece = next(feed, None)
            ended = piece is None
            held, at = held[found.start() if found else max(at, len(held) - 256) :] + (piece or b""), 0


def _stop(held: bytes, found: re.Match[bytes], tag: bytes) -> int | None:
    """Where an element ends; None if that is not there yet."""
    close = re.compile(rb"(?:\"[^\"]*\"|'[^']*'|[^\"'>])*?(/?)>").match(held, found.end())
    if close is None:
        return None
    if close[1]:
        return close.end()
    end = re.compile(rb"</" + re.escape(found[1]) + tag + rb"\s*>").search(held, close.end())
    return end.end() if end else None


def parse(raw: bytes, prefix: bytes = b"") -> tuple[Element | None, str]:
    """An element out of its bytes, names without namespaces; or why it cannot be read.

    Args:
        raw: the element.
        prefix: of the namespace that it was declared with elsewhere, with its colon.
    """
    from defusedxml import ElementTree as Safe
    from defusedxml.common import DefusedXmlException

    if prefix:
        raw = raw.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</")
    try:
        found: Element = Safe.fromstring(_undeclared(raw), forbid_dtd=True)
    except DefusedXmlException as e:
        return None, f"refused: {type(e).__name__}"
    except (ParseError, ValueError, LookupError, RecursionError) as e:
        return None, f"no XML: {e}"
    for node in found.iter():
        if isinstance(node.tag, str):
            node.tag = node.tag.rpartition("}")[2]
    return found, ""


def _undeclared(raw: bytes) -> bytes:
    """The element with prefixes that it does not declare itself taken off."""
    used = set(re.findall(rb"[<\s/]([\w.-]+):[\w.-]+(?=[\s=/>])", raw)) - {b"xmlns", b"xml"}
    declared = set(re.findall(rb"xmlns:([\w.-]+)=", raw))
    for prefix in used - declared:
        raw = re.sub(rb"([<\s/])" + re.escape(prefix) + rb":(?=[\w.-]+[\s=/>])", rb"\1", raw)
    return raw


def text(element: Element, name: str) -> str | None:
    """The text of the first element of a name anywhere within one, without blanks around; None if there is none."""
    found = next((n for n in element.iter(name)), None)
    said = (found.text or "").strip() if found is not None else ""
    return said or None
