"""Operators' acts: merge, split, undo; replayed they give the same, undone they leave no trace."""

from __future__ import annotations

import itertools
import json
from typing import Any

import claimed_ships as ships
import polars as pl
from claimed_ships import act_id, acts, claims, imo, says
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base import ids
from makara.registry import identify

MOVERS = [563000001, 636000002, 525000003, 412000004]
VE = [ids.ident("ve", f"mv{m}") for m in MOVERS]
SAID = claims(*(says(m, 3 * k, 2, name=f"SHIP {chr(65 + k)}", callsign=f"CALL{k}") for k, m in enumerate(MOVERS)))
Pair = tuple[pl.DataFrame, pl.DataFrame]


def resolved(*done: tuple[str, list[str]]) -> Pair:
    return identify(SAID, ships.lists(), acts=acts(*done))


def same(a: Pair, b: Pair) -> bool:
    return a[0].equals(b[0]) and a[1].equals(b[1])


def groups(found: Pair) -> set[frozenset[str]]:
    links = found[1].filter(pl.col("member").str.starts_with("mv"))
    return {frozenset(m) for m in links.group_by("vessel").agg("member")["member"].to_list()}


def bare(found: Pair) -> list[Any]:
    """All but who did it when: the log differs where acts come in another order."""
    vessels = found[0].drop("evidence").to_dicts()
    return [vessels, found[1].to_dicts()]


def test_a_merge_is_one_vessel_with_the_id_of_the_first_and_the_act_as_evidence() -> None:
    vessels, links = resolved(("merge", [VE[2], VE[0]]))
    assert groups((vessels, links)) == {
        frozenset({f"mv{MOVERS[0]}", f"mv{MOVERS[2]}"}), frozenset({f"mv{MOVERS[1]}"}), frozenset({f"mv{MOVERS[3]}"}),
    }  # fmt: skip
    ship = vessels.filter(pl.col("vessel") == VE[0]).to_dicts()[0]
    assert (ship["name"], ship["mmsi"]) == ("SHIP C", MOVERS[2])
    told = json.loads(ship["evidence"])["acts"]
    assert [(a["act"], a["who"], a["why"]) for a in told] == [(act_id(0), "op", "because")]
    assert ship["marks"] == ["act", "m"], "what an act made is as secret as the act"
    assert links.filter(pl.col("member") == VE[2])["vessel"].to_list() == [VE[0]]
    assert set(links.filter(pl.col("vessel") == VE[0])["how"]) == {"operator", "same mover"}


def test_a_split_takes_a_member_out_of_what_was_tied() -> None:
    one = {"imo": imo(907472), "callsign": "9VAB1"}
    said = claims(says(MOVERS[0], 0, 3, **one), says(MOVERS[1], 5, 3, **one))
    assert len(identify(said, ships.lists())[0]) == 1
    vessels, links = identify(said, ships.lists(), acts=acts(("split", [VE[0], f"mv{MOVERS[1]}"])))
    assert sorted(vessels["vessel"]) == sorted(VE[:2])
    assert links["p"].to_list() == [1.0, 1.0]
    assert len(identify(said, ships.lists(), acts=acts(("split", [VE[0], f"mv{MOVERS[3]}"])))[0]) == 1, "no member"


def test_undo_and_undo_of_undo() -> None:
    merge = ("merge", VE[:2])
    assert same(resolved(), resolved(merge, ("undo", [act_id(0)])))
    assert bare(resolved(merge)) == bare(resolved(merge, ("undo", [act_id(0)]), ("undo", [act_id(1)])))


def test_acts_on_what_is_not_there_and_other_verbs_change_nothing() -> None:
    assert same(resolved(), resolved(("merge", [VE[0], "venowhere"]), ("claim", VE[:2]), ("undo", ["acnone"])))


def test_an_act_holds_when_its_vessel_later_turns_out_to_be_part_of_another() -> None:
    one = {"imo": imo(907472), "callsign": "9VAB1", "length_m": 100.0}
    other = says(MOVERS[3], 0, 2, name="OTHER", callsign="ZZ999")
    late = claims(says(MOVERS[0], 0, 3, **one), says(MOVERS[1], 5, 3, **one), other)
    vessels, links = identify(late, ships.lists(), acts=acts(("merge", [VE[1], VE[3]])))
    assert len(vessels) == 1
    assert {f"mv{MOVERS[k]}" for k in (0, 1, 3)} <= set(links["member"])


ACT = st.one_of(
    st.tuples(st.just("merge"), st.permutations(VE).map(lambda x: list(x[:2]))),
    st.tuples(st.just("split"), st.tuples(st.sampled_from(VE), st.sampled_from([f"mv{m}" for m in MOVERS])).map(list)),
    st.tuples(st.just("undo"), st.integers(0, 5).map(lambda k: [act_id(k)])),
)


@settings(max_examples=15)
@given(st.lists(ACT, max_size=5))
def test_an_act_and_its_undoing_leave_what_was(before: list[tuple[str, list[str]]]) -> None:
    n = len(before)
    held = resolved(*before)
    for new in (("merge", VE[:2]), ("split", [VE[0], f"mv{MOVERS[1]}"])):
        assert same(held, resolved(*before, new, ("undo", [act_id(n)])))


@given(st.lists(st.sampled_from(list(itertools.combinations(VE, 2))), max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_merges_commute(pairs: list[tuple[str, str]], random: Any) -> None:
    done = [("merge", list(p)) for p in pairs]
    turned = [("merge", list(reversed(p))) for p in random.sample(pairs, len(pairs))]
    assert bare(resolved(*done)) == bare(resolved(*turned))
