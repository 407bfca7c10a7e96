"""Parameters by area: an event is judged with those of the first area that holds the place where it began."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import shapely
from click.testing import CliRunner

import makara
from makara.base.errors import SettingsError
from makara.behaviours import find, names, rule
from makara.behaviours._cases import sea
from makara.cli.main import cli
from makara.inputs import AreaInForce, RuleInForce
from makara.replay import CONTENTS

SHORT, BASE = 1800, 5400
ELSEWHERE = "MAKARA_RULES__GAP__PARAMETERS__DURATION_MIN_S"
KEYS = ["event", "kind", "scope", "t_start", *CONTENTS]


def gaps(**parameters: float) -> pl.DataFrame:
    """Silences of three hours at four places around 180 degrees, found with some parameters."""
    places = [(178.0, -17.0), (179.9, -17.0), (-179.9, -17.0), (-178.0, -17.0)]
    points = pl.concat(
        sea.vessel(mover=412000001 + k, at=at).sail(2, 0, 1).dark(3, 0, 1).sail(2, 0, 1).points()
        for k, at in enumerate(places)
    )
    return find("gap", points, **parameters)


def area(zone: str, at: tuple[float, float], half_deg: float, **parameters: float) -> AreaInForce:
    zones = sea.square(zone, "eez", at, half_deg)
    return AreaInForce(zones, rule("gap").RULE.resolve("makara", **parameters))


def judged(*areas: AreaInForce, **parameters: float) -> dict[int, str]:
    """Which vessel's silence was judged with which parameters (their hash)."""
    module = rule("gap")
    r = RuleInForce(module, module.RULE.resolve("makara", **parameters), areas=areas)
    found = r.judged([gaps(**p.values) for p in r.sets])
    assert found["event"].is_sorted()
    return {m[0]: h for m, h in found.select("mmsi", "parameters").iter_rows()}


def test_an_area_holds_events_on_both_sides_of_180() -> None:
    assert judged() == {}, "three hours are too short"
    short = area("zo-1", (180.0, -17.0), 0.5, duration_min_s=7200)
    inside = judged(short)
    assert inside == {412000002: short.parameters.hash, 412000003: short.parameters.hash}
    strict = area("zo-1", (180.0, -17.0), 0.5, duration_min_s=14400)
    assert set(judged(strict, duration_min_s=7200)) == {412000001, 412000004}


def test_of_several_areas_the_first_counts() -> None:
    small = area("zo-1", (179.9, -17.0), 0.15, duration_min_s=14400)
    large = area("zo-2", (180.0, -17.0), 5.0, duration_min_s=7200)
    assert set(judged(small, large)) == {412000001, 412000003, 412000004}
    assert set(judged(large, small)) == {412000001, 412000002, 412000003, 412000004}


def test_the_rule_runs_once_with_each_set_of_parameters() -> None:
    one, two = (area(f"zo-{k}", (179.9, -17.0), 0.1, duration_min_s=7200) for k in range(2))
    module = rule("gap")
    base = module.RULE.resolve("makara")
    r = RuleInForce(module, base, areas=(one, two, area("zo-3", (0.0, 0.0), 1.0)))
    assert [p.hash for p in r.sets] == [base.hash, one.parameters.hash]
    assert [k[2] for k in r.keys] == [base.hash, one.parameters.hash] and r.keys[0] == r.key


def test_a_zone_counts_while_it_is_in_force() -> None:
    short = area("zo-1", (180.0, -17.0), 0.5, duration_min_s=7200)
    late = short.zones.with_columns(pl.lit(datetime.fromisoformat("2026-01-01T00:00:00+00:00")).alias("from"))
    assert judged(AreaInForce(late.with_columns(to=pl.lit(None, pl.Datetime("us", "UTC"))), short.parameters)) == {}


def contents(session: makara.Session) -> list[dict[str, object]]:
    events = session.events(kind="gap").filter(pl.col("state") != "withdrawn")
    return events.select(KEYS).sort("event").to_dicts()


def with_area(at: Path, zone: str) -> makara.Session:
    toml = at / "makara.toml"
    text = f'\n[[rules.gap.areas]]\nzones = ["{zone}"]\nparameters = {{ duration_min_s = {SHORT} }}\n'
    toml.write_text(toml.read_text() + text)
    return makara.open(at, create=False)


