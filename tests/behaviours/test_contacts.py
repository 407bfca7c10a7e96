"""Contacts: what an event says of them stands on looks that it names, and bears the marks of all."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from makara.base.time import EPOCH
from makara.behaviours import carry, finish, merge, nothing, rule
from makara.behaviours._cases import Case
from makara.behaviours._rule import Window

FIRES = [
    (kind, case) for kind in ("go_fast", "mother_ship", "piracy_approach") for case in rule(kind).CASES if case.fires
]


def tables(case: Case) -> dict[str, pl.DataFrame]:
    """What a rule gets in a case, each look under a mark of its own."""
    given = {**case.tables(), "track_points": case.points(), "vessels": case.classes()}
    named = [given[n].with_columns(mark=pl.format("mk-{}", "detection")) for n in ("detections", "matches")]
    return {**given, "detections": named[0], "matches": named[1].drop("mark")}


@pytest.mark.parametrize(("kind", "case"), FIRES, ids=[f"{k}: {c.text}" for k, c in FIRES])
def test_the_looks_behind_a_motion_are_named_and_mark_it_however_time_is_cut(kind: str, case: Case) -> None:
    module, given = rule(kind), tables(case)
    p = module.RULE.resolve()
    looks = given["detections"]["t_seen"].unique().sort().to_list()
    end = looks[-1] + timedelta(hours=4)
    found = []
    for cuts in ([], [t + timedelta(seconds=1) for t in looks]):
        carried, events = nothing(), finish(module.RULE, p, nothing())
        for a, b in pairwise([EPOCH, *cuts, end]):
            out = module.step(Window(a, b, given), carried, p)
            carried, events = carry(out), merge(events, finish(module.RULE, p, out))
        found.append(events)
    assert_frame_equal(found[0], found[1])
    for evidence, marks in found[0].select("evidence", "marks").iter_rows():
        seen = {e for e in evidence if e in set(given["detections"]["detection"])}
        assert len(seen) > 1
        assert {f"mk-{e}" for e in seen} <= set(marks)


def test_a_run_stands_on_its_first_look_and_an_approach_on_both_that_tell_its_motion() -> None:
    for kind, first in (("go_fast", "de-0"), ("piracy_approach", "a-0")):
        given = tables(next(c for k, c in FIRES if k == kind))
        module = rule(kind)
        out = module.step(Window(EPOCH, given["detections"]["t_seen"].max(), given), nothing(), module.RULE.resolve())
        assert first in out.filter(pl.col("state") != "pending")["evidence"].explode().to_list()
