"""Alerts on a lake: suppressed and lifted by acts, tried in the shadow, told apart by area, as people see them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import makara
from makara.base.errors import NotFoundError, UsageError
from makara.cli.main import cli
from makara.session import alerting
from makara.session.inputs import load_inputs
from makara.session.run import _doors


@pytest.fixture
def own(walked: makara.Session, tmp_path: Path) -> makara.Session:
    """A copy of the walked lake, to be changed."""
    shutil.copytree(walked.lake.path, tmp_path / "lake")
    return makara.open(tmp_path / "lake", create=False)


def standing(session: makara.Session) -> pl.DataFrame:
    return session.alerts().filter(pl.col("state") != "withdrawn")


def silent(session: makara.Session) -> set[str]:
    return set(standing(session).filter(pl.col("suppressed_by").is_not_null())["alert"])


def test_suppressed_alerts_stand_with_their_reason_until_it_is_lifted(own: makara.Session) -> None:
    before = standing(own)
    one = before["alert"][0]
    until = datetime.now(UTC) + timedelta(days=1)
    act = own.suppress(one, why="known survey", until=until, who="bob")
    assert silent(own) == {one} and len(standing(own)) == len(before)
    assert "known survey (bob until" in own.alert(one)["suppressed_by"]
    logged = own.suppressions()
    assert logged.select("act", "who", "why", "until", "counts").rows() == [(act, "bob", "known survey", until, True)]
    own.lift(act, why="survey over", who="ann")
    assert silent(own) == set()
    assert own.suppressions().select("verb", "counts").rows() == [("lift", False), ("suppress", False)]
    with pytest.raises(UsageError, match="lifted"):
        own.lift(act, why="again")
    assert own.acts().is_empty(), "acts on vessels are another log"


def test_acts_name_vessel_zone_and_rule_and_what_is_wrong_is_told(own: makara.Session) -> None:
    events = own.events().join(standing(own), on="event", how="semi")
    entry = events.filter(pl.col("kind") == "zone_entry").row(0, named=True)
    name = own.view("zones").filter(pl.col("zone") == entry["scope"])["name"][0]
    own.suppress(vessel=str(entry["mmsi"][0]), zone=name, rule="zone_entry", why="licensed")
    hit = pl.col("mmsi").list.contains(entry["mmsi"][0]) & pl.col("zones").list.contains(entry["scope"])
    want = events.filter(hit, pl.col("kind") == "zone_entry").join(standing(own), on="event")["alert"]
    assert silent(own) == set(want) != set()
    vessel = own.vessel(str(entry["mmsi"][0]))["vessels"]["vessel"][0]
    own.suppress(vessel=vessel, why="by its id")
    mine = events.filter(pl.col("mmsi").list.contains(entry["mmsi"][0])).join(standing(own), on="event")["alert"]
    assert silent(own) == set(mine) | set(want)
    for wrong, error, match in (
        ({"alert": "alnone", "why": "x"}, NotFoundError, "alnone"),
        ({"zone": "nowhere", "why": "x"}, NotFoundError, "nowhere"),
        ({"rule": "gapp", "why": "x"}, NotFoundError, "gapp"),
        ({"vessel": "nobody", "why": "x"}, NotFoundError, "nobody"),
        ({"why": "x"}, UsageError, "nothing"),
        ({"rule": "gap"}, UsageError, "reason"),
        ({"rule": "gap", "why": "x", "until": datetime(2020, 1, 1, tzinfo=UTC)}, UsageError, "over"),
    ):
        with pytest.raises(error, match=match):
            own.suppress(**wrong)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="acnone"):
        own.lift("acnone")


def test_an_act_that_is_over_gives_its_alerts_back_with_the_next_run(own: makara.Session) -> None:
    one = standing(own)["alert"][0]
    was = datetime.now(UTC) - timedelta(days=2)
    given = {"vessel": None, "zone": None, "kind": None, "who": "bob", "why": "survey"}
    alerting.suppress(own.lake, alert=one, **given, until=was + timedelta(hours=1), now=was)  # type: ignore[arg-type]
    own.run()
    assert silent(own) == set()
    later = datetime.now(UTC) + timedelta(days=1)
    own.suppress(one, why="a day", until=later)
    assert silent(own) == {one}
    inputs = load_inputs(own.lake, own.settings)
    before, after = (_doors(inputs, later + timedelta(seconds=s)) for s in (-1, 1))
    assert before == json.loads(own.lake.state("runs").sort("t_known")["rows"][-1])["doors"] != after, (
        "the first run after its end decides anew"
    )


def test_a_rule_on_trial_keeps_its_events_and_alerts_nobody(
    own: makara.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    events, alerts = own.events(kind="zone_entry"), standing(own)
    mine = alerts.join(events, on="event", how="semi")
    assert len(mine)
    would = own.backtest("zone_entry").summary()
    monkeypatch.setenv("MAKARA_RULES__ZONE_ENTRY__SHADOW", "true")
    own = makara.open(own.lake.path, create=False)
    own.run()
    assert own.events(kind="zone_entry").to_dicts() == events.to_dicts()
    assert set(standing(own)["alert"]) == set(alerts["alert"]) - set(mine["alert"])
    assert own.backtest("zone_entry").summary() == would
    monkeypatch.delenv("MAKARA_RULES__ZONE_ENTRY__SHADOW")
    own = makara.open(own.lake.path, create=False)
    own.run()
    assert set(standing(own)["alert"]) == set(alerts["alert"])


def test_a_subscription_by_vessel_id_follows_the_vessel(own: makara.Session) -> None:
    event = (
        own.events()
        .join(standing(own), on="event", how="semi")
        .filter(pl.col("mmsi").list.len() > 0)
        .row(0, named=True)
    )
    vessel = own.vessel(str(event["mmsi"][0]))["vessels"]["vessel"][0]
    toml = own.lake.path / "makara.toml"
    toml.write_text(toml.read_text() + f'\n[subscriptions.hers]\nvessels = ["{vessel}"]\nseverity_min = 0\n')
    own = makara.open(own.lake.path, create=False)
    own.run()
    hers = standing(own).filter(pl.col("subscription") == "hers")
    took_part = own.events().filter(pl.col("mmsi").list.contains(event["mmsi"][0]), pl.col("state") != "withdrawn")
    assert set(hers["event"]) == set(took_part["event"])


def test_the_commands_tell_raised_listed_and_suppressed_apart(own: makara.Session) -> None:
    def run(*args: str) -> str:
        done = CliRunner().invoke(cli, [*args], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    path = str(own.lake.path)
    toml = own.lake.path / "makara.toml"
    toml.write_text(toml.read_text().replace("budget = 20", "budget = 1"))
    one = standing(own)["alert"][0]
    act = run("alert", "suppress", path, one, "--reason", "known survey", "--as", "bob").strip()
    shown = run("alerts", path)
    raised, _, rest = shown.partition("listed: beyond the budget of their watch")
    beyond, _, quiet = rest.partition("suppressed\n")
    rows = standing(makara.open(path, create=False))
    for row in rows.iter_rows(named=True):
        where = quiet if row["suppressed_by"] else beyond if row["listed"] else raised
        assert row["alert"] in where
    assert rows["listed"].any() and one in quiet and "known survey" in " ".join(quiet.split())
    assert act in run("alert", "acts", path)
    told = run("alert", "show", path, one)
    assert "suppressed by" in told and "looks the same" in told and "would change our mind" in told
    assert json.loads(run("alert", "show", path, one, "--format", "json"))["suppressed_by"].startswith(act)
    run("alert", "lift", path, act, "--reason", "over")
    assert json.loads(run("alert", "acts", path, "--format", "json"))[0]["verb"] == "lift"


def test_the_report_says_how_alerts_fall_on_vessels(walked: makara.Session) -> None:
    found = walked.fairness()
    alerts = standing(walked).join(walked.events(), on="event", how="inner")
    days = walked.track_points().select("mover", pl.col("t_seen").dt.date()).unique()
    vessels = walked.view("vessels").filter(~pl.col("class").is_in(["aid", "base", "aircraft", "sart", "gear"]))
    links = walked.view("vessel_links").join(vessels, on="vessel", how="semi")
    ships = days.filter(pl.format("mv{}", "mover").is_in(links["member"].to_list()))
    for by in ("flag", "class", "length", "size"):
        part = found.filter(pl.col("rule") == "*", pl.col("by") == by)
        assert part["vessel_days"].sum() == len(ships)
    kinds = {r for r in found["rule"] if r != "*"}
    assert kinds == set(alerts["kind"])
    bare = alerts.filter(~pl.col("participants").list.eval(pl.element().str.starts_with("mv")).list.any())
    assert found.filter(pl.col("rule") == "*", pl.col("group") == "no vessel known")["alerts"].sum() == len(bare)
    shown = CliRunner().invoke(cli, ["rules", "report", str(walked.lake.path)], catch_exceptions=False).stdout
    small = "small or artisanal craft"
    assert "all other vessels" in shown
    assert (small in shown) == ("look twice" in shown) == (small in found["group"].to_list())
