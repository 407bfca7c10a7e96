"""The ledger: RFC 6962 vectors, counters, recalls."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import NOW, OPEN, SHUT, alert, alerts, event, events, gate, policy

from makara.sharing import Released, entry, release
from makara.sharing.ledger import ROWS, leaf_hash, release_id, tree_hash
from makara.tables import table

LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
"""Inputs of the reference vectors of Certificate Transparency (google/certificate-transparency, merkle tree tests)."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY = pl.DataFrame(schema=ROWS)


def test_reference_vectors() -> None:
    assert tree_hash([]).hex() == hashlib.sha256(b"").hexdigest()
    leaves = [leaf_hash(bytes.fromhex(x)) for x in LEAVES]
    assert [tree_hash(leaves[: n + 1]).hex() for n in range(8)] == ROOTS


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_the_tree_is_that_of_the_definition(leaves: list[bytes]) -> None:
    def mth(d: list[bytes]) -> bytes:
        if len(d) < 2:
            return d[0] if d else hashlib.sha256(b"").digest()
        k = 1 << (len(d) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()

    assert tree_hash(leaves) == mth(leaves)


def out_of(*rows: dict[str, Any], held: pl.DataFrame = EMPTY, **parts: Any) -> Released:
    return release(
        {"events": events(*rows), "alerts": alerts(*(alert(r) for r in rows))},
        **gate(policy()) | {"held": held} | parts,
    )


def test_a_row_is_sent_once_revised_when_it_changed_and_recalled_when_it_went() -> None:
    first = entry(out_of(event(1), event(2)), EMPTY, 0)
    assert first is not None
    line, rows = first
    assert line.select("release", "partner", "purpose", "seq", "rows").row(0) == (
        release_id("FJI", 1),
        "FJI",
        "safety",
        1,
        4,
    )
    assert line["policy_versions"].to_list() == [["all@1"]]
    assert rows.select("table", "state", "revision").unique().sort("table").rows() == [
        ("alerts", "sent", 1),
        ("events", "sent", 1),
    ]
    assert line["root"][0] == tree_hash(rows["leaf"].to_list())
    assert entry(out_of(event(1), event(2)), rows, 1) is None

    later = out_of(event(1, severity=3), event(2), held=rows, now=NOW + timedelta(hours=1))
    second = entry(later, rows, 1)
    assert second is not None
    assert second[1].select("table", "state", "revision", "inside_id").rows() == [
        ("events", "revised", 2, event(1)["event"])
    ]
    assert sorted(later.release["events"]["version"].to_list()) == [1, 2]
    held = pl.concat([rows, second[1]])
    assert second[0]["root"][0] == tree_hash(held["leaf"].to_list())

    third = entry(out_of(event(1, SHUT), event(2, state="withdrawn")), held, 2)
    assert third is not None
    recalled = third[1].sort("inside_id")
    assert set(recalled["state"].to_list()) == {"withdrawn"} and len(recalled) == 4
    assert recalled.filter(pl.col("inside_id") == event(1)["event"])["revision"].to_list() == [3]
    assert recalled["withheld"].list.len().sum() == 0
    every = pl.concat([held, third[1]])
    assert entry(out_of(event(1, SHUT)), every, 3) is None

    fourth = entry(out_of(event(1)), every, 3)
    assert fourth is not None
    again = fourth[1].filter(pl.col("table") == "events")
    assert again.select("state", "revision").rows() == [("sent", 4)]


def test_tables_that_were_not_looked_at_are_not_recalled() -> None:
    first = entry(out_of(event(1)), EMPTY, 0)
    assert first is not None
    only = release({"events": events(event(1))}, **gate(policy()))
    assert entry(only, first[1], 1) is None


def test_what_only_places_a_row_among_others_revises_nothing() -> None:
    first = entry(out_of(event(1)), EMPTY, 0)
    assert first is not None
    changed = event(1, version=7, evidence=[])
    second = entry(out_of(changed, event(2), now=NOW + timedelta(hours=2)), first[1], 1)
    assert second is not None
    assert set(second[1]["inside_id"].to_list()) & {event(1)["event"], alert(event(1))["alert"]} == set()


def test_withheld_columns_are_noted_row_by_row() -> None:
    rules = gate(policy(), policy("no", effect="deny", columns=["mmsi"]))
    found = entry(release({"events": events(event(1))}, **rules), EMPTY, 0)
    assert found is not None
    assert {"column": "mmsi", "reason": "denied"} in found[1]["withheld"].to_list()[0]
    stamps = {"source": pl.lit("release"), "t_known": pl.lit(NOW), "mark": pl.lit("mk")}
    assert len(table("released_rows").conform(found[1].with_columns(**stamps))) == 1
    assert len(table("releases").conform(found[0].with_columns(**stamps))) == 1


steps = st.lists(st.dictionaries(st.integers(1, 4), st.integers(0, 3), max_size=4), min_size=1, max_size=6)


@given(steps)
@settings(max_examples=40, deadline=None)
def test_counters_run_without_a_hole_and_the_history_tells_what_is_held(worlds: list[dict[int, int]]) -> None:
    history, seq = EMPTY, 0
    for world in worlds:  # by event: its severity; 0: not releasable
        rows = [event(n, OPEN if s else SHUT, severity=s) for n, s in world.items()]
        found = entry(out_of(*rows), history, seq)
        if found is not None:
            seq += 1
            assert found[0]["seq"].to_list() == [seq]
            shuffled = found[1].sample(fraction=1.0, shuffle=True, seed=seq)
            history = pl.concat([shuffled, history])
        last = history.filter(pl.col("table") == "events").sort("revision").unique("inside_id", keep="last")
        held = set(last.filter(pl.col("state") != "withdrawn")["inside_id"].to_list())
        assert held == {event(n)["event"] for n, s in world.items() if s}
    for _, part in history.group_by("table", "outside_id"):
        assert sorted(part["revision"].to_list()) == list(range(1, len(part) + 1))
