"""Whatever the contract allows comes back from the lake as it was given, in exactly the declared types."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lake_rows import as_set, plain

from makara.base.errors import UsageError
from makara.lake import Lake
from makara.tables import Table, names, table

LAKE_TABLES = [n for n in names() if table(n).kind == "lake"]
STATE_TABLES = [n for n in names() if table(n).kind == "state" and n != "snapshots"]
QUICK = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


def value(d: pl.DataType) -> st.SearchStrategy[Any]:
    """Any value of a type."""
    if isinstance(d, pl.List):
        return st.lists(st.none() | value(d.inner), max_size=3)
    if isinstance(d, pl.Struct):
        return st.fixed_dictionaries({f.name: st.none() | value(f.dtype) for f in d.fields})
    if d == pl.Datetime("us", "UTC"):
        return st.datetimes(timezones=st.just(UTC))
    if d == pl.Int32() or d == pl.Int64():
        bits = 31 if d == pl.Int32() else 63
        return st.integers(-(2**bits), 2**bits - 1)
    if d.is_float():
        width = 32 if d == pl.Float32() else 64
        return st.floats(-(2.0**99), 2.0**99, allow_nan=False, width=width, allow_subnormal=False)
    if d == pl.Binary():
        return st.binary(max_size=40)
    return st.booleans() if d == pl.Boolean() else st.text(max_size=80)


def frames(t: Table) -> st.SearchStrategy[pl.DataFrame]:
    """Frames of up to a few rows with any values that the contract allows."""
    row = st.fixed_dictionaries({f.name: (st.none() | value(f.type)) if f.null else value(f.type) for f in t.fields})
    return st.lists(row, min_size=1, max_size=6).map(lambda rows: pl.DataFrame(rows, schema=t.schema, orient="row"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake.open(tmp_path_factory.mktemp("lake"), create=True)


@pytest.mark.parametrize("name", LAKE_TABLES)
@QUICK
@given(data=st.data())
def test_lake_table(shared: Lake, name: str, data: st.DataObject) -> None:
    t = table(name)
    first, second = data.draw(frames(t)), data.draw(frames(t))
    with shared.write() as commit:
        commit.replace(name, first)
    with shared.write() as commit:
        commit.append(name, second)
    back = shared.read(name)
    assert back.schema == t.schema
    assert as_set(back) == as_set(t.conform(pl.concat([first, second])))


@pytest.mark.parametrize("name", STATE_TABLES)
@QUICK
@given(data=st.data())
def test_state_table(shared: Lake, name: str, data: st.DataObject) -> None:
    t = table(name)
    rows = data.draw(frames(t))
    before = len(shared.history(name))
    with shared.write() as commit:
        commit.put(name, rows)
    back = shared.history(name)
    assert back.schema == t.schema
    assert back.slice(before).rows() == t.conform(rows).rows()


@pytest.mark.parametrize("name", names())
def test_empty(lake: Lake, name: str) -> None:
    t = table(name)
    found = lake.read(name) if t.kind == "lake" else lake.state(name)
    assert found.schema == t.schema and len(found) == 0


@QUICK
@given(texts=st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=5, unique=True))
def test_rows_are_found_by_text(shared: Lake, texts: list[str]) -> None:
    """Long text is cut in a file's statistics; it must be found all the same."""
    with shared.write() as commit:
        commit.replace("events", plain("events", len(texts)).with_columns(event=pl.Series(texts)))
    for text in texts:
        assert shared.read("events", pl.col("event") == text)["event"].to_list() == [text]


def test_times_are_found_to_the_microsecond(lake: Lake) -> None:
    """A file's statistics hold milliseconds."""
    rows = plain("reports").with_columns(pl.col("t_seen") + pl.duration(microseconds=999_999))
    with lake.write() as commit:
        commit.append("reports", rows)
    t = rows["t_seen"][0]
    assert len(lake.read("reports", pl.col("t_seen") >= t)) == 1
    assert len(lake.read("reports", pl.col("t_seen") == t)) == 1
    assert len(lake.read("reports", pl.col("t_seen") > t)) == 0


def test_path_with_odd_letters(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path / "mér 20% #1", create=True)
    for _ in range(2):
        with lake.write() as commit:
            commit.append("reports", plain("reports", 30))
    assert len(lake.read("reports")) == 60
    assert all(f["level"] == "ok" for f in lake.doctor())
    for name in ("mer%20", "mer*", "mer?", "mer[1]", "day=3"):
        with pytest.raises(UsageError, match="name it otherwise"):
            Lake.open(tmp_path / name, create=True)
