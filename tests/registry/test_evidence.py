"""Evidence is written column by column; it is, byte by byte, what plain Python writes row by row."""

from __future__ import annotations

import importlib
import json
from datetime import timedelta
from typing import Any

import evidence_plain as plain
import polars as pl
import pytest
from claimed_ships import DAY, T0, acts, claims, imo, lists, says
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.registry import identify
from makara.registry._json import DUMP, instant, texts
from makara.registry.evidence import PARTS, history, values

MOVERS = (563000001, 636000002, 525000003, 1234, -77)
NAMES = ("GREY HERON", 'SAY "HERON"', "BACK\\SLASH", "ÅLESUND\t1", "\x01 鯨", "SEA OTTER", None)


@st.composite
def spells(draw: st.DrawFn) -> list[dict[str, Any]]:
    said = {
        "imo": draw(st.sampled_from([imo(907472), imo(912345), 9074721, 1, None])),
        "name": draw(st.sampled_from(NAMES)),
        "callsign": draw(st.sampled_from(["9VAB1", 'Q"1', None])),
        "length_m": draw(st.sampled_from([180.0, 33.3, 0.1, None])),
        "ship_type": draw(st.sampled_from([30, 70, None])),
    }
    first = draw(st.floats(0.0, 30.0))
    rows = says(draw(st.sampled_from(MOVERS)), first, draw(st.floats(0.1, 5.0)), **said)
    exact = timedelta(microseconds=draw(st.sampled_from([0, 1, 250_000])))
    return [r | {"t_seen": r["t_seen"].replace(microsecond=0) + exact} for r in rows]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(spells(), min_size=1, max_size=14), st.booleans())
def test_columns_of_json_are_what_plain_python_writes(said: list[list[dict[str, Any]]], merged: bool) -> None:
    seen = []

    def checked_values(mine: pl.DataFrame) -> pl.DataFrame:
        got, want = values(mine), plain.values(mine)
        for row in got.iter_rows(named=True):
            for part in PARTS:
                assert row[part] == DUMP(want[part].get(row["hull"], []))
            doubted = [v["value"] for v in want["imo"].get(row["hull"], []) if "doubt" in v]
            assert row["wrong"] == doubted
        assert {h for by_hull in want.values() for h in by_hull} <= set(got["hull"])
        seen.append("values")
        return got

    def checked_history(mine: pl.DataFrame, of: Any, flags: dict[int, str]) -> pl.DataFrame:
        got, want = history(mine, of, flags), plain.history(mine, of, flags)
        assert dict(got.iter_rows()) == {hull: DUMP(rows) for hull, rows in want.items() if rows}
        seen.append("history")
        return got

    room = importlib.import_module("makara.registry.identify")
    done = acts()
    if merged:
        every, _ = identify(claims(*said), lists())
        done = acts(("merge", every["vessel"].to_list()[:2])) if len(every) > 1 else done
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "values", checked_values)
        patch.setattr(room, "history", checked_history)
        vessels, _ = identify(claims(*said), lists(), acts=done)
    assert seen == ["values", "history"]
    for evidence in vessels["evidence"]:
        assert DUMP(json.loads(evidence)) == evidence


def test_texts_and_instants_as_the_standard_library_has_them() -> None:
    for some in (
        pl.Series([0.1, 1.0, 1e-4, 1e16, None]),
        pl.Series([1, -2, None]),
        pl.Series(['"', "\\", "\n", "é", None]),
    ):
        assert texts(some).to_list() == [json.dumps(v, ensure_ascii=False) for v in some]
    times = pl.DataFrame(
        {"t": [T0, T0 + DAY + timedelta(microseconds=20), None]}, schema={"t": pl.Datetime("us", "UTC")}
    )
    said = ['"2026-03-01T00:00:00Z"', '"2026-03-02T00:00:00.000020Z"', "null"]
    assert times.select(instant("t")).to_series().to_list() == said
