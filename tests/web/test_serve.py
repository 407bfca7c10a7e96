"""Serving: on this machine alone, unless another address is asked for."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from makara.base.errors import UsageError
from makara.web import serve
from makara.web.guard import LOCAL, host_name
from makara.web.serve import hosts_of


def test_it_listens_on_this_machine_by_default() -> None:
    assert signature(serve).parameters["host"].default == "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", LOCAL),
        ("localhost", LOCAL),
        ("::1", LOCAL),
        ("192.168.1.5", LOCAL | {"192.168.1.5"}),
        ("Watch.Example", LOCAL | {"watch.example"}),
        ("0.0.0.0", None),
        ("::", None),
    ],
)
def test_names_that_it_answers_for(host: str, names: frozenset[str] | None) -> None:
    assert hosts_of(host) == names


@pytest.mark.parametrize(
    ("header", "name"),
    [("127.0.0.1:80", "127.0.0.1"), ("LocalHost", "localhost"), ("[::1]:8470", "::1"), ("::1", "::1"), ("", "")],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name


def test_a_port_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    session: Any = None
    with pytest.raises(UsageError, match="70000"):
        serve(session, port=70_000)
