"""The picture while a run walks: what is known so far, what is derived of it, and what is new and must be kept.

Pure bookkeeping on frames in memory: the rooms decide, the session loads and commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from makara.alerts import is_vessel_id
from makara.arrived import Arrived, Dirty, FurtherBackError, changed_since, clocks_changed, heard, since_of
from makara.base.time import EPOCH
from makara.base.units import HOUR_S
from makara.behaviours import Window
from makara.fusion.structures import SIGHTED
from makara.inputs import Inputs, RuleInForce
from makara.looks import one_each
from makara.reads import Points, Ready, read, span_of
from makara.registry import identify
from makara.replay import affected, earliest, newest, restart, versions, windows
from makara.sharing import OWNER, Mark, Released, entry, meet_lists
from makara.sharing.marks import key
from makara.tables import table
from makara.turns import Turn, in_turn, side_by_side

CONTEXT_S: Final = 24 * HOUR_S
"""How far before the first new report segmenting looks back."""
LOOK_REACH_S: Final = 6 * HOUR_S
"""How far from a look reports may lie and still move its matches."""
SWEEP: Final = timedelta(hours=1)
"""No two detections of a sweep are further apart; all are matched as of the middle."""
SOURCE: Final = "walk"
"""Source of the rows that no rule makes."""
OWN: Final = key(Mark.own(OWNER))
"""The owner's own mark."""
RuleKey = tuple[str, str, str]
"""Rule@version, profile, hash of the parameters."""


