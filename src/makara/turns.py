"""Rules' turns: those that read no others' events first; those of a turn go through the windows of time side by side.

So the points of a window are read once for all rules of a turn, and let go before those of the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from makara.behaviours import Parameters, Window, carry, finish, merge, nothing, stepped
from makara.inputs import RuleInForce
from makara.replay import KEPT

POINTS: Final = "track_points"
States = dict[datetime, pl.DataFrame]
"""What a rule carries, by instant."""


class Replay:
    """Events that a rule finds with one set of parameters in successive windows.

    Args:
        rule: the rule.
        p: one of its sets of parameters.
        spans: from and to of each window.
        held: states by instant: the first window goes on from the one at its begin, later ones are replaced.
    """

    def __init__(self, rule: RuleInForce, p: Parameters, spans: Sequence[tuple[datetime, datetime]], held: States):
        self.rule, self.p, self.held = rule, p, held
        frm, self.end = spans[0][0], spans[-1][1]
        for at in [t for t in held if t > frm]:
            del held[at]
        self.carried = held.get(frm, nothing())
        self.done = finish(rule.module.RULE, p, self.carried.clear())

    def take(self, window: Window) -> None:
        """Go through the next window."""
        out = stepped(self.rule.module, window, self.carried, self.p)
        self.carried = carry(out)
        self.done = merge(self.done, finish(self.rule.module.RULE, self.p, out))
        if window.to != self.end:
            self.held[window.to] = self.carried
        for old in sorted(self.held)[:-KEPT]:
            del self.held[old]


@dataclass(frozen=True)
class Turn:
    """A rule on its way through its windows.

    Attributes:
        frm: where it starts.
        spans: from and to of each window.
        each: a replay for each set of parameters.
    """

    rule: RuleInForce
    frm: datetime
    spans: Sequence[tuple[datetime, datetime]]
    each: tuple[Replay, ...]

    @classmethod
    def of(cls, rule: RuleInForce, spans: Sequence[tuple[datetime, datetime]], held: Iterable[States]) -> Turn:
        """Of a rule, its windows and the states that it has of each set of its parameters."""
        each = tuple(Replay(rule, p, spans, states) for p, states in zip(rule.sets, held, strict=True))
        return cls(rule, spans[0][0], spans, each)

    def take(self, window: Window) -> None:
        """Go through the next window."""
        for replay in self.each:
            replay.take(window)

    def found(self) -> pl.DataFrame:
        """The events, each judged with the parameters of its place."""
        return self.rule.judged([replay.done for replay in self.each])


def in_turn(rules: Sequence[RuleInForce]) -> Iterator[tuple[RuleInForce, ...]]:
    """Rules, those that read others' events after them; together those that need not wait for each other."""
    left = list(rules)
    while left:
        kinds = {f"events:{r.module.RULE.kind}" for r in left}
        some = tuple(r for r in left if not kinds & set(r.module.RULE.inputs))
        yield some
        left = [r for r in left if r not in some]


def side_by_side(turns: Sequence[Turn]) -> Iterator[tuple[datetime, datetime, list[Turn]]]:
    """Each window, and who goes through it: whoever looks back furthest at points comes first."""
    of: Mapping[tuple[datetime, datetime], list[Turn]] = {s: [] for t in turns for s in t.spans}
    for t in turns:
        for s in t.spans:
            of[s].append(t)
    for (frm, to), some in sorted(of.items(), key=lambda found: found[0][::-1]):
        yield frm, to, sorted(some, key=lambda t: -t.rule.module.RULE.inputs.get(POINTS, 0))
