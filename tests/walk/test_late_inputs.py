"""Law 1 where inputs change or come late: settings, looks, claims; and what was shown stays as it was shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

import makara
from makara import walk as steps
from makara.behaviours import names
from makara.cli.demo import _settings
from makara.replay import CONTENTS

BIG = ("reports", "claims", "collections", "detections")
STATE = ("zones", "lists", "authorisations")
KEYS = ["event", "kind", "profile", "scope", "t_start", *CONTENTS]
Rows = dict[str, pl.DataFrame]


def give(to: makara.Session, marks: pl.DataFrame, rows: Rows) -> None:
    """Rows as an ingest would leave them."""
    with to.lake.write() as commit:
        commit.put("marks", marks)
        for name, frame in rows.items():
            (commit.append if name in BIG else commit.put)(name, frame)


def picture(session: makara.Session) -> Rows:
    """What stands, without its history."""
    out = {"events": session.events().filter(pl.col("state") != "withdrawn").select(KEYS).sort("event")}
    for name, key in (("tracks", "track"), ("matches", "detection"), ("track_points", "report"), ("vessels", "vessel")):
        out[name] = session.view(name).drop("t_known", "source").sort(key)
    return out


def same(a: Rows, b: Rows) -> None:
    for name, rows in a.items():
        assert rows.to_dicts() == b[name].to_dicts(), name


@pytest.fixture(scope="module")
def taken(sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    """The sea, taken in and not walked."""
    session = makara.open(tmp_path_factory.mktemp("late") / "lake")
    session.ingest("case", sea_case)
    return session


@pytest.fixture(scope="module")
def rows(taken: makara.Session) -> Rows:
    return {n: taken.lake.read(n) for n in BIG} | {n: taken.lake.state(n) for n in STATE}


@pytest.fixture(scope="module")
def marks(taken: makara.Session) -> pl.DataFrame:
    return taken.lake.history("marks")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step a run."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")


@pytest.fixture(scope="module")
def once(rows: Rows, marks: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The picture after one walk over everything."""
    with pytest.MonkeyPatch.context() as m:
        m.setenv("MAKARA_RUN__STEP_S", "86400")
        session = makara.open(tmp_path_factory.mktemp("once") / "lake")
    give(session, marks, rows)
    session.run()
    return picture(session)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("late", [("claims",), ("collections",), ("lists", "authorisations"), ("detections",)])
def test_a_table_that_comes_last_changes_nothing_in_the_end(
    late: tuple[str, ...], rows: Rows, marks: pl.DataFrame, once: Rows, tmp_path: Path
) -> None:
    session = makara.open(tmp_path / "lake")
    give(session, marks, {n: f for n, f in rows.items() if n not in late})
    session.run()
    give(session, marks, {n: f for n, f in rows.items() if n in late})
    session.run()
    same(once, picture(session))


@pytest.mark.usefixtures("quick")
def test_what_came_in_behind_the_walk_rewrites_no_history(rows: Rows, marks: pl.DataFrame, tmp_path: Path) -> None:
    """Old reports taken in late are known after the walk, whatever t_known they bring."""
    odd = pl.col("mover") % 2 == 1
    session = makara.open(tmp_path / "lake")
    give(session, marks, rows | {"reports": rows["reports"].filter(~odd)})
    session.run()
    walked: datetime = session.lake.state("runs")["t_to"].max()  # type: ignore[assignment]
    shown = {t: session.view(t, as_known_at=walked).to_dicts() for t in ("events", "alerts")}
    give(session, marks, {"reports": rows["reports"].filter(odd)})
    session.run()
    assert len(session.events()) > len(shown["events"])
    for name, before in shown.items():
        assert session.view(name, as_known_at=walked).to_dicts() == before, name


@pytest.mark.usefixtures("quick")
def test_settings_are_inputs(
    rows: Rows, marks: pl.DataFrame, once: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule switched off withdraws its events, one on trial its alerts, a new parameter replays; and back again."""
    session = makara.open(tmp_path / "lake")
    give(session, marks, rows)
    session.run()
    alerted = session.alerts().filter(pl.col("state") != "withdrawn")["alert"].sort()
    assert len(alerted)
    with monkeypatch.context() as m:
        m.setenv("MAKARA_RULES__zone_entry__ENABLED", "false")
        off = makara.open(tmp_path / "lake")
        assert "zone_entry" not in off.run()["events"]
        off.run(rule="zone_entry")
        assert "zone_entry" not in off.run()["events"]
    with monkeypatch.context() as m:
        m.setenv("MAKARA_RULES__loitering__PARAMETERS__DURATION_MIN_S", "7200")
        makara.open(tmp_path / "lake").run()
    with monkeypatch.context() as m:
        for kind in names():
            m.setenv(f"MAKARA_RULES__{kind}__SHADOW", "true")
        trial = makara.open(tmp_path / "lake")
        trial.run()
        assert not len(trial.alerts().filter(pl.col("state") != "withdrawn"))
    makara.open(tmp_path / "lake").run(rule="gap")
    again = makara.open(tmp_path / "lake")
    again.run()
    same(once, picture(again))
    assert again.alerts().filter(pl.col("state") != "withdrawn")["alert"].sort().equals(alerted)


@pytest.mark.usefixtures("quick")
def test_a_run_that_fails_leaves_everything_and_the_next_one_ends_alike(
    rows: Rows, marks: pl.DataFrame, once: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = makara.open(tmp_path / "lake")
    give(session, marks, rows | {"detections": rows["detections"].clear()})
    session.run()
    give(session, marks, {"detections": rows["detections"]})
    before = session.snapshot_id()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as m:
        m.setattr(steps, "decide", fail)
        with pytest.raises(RuntimeError):
            session.run()
    assert makara.open(tmp_path / "lake").snapshot_id() == before
    makara.open(tmp_path / "lake").run()
    same(once, picture(session))


@pytest.mark.usefixtures("quick")
def test_the_walk_and_a_handover_recall_nothing_of_each_other(rows: Rows, sea_case: Path, tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake", settings=_settings())
    session.ingest("case", sea_case)
    session.run()
    session.hand_over("FJI")
    session.run(frm=rows["reports"]["t_seen"].min())  # type: ignore[arg-type]
    session.hand_over("FJI")
    sent = session.lake.history("released_rows")
    assert len(sent.filter(pl.col("table") == "events"))
    assert sent.filter(pl.col("state") != "sent").is_empty()
    own = ("runs", "horizons", "carried")
    assert not set(own) & set(sent["table"])
    assert not set(own) & set(session.release("FJI").tables)