@dataclass
class Picture:
    """All that a run needs in memory.

    Attributes:
        floor: rules restart no earlier; what lies further back than their reach was not loaded.
        forced: the next step redoes the rules from this instant on, whatever arrived.
        anew: the next step makes and tags all points anew: zones or the profile of segmentation have changed.
        before: of points that were not loaded, the first of each mover and mark (``mover, t_seen, mark``).
        transponders: of all reports known at the end of the run, each mover's transponders (``mover, transponder``).
        held_marks: marks of tracks as the last run left them (``track, mark``).
        spill: takes points that are made part by part, and their reports, to where they are kept.
        spilled: what is needed of them all the same: their tracks' marks (``track, marks``).
        stored: where rules read points if they are not held here.
        clock_off: minutes of the reports loaded in which stations' clocks were off (``station, minute``).
        walked: claims known until then were walked by runs before.
        looked: likewise of what was declared of looks.
        collections: a row a look, made of all that is declared (``declared``).
        sighted: what tells structures (columns ``SIGHTED``) of all detections, those before the loaded ones too.
        now: end of the step that is walked.
        history: rows to append or put at the commit, by table.
    """

    reports: pl.DataFrame
    claims: pl.DataFrame
    collections: pl.DataFrame
    detections: pl.DataFrame
    points: pl.DataFrame
    tracks: pl.DataFrame
    matches: pl.DataFrame
    vessels: pl.DataFrame
    events: pl.DataFrame
    alerts: pl.DataFrame
    marks: pl.DataFrame
    horizons: pl.DataFrame
    released: dict[str, pl.DataFrame]
    seq: dict[str, int]
    before: pl.DataFrame
    held_marks: pl.DataFrame
    transponders: pl.DataFrame
    kept: dict[RuleKey, dict[datetime, pl.DataFrame]] = field(default_factory=dict)
    floor: datetime = EPOCH
    walked: datetime = EPOCH
    looked: datetime = EPOCH
    history: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    now: datetime = EPOCH
    forced: datetime | None = None
    anew: bool = False
    redone_since: datetime | None = None
    redone_tracks: set[int] = field(default_factory=set)
    spill: Callable[[pl.DataFrame, pl.DataFrame], None] | None = None
    spilled: list[pl.DataFrame] = field(default_factory=list)
    declared: pl.DataFrame = field(init=False)
    clock_off: pl.DataFrame = field(init=False)
    stored: Points | None = None
    _ready: Ready = field(init=False)
    sighted: pl.DataFrame = field(default_factory=lambda: table("detections").empty().select(SIGHTED))

    def __post_init__(self) -> None:
        """What the points say of the stations' clocks; nothing more is declared of looks than was loaded."""
        self.declared = self.collections
        self._ready = Ready(self.points)
        off = self.points.filter(pl.col("flags").list.contains("clock_off")).select("report")
        minute = pl.col("t_seen").dt.truncate("1m").alias("minute")
        self.clock_off = self.reports.join(off, on="report", how="semi").select("station", minute).unique()

    def note(self, name: str, rows: pl.DataFrame) -> None:
        """Keep rows for the commit."""
        if len(rows):
            self.history.setdefault(name, []).append(rows)

    def take(self, arrived: Arrived) -> Dirty:
        """Take in what arrived; answers what must be redone."""
        self.now = arrived.now
        self.claims = pl.concat([self.claims, arrived.claims.select(self.claims.columns)])
        self.detections = pl.concat([self.detections, arrived.detections.select(self.detections.columns)])
        self.sighted = pl.concat([self.sighted, arrived.detections.select(SIGHTED)])
        placed = arrived.reports.filter(pl.col("lon_deg").is_not_null() & pl.col("lat_deg").is_not_null())
        placed = placed.select(self.reports.columns)
        self.reports = pl.concat([self.reports, placed])
        self.horizons = heard(self.horizons, arrived.reports)
        moved = pl.concat([self.reports if self.anew else placed, self._check_clocks(placed)])
        since = since_of(moved)
        dirty = Dirty(since, arrived.claims.select("mover").unique())
        dirty.mark("track_points", moved["t_seen"].min())  # type: ignore[arg-type]
        dirty.mark("detections", arrived.detections["t_seen"].min())  # type: ignore[arg-type]
        said = arrived.claims.filter(pl.col("t_known") > self.walked)  # claims come whole at the beginning of a run
        dirty.mark("claims", said["t_seen"].min())  # type: ignore[arg-type]
        dirty.mark("looks", self._declare(arrived.collections))
        for what in ("track_points", "detections", "matches", "claims"):
            dirty.mark(what, self.forced)
        self.forced, self.anew = None, False
        return dirty

    def _declare(self, looks: pl.DataFrame) -> datetime | None:
        """Take in what was declared of looks; answers from when on detections must be matched anew."""
        if not len(looks):
            return None
        self.declared = pl.concat([self.declared, looks.select(self.declared.columns)])
        self.collections, marks = one_each(self.declared, self.marks)
        self.put_marks(marks)
        return changed_since(looks.filter(pl.col("t_known") > self.looked), self.detections)

    def parts(self, arrived: Arrived, dirty: Dirty) -> Iterator[Dirty]:
        """What must be redone, some movers at a time where reports arrive in parts; whole otherwise."""
        if arrived.parts is None:
            yield dirty
            return
        for self.reports, self.points in arrived.parts:
            self.horizons = heard(self.horizons, self.reports)
            some = Dirty(since_of(self.reports), dirty.claimants)
            some.mark("track_points", self.reports["t_seen"].min())  # type: ignore[arg-type]
            yield some
            for what, since in some.since.items():
                dirty.mark(what, since)
        self.reports, self.points = self.reports.clear(), self.points.clear()

    def _check_clocks(self, placed: pl.DataFrame) -> pl.DataFrame:
        """Reports of minutes in which a station's clock is now found to be off, or right after all."""
        self.clock_off, found = clocks_changed(self.clock_off, self.reports, placed)
        partial = self.before.join(found, on="mover", how="semi")["mover"].unique()
        if len(partial):
            raise FurtherBackError(found["t_seen"].min(), partial)  # type: ignore[arg-type]
        return found

    def behind(self, dirty: Dirty) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Reports to segment anew, and the points before them that they continue."""
        reports = self.reports  # of parts all
        if self.spill is None:
            reports = reports.join(dirty.movers, on="mover").filter(pl.col("t_seen") >= pl.col("since")).drop("since")
        before = self.points.join(dirty.movers, on="mover").filter(
            pl.col("t_seen") < pl.col("since"),
            pl.col("t_seen") >= pl.col("since") - timedelta(seconds=CONTEXT_S),
        )
        return reports, before.drop("since")

    def replace_points(self, points: pl.DataFrame, dirty: Dirty) -> None:
        """Put re-segmented points in the place of the old ones."""
        if self.spill is not None:
            return self._spill(points)
        kept = self.points.join(dirty.movers, on="mover", how="left").filter(
            pl.col("since").is_null() | (pl.col("t_seen") < pl.col("since"))
        )
        self.points = pl.concat([kept.drop("since"), points.select(self.points.columns)]).sort(
            "mover", "t_seen", "report"
        )
        self.redone_since = earliest((self.redone_since, dirty.since.get("track_points")))
        return None

    def _spill(self, points: pl.DataFrame) -> None:
        """Let points go to where they are kept; tracks are made of them and of their movers' points before."""
        assert self.spill is not None
        self.spill(points, self.reports)
        self.points = pl.concat([self.points, points.select(self.points.columns)])
        first = points.group_by("mover", "mark").agg(pl.col("t_seen").min())
        self.before = pl.concat([self.before, first.select(self.before.columns)])
        marks = self.points.select("track", "mark").unique().drop_nulls("track").group_by("track")
        self.spilled.append(marks.agg(pl.col("mark").unique().sort().alias("marks")))

    def replace_tracks(self, tracks: pl.DataFrame, dirty: Dirty) -> None:
        """Put the tracks of dirty movers in the place of the old ones.

        A track that now continues another one, or is noise no more, dirties its points from its start.
        """
        noise = (pl.col("quality") == "noise").alias("noise")
        before, after = (f.select("track", "joins", noise) for f in (self.tracks, tracks))
        known = tracks.join(before, on="track", how="semi")
        changed = after.join(before, on=["track", "joins", "noise"], how="anti", nulls_equal=True)
        dirty.mark("track_points", known.join(changed, on="track", how="semi")["t_start"].min())  # type: ignore[arg-type]
        others = self.tracks.join(dirty.movers, on="mover", how="anti")
        self.tracks = pl.concat([others, tracks.select(self.tracks.columns)]).sort("mover", "t_start", "track")
        self.redone_tracks.update(tracks["track"])

    def replace_vessels(self, vessels: pl.DataFrame, dirty: Dirty) -> None:
        """Take the identities of claimants; those whose class, flag, length or mark changed dirty their points."""
        what = ["mover", "class", "flag", "length_m", "marks"]
        others = self.vessels.join(dirty.claimants, on="mover", how="anti")
        after = pl.concat([others, vessels.select(others.columns)]).sort("mover")
        a, b = (f.select(what).with_columns(pl.col("marks").list.join(" ")) for f in (after, self.vessels))
        changed = pl.concat(x.join(y, on=what, how="anti", nulls_equal=True) for x, y in ((a, b), (b, a)))
        for seen in (self.before, self.points):
            dirty.mark("track_points", seen.join(changed, on="mover", how="semi")["t_seen"].min())  # type: ignore[arg-type]
        self.vessels = after

    def claims_of(self, dirty: Dirty) -> pl.DataFrame:
        """All claims of those who claimed anew."""
        return self.claims.join(dirty.claimants, on="mover", how="semi")

    def looks(self, dirty: Dirty) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Detections whose matches may have changed, their collections, and the points around them."""
        moved, late = dirty.since.get("track_points"), [dirty.since.get(n) for n in ("detections", "looks")]
        reach = timedelta(seconds=LOOK_REACH_S)
        if moved is not None:
            moved = moved - reach if moved - EPOCH > reach else EPOCH
        frm = earliest((moved, *late))
        if frm is None:
            return self.detections.clear(), self.collections.clear(), self.points.clear()
        new = pl.col("t_seen") >= frm
        wanted = self.detections.filter(new).select("collection").drop_nulls().unique()
        whole = pl.col("collection").is_in(wanted["collection"].implode()).fill_null(False)
        detections = self.detections.filter(new | whole)  # a look is matched as a whole
        collections = self.collections.join(wanted, on="collection", how="semi")
        return detections, collections, self.ready().near(detections["t_seen"], reach + SWEEP)

    def replace_matches(self, matches: pl.DataFrame, dirty: Dirty) -> None:
        """Put new matches in the place of the old; only those that differ dirty the rules."""
        as_stored = table("matches").conform(self._marked(matches), partial=True)  # rules see no more digits than later
        redone = as_stored.select(self.matches.columns)
        contents = ["detection", "track", "p_none", "p_heard", "p_dark", "looked", "mark"]
        told = pl.col("looked").list.join(" ")
        a, b = (f.select(contents).with_columns(told) for f in (redone, self.matches))
        changed = a.join(b, on=contents, how="anti", nulls_equal=True)
        since = self.detections.join(changed, on="detection", how="semi")["t_seen"].min()
        dirty.mark("matches", since)  # type: ignore[arg-type]
        self.matches = pl.concat([self.matches.join(redone, on="detection", how="anti"), redone]).sort("detection")

    def points_of(self, dirty: Dirty) -> pl.DataFrame:
        """All points of the movers that are redone."""
        return self.points.join(dirty.movers.select("mover"), on="mover", how="semi")

    def redo(self, dirty: Dirty, inputs: Inputs) -> None:
        """Run rules from their last kept points before what is dirty; keep their states; note the versions that follow.

        The last window ends with the last row seen, not with the clock: what is known decides, not when we ask.
        """
        points = self.ready()
        span = points.span() + span_of(self.detections)
        if not span:
            return
        end = max(span) + timedelta(microseconds=1)
        for rules in in_turn(inputs.rules):
            turns = []
            for rule in rules:
                spans = windows(self._restart(rule, dirty, end), end, min(span), points.cuts())
                turns.append(Turn.of(rule, spans, [self.kept.setdefault(k, {}) for k in rule.keys]))
            for frm, to, some in side_by_side(turns):
                for turn in some:
                    turn.take(self.window(turn.rule, frm, to, inputs))
            for turn in turns:
                redone = self._marked(turn.found()).with_columns(source=pl.lit(turn.rule.key[0]))
                self._revise(turn.rule, redone, turn.frm, dirty)

    def ready(self) -> Points:
        """The points as rules read them."""
        if self.stored is not None:
            return self.stored
        if self._ready.given is not self.points:
            self._ready = Ready(self.points)
        return self._ready

    def _restart(self, rule: RuleInForce, dirty: Dirty, end: datetime) -> datetime:
        since = earliest([dirty.since.get(name) for name in rule.module.RULE.inputs])
        if since is not None and since < self.floor:
            raise FurtherBackError(since)
        common = set.intersection(*(set(self.kept.get(k, {})) for k in rule.keys))
        return max(self.floor, restart(since or end, common))

    def window(self, rule: RuleInForce, frm: datetime, to: datetime, inputs: Inputs) -> Window:
        """What a rule may read: each table of its inputs within its reach, and what has no time."""
        timed = {"detections": self.detections, "claims": self.claims}
        still = {
            "tracks": self.tracks,
            "vessels": self.vessels,
            "horizons": self.horizons,
            "zones": inputs.zones,
            "authorisations": inputs.authorisations,
            "lists": inputs.lists,
            "collections": self.collections,
        }
        return read(rule.module.RULE.inputs, frm, to, still, timed, self.matches, self.events, self.ready())

    def _marked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with the meet of their evidence's marks in the place of the list of them."""
        if not len(rows):
            return rows.drop("marks").with_columns(mark=pl.lit(None, pl.String()))
        marks, new = meet_lists(rows["marks"], self.marks)
        self.put_marks(new)
        return rows.drop("marks").with_columns(marks.alias("mark"))

    def _revise(self, rule: RuleInForce, redone: pl.DataFrame, frm: datetime, dirty: Dirty) -> None:
        kind = rule.module.RULE.kind
        mine = self.events.filter(pl.col("kind") == kind, pl.col("profile") == rule.profile)
        if not len(redone) and not len(affected(mine, frm)):
            return
        new = versions(mine, redone, frm, self.now)
        if not len(new):
            return
        self.note("events", new)
        self.events = newest(pl.concat([self.events, new]))
        dirty.mark(f"events:{kind}", new["t_start"].min())  # type: ignore[arg-type]

    def retire(self, inputs: Inputs) -> None:
        """Withdraw the events of rules that are no longer in force, unless this run was of one rule only."""
        if inputs.only is None:
            kinds = [r.module.RULE.kind for r in inputs.rules]
            left = self.events.filter(~pl.col("kind").is_in(kinds), pl.col("state") != "withdrawn")
            gone = left.with_columns(pl.col("version") + 1, state=pl.lit("withdrawn"), t_known=pl.lit(self.now))
            self.note("events", gone)
            self.events = newest(pl.concat([self.events, gone]))

    def heard(self, inputs: Inputs) -> pl.DataFrame:
        """Events that may alert: those of rules on trial stay silent."""
        silent = [r.module.RULE.kind for r in inputs.rules if r.shadow]
        quiet = pl.when(pl.col("kind").is_in(silent)).then(pl.lit("withdrawn")).otherwise("state")
        return self.events.with_columns(state=quiet)

    def members(self, inputs: Inputs) -> pl.DataFrame:
        """What belongs to which vessel (table vessel_links), where a subscription or act names a vessel by its id."""
        named = inputs.subscriptions["vessels"].explode().drop_nulls().to_list()
        named += [o.removeprefix("vessel:") for o in inputs.acts["object"].explode().drop_nulls()]
        if not any(map(is_vessel_id, named)):
            return table("vessel_links").empty()
        seen = pl.concat(f.select("mover", "t_seen", "mark") for f in (self.before, self.points))
        return identify(self.claims, inputs.lists, seen, inputs.acts, self.tracks, self.transponders)[1]

    def put_alerts(self, changed: pl.DataFrame) -> None:
        """Take alert rows that are new or changed."""
        if len(changed):
            self.note("alerts", changed)
            self.alerts = pl.concat([self.alerts.join(changed, on="alert", how="anti"), changed]).sort("alert")

    def put_marks(self, rows: pl.DataFrame) -> None:
        """Take marks that were not known yet (columns of sharing.marks.ROW)."""
        new = rows.join(self.marks, on="mark", how="anti")
        if len(new):
            full = table("marks").conform(new.with_columns(source=pl.lit(SOURCE), t_known=pl.lit(self.now)))
            self.note("marks", full)
            self.marks = pl.concat([self.marks, full])

    def put_release(self, released: Released) -> None:
        """Enter what a partner gets into the ledger, if anything is new to it."""
        partner = released.release.partner
        made = entry(released, self.released[partner], self.seq[partner])
        if made is None:
            return
        stamps = {"source": pl.lit(SOURCE), "t_known": pl.lit(self.now), "mark": pl.lit(OWN)}
        line, rows = (frame.with_columns(**stamps) for frame in made)
        self.note("releases", table("releases").conform(line))
        self.note("released_rows", table("released_rows").conform(rows))
        self.seq[partner] += 1
        self.released[partner] = pl.concat([self.released[partner], table("released_rows").conform(rows)])

    def marked_tracks(self) -> pl.DataFrame:
        """Tracks, each with the meet of its points' marks; those that no step redid keep the mark that they had."""
        redone = pl.col("track").is_in(list(self.redone_tracks))
        marks = self.points.group_by("track").agg(pl.col("mark").unique().sort().alias("marks"))
        marks = pl.concat([marks, *self.spilled])
        new = self._marked(self.tracks.filter(redone).join(marks, on="track"))
        return pl.concat([self.tracks.filter(~redone).join(self.held_marks, on="track"), new]).sort("track")

    def identities(self, inputs: Inputs) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Vessels and links, marked."""
        seen = pl.concat(f.select("mover", "t_seen", "mark") for f in (self.before, self.points))
        vessels, links = identify(self.claims, inputs.lists, seen, inputs.acts, self.tracks, self.transponders)
        return self._marked(vessels), self._marked(links)