@pytest.fixture
def zone(walked: makara.Session) -> str:
    """A zone in which short silences begin."""
    polygons = [
        z
        for z, g in walked.view("zones").select("zone", "geometry").iter_rows()
        if shapely.from_wkb(g).geom_type in ("Polygon", "MultiPolygon")
    ]
    short = walked.backtest("gap", {"duration_min_s": SHORT}).tried[0].events
    few = short.explode("zones").filter(pl.col("zones").is_in(polygons))["zones"].value_counts().sort("count", "zones")
    return str(few["zones"][-1])


def test_a_lake_judges_by_area_revises_and_goes_back(
    walked: makara.Session, zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(walked.lake.path, tmp_path / "lake")
    base, short = (walked.backtest("gap", {"duration_min_s": v}).tried[0].events for v in (BASE, SHORT))
    monkeypatch.setenv(ELSEWHERE, str(BASE))
    session = makara.open(tmp_path / "lake", create=False)
    session.run()
    before, plain = contents(session), (tmp_path / "lake" / "makara.toml").read_text()
    session = with_area(tmp_path / "lake", zone)
    session.run()
    after = contents(session)
    there = pl.col("zones").list.contains(zone)
    want = {*base.filter(~there)["event"], *short.filter(there)["event"]}
    hashes = {e["event"]: e["parameters"] for e in after}
    assert set(hashes) == want
    assert len(want) > len(before) > 0 and len(set(hashes.values())) == 2
    assert {h for e, h in hashes.items() if e in set(short.filter(there)["event"])} == {short["parameters"][0]}
    versions = len(session.lake.read("events"))
    session.run(frm=session.reports()["t_seen"].min())  # type: ignore[arg-type]
    assert contents(session) == after and len(session.lake.read("events")) == versions
    (tmp_path / "lake" / "makara.toml").write_text(plain)
    session = makara.open(tmp_path / "lake", create=False)
    session.run()
    assert contents(session) == before
    gone = session.events(kind="gap").filter(pl.col("state") == "withdrawn")
    assert set(gone["event"]) >= want - {e["event"] for e in before}, "withdrawn, not forgotten"


def test_runs_in_between_change_nothing(
    walked: makara.Session, zone: str, sea_case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lake that is walked in parts judges as one that is walked at once."""
    monkeypatch.setenv(ELSEWHERE, str(BASE))
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    for kind in set(names()) - {"gap"}:
        monkeypatch.setenv(f"MAKARA_RULES__{kind}__ENABLED", "false")
    found = []
    for parts in (1, 3):
        makara.open(tmp_path / str(parts))
        session = with_area(tmp_path / str(parts), zone)
        session.ingest("case", sea_case)
        known = session.reports()["t_known"]
        first, last = known.min(), known.max()
        for k in range(1, parts):
            session.run(to=first + (last - first) * k / parts)  # type: ignore[operator]
            session = makara.open(tmp_path / str(parts), create=False)
        session.run()
        found.append([{k: v for k, v in e.items() if k != "mark"} for e in contents(session)])
    assert found[0] == found[1] and len({e["parameters"] for e in found[0]}) == 2


def test_rules_tells_what_is_in_force_where(walked: makara.Session, zone: str, tmp_path: Path) -> None:
    shutil.copytree(walked.lake.path, tmp_path / "lake")
    session = with_area(tmp_path / "lake", zone)
    name = session.view("zones").filter(pl.col("zone") == zone)["name"][0]
    told = next(r for r in session.rules() if r["kind"] == "gap")
    assert told["areas"][0]["zones"] == [name] and told["areas"][0]["parameters"]["duration_min_s"] == SHORT
    shown = CliRunner().invoke(cli, ["rules", "--lake", str(tmp_path / "lake")], catch_exceptions=False).stdout
    assert f"in {name}: duration_min_s = {SHORT}" in shown
    toml = tmp_path / "lake" / "makara.toml"
    toml.write_text(toml.read_text().replace(f"duration_min_s = {SHORT}", "hours = 2"))
    with pytest.raises(SettingsError, match="hours"):
        makara.open(tmp_path / "lake", create=False).run()
    toml.write_text(toml.read_text().replace("{ hours = 2 }", "{}"))
    with pytest.raises(SettingsError, match=r"areas\.0\.parameters"):
        makara.open(tmp_path / "lake", create=False)
