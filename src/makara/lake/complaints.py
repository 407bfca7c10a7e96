"""What is wrong with settings, in words: file, dotted key, what was found, what is allowed, what was likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

WORDS: Final = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": 'must be a list, as ["*"]',
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "datetime_type": "must be a time, as 2026-01-31T14:00:00Z",
}


def keys_of(model: type[BaseModel]) -> list[str]:
    """Keys that a section may have."""
    return [f.alias or name for name, f in model.model_fields.items()]


def model_at(root: type[BaseModel], keys: Sequence[Any]) -> type[BaseModel] | None:
    """The section's type at a dotted key; None where it is none, or holds free names."""
    kind: Any = root
    for key in keys:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = next((f for name, f in kind.model_fields.items() if key in (name, f.alias)), None)
            kind = field.annotation if field else None
        else:
            kind = next((a for a in reversed(get_args(kind))), None)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def told(error: ValidationError, root: type[BaseModel], path: Path, origin: Mapping[str, str]) -> str:
    """All that is wrong, one line each.

    Args:
        error: what pydantic found.
        root: the type of the whole.
        path: the file.
        origin: by dotted key, the variable that it came from.
    """
    found: dict[str, list[str]] = {}
    for e in error.errors(include_url=False):
        where = [k for k in e["loc"] if k not in ("bool", "int", "float", "str")]
        key = ".".join(str(k) for k in where)
        source = next((v for k, v in origin.items() if f"{k}.".startswith(f"{key}.")), str(path))
        what = _what(e, root, where)
        said_of = found.setdefault(f"{source}: {key} " if key else f"{source}: ", [])
        if what not in said_of:
            said_of.append(what)
    return "\n".join(key + "; or ".join(what) for key, what in found.items())


def _what(e: Any, root: type[BaseModel], where: Sequence[Any]) -> str:
    kind = e["type"]
    if kind == "extra_forbidden":
        section = model_at(root, where[:-1])
        allowed = keys_of(section) if section else []
        near = difflib.get_close_matches(str(where[-1]), allowed, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        return f"is unknown; {meant}allowed here: {', '.join(allowed)}"
    if kind == "literal_error":
        found = f"is {e['input']!r}"
        choices = e["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        near = difflib.get_close_matches(str(e["input"]), choices.split(", "), 1)
        return f"{found}; {f'did you mean {near[0]}? ' if near else ''}allowed: {choices}"
    if kind == "value_error":
        return str(e["ctx"]["error"])
    if kind == "missing" and where and where[-1] == "mark":
        return "is missing: a feed without a mark is refused; see [feeds.nmea] for one"
    if kind == "missing":
        return "is missing"
    words = WORDS.get(kind) or str(e["msg"]).replace("Input should", "must")
    return f"is {e['input']!r}: {words}"
