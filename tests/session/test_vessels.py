"""Vessels through the session: merged, split, undone, looked up, searched; what was known then stays answerable."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import makara
from makara.base.errors import NotFoundError, UsageError
from makara.cli import main
from makara.sharing.marks import ROW, Mark, key, row
from makara.tables import table

SAMPLES = Path(__file__).resolve().parents[1] / "sources" / "samples"
T0 = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C = 563000001, 351000001, 525000003
SETTINGS = """
[partners.FJI]
name = "Fiji"
tier = "foreign"

[[policies]]
policy = "fiji"
partner = "FJI"
effect = "allow"
tables = ["events", "vessels", "vessel_links", "track_points"]
kinds = ["*"]
zones = ["*"]
buffer_m = 0
columns = ["*"]
delay_s = 0
coarsen = {}
purposes = ["operations"]
"""
OPEN = Mark(originators=("self",), tlp="clear", release_to=("FJI",), purposes=("*",))
STAMPS = {"source": "nmea", "t_known": T0, "mark": key(OPEN)}


def stamped(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    base = dict.fromkeys(table(name).schema) | STAMPS
    return table(name).conform(pl.DataFrame([base | r for r in rows], schema=table(name).schema))


def spell(mover: int, day: int, **said: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Claims and reports of a mover over two days."""
    at = [T0 + timedelta(days=day, hours=k) for k in range(0, 48, 4)]
    who = {"mover": mover, "mmsi": mover, "receiver": "terrestrial"}
    claims = [
        who | {"claim": mover * 1000 + day * 48 + k, "t_seen": t, "msg_type": 5, **said} for k, t in enumerate(at)
    ]
    place = {"transponder": "class_a", "own": False, "flags": [], "lon_deg": 178.0, "lat_deg": -17.0, "sog_kn": 0.0}
    reports = [who | place | {"report": mover * 1000 + day * 48 + k, "t_seen": t} for k, t in enumerate(at)]
    return claims, reports


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> makara.Session:
    """Three ships, walked: GREY HERON, the same re-flagged without its IMO number, and another."""
    monkeypatch.setenv("MAKARA_RUN__STEP_S", "86400")
    from makara.session.settings import default_settings

    out = makara.open(tmp_path / "lake", settings=default_settings() + SETTINGS)
    parts = [
        spell(A, 0, imo=9074729, name="GREY HERON", callsign="9VAB1", length_m=180.0),
        spell(B, 4, name="WHITE BIRD", callsign="HOXY2", length_m=180.0),
        spell(C, 0, name="SEA OTTER", callsign="YBXY3", length_m=60.0),
    ]
    with out.lake.write() as commit:
        commit.put(
            "marks", pl.DataFrame([row(OPEN)], schema=ROW).with_columns(**{k: pl.lit(v) for k, v in STAMPS.items()})
        )
        commit.append("claims", stamped("claims", [c for p in parts for c in p[0]]))
        commit.append("reports", stamped("reports", [r for p in parts for r in p[1]]))
    out.run()
    return out


def names(session: makara.Session) -> list[str]:
    return sorted(session.view("vessels")["name"].to_list())


def test_merge_and_undo_are_acts_with_who_when_and_why(session: makara.Session) -> None:
    before = session.view("vessels").drop("t_known")
    old = session.vessel("GREY HERON")["vessels"]["vessel"][0]
    gone = session.vessel(str(B))["vessels"]["vessel"][0]
    known = datetime.now(UTC)
    merged = session.merge("GREY HERON", str(B), why="photographs", who="watch 3")
    one = session.vessel(str(B))
    assert one["vessels"].select("vessel", "name", "mmsi", "imo").rows() == [(old, "WHITE BIRD", B, 9074729)]
    assert session.vessel(gone)["vessels"]["vessel"].to_list() == [old], "an id that was taken up leads on"
    assert set(one["track_points"]["mover"]) == {A, B}
    assert names(session) == ["SEA OTTER", "WHITE BIRD"]
    assert session.acts().select("act", "who", "verb", "why", "counts").rows() == [
        (merged, "watch 3", "merge", "photographs", True)
    ]
    then = session.view("vessels", as_known_at=known)
    assert sorted(then["name"]) == ["GREY HERON", "SEA OTTER", "WHITE BIRD"], "what was known then stays answerable"
    undone = session.undo(merged, why="another ship after all", who="watch 4")
    assert session.view("vessels").drop("t_known").sort("vessel").equals(before.sort("vessel"))
    assert session.acts()["counts"].to_list() == [True, False]
    session.undo(undone, why="it was", who="watch 5")
    assert names(session) == ["SEA OTTER", "WHITE BIRD"]
    assert session.run()["steps"] == 0, "the walk has made of it all that follows"


def test_an_act_holds_over_new_input_and_a_partner_sees_what_it_made(session: makara.Session) -> None:
    session.merge("GREY HERON", "WHITE BIRD", why="x")
    assert session.acts()["who"][0], "the user of this process"
    more = spell(B, 8, name="BLACK BIRD", callsign="HOXY2", length_m=180.0)
    with session.lake.write() as commit:
        commit.append("claims", stamped("claims", more[0]))
        commit.append("reports", stamped("reports", more[1]))
    session.run()
    assert names(session) == ["BLACK BIRD", "SEA OTTER"]
    assert session.search("BLACK BRID", partner="FJI")["name"].to_list() == ["BLACK BIRD"]
    assert len(session.search("GREY HERON", partner="FJI")) == 0, "former names are the owner's"


def test_split_takes_a_member_out_again(session: makara.Session) -> None:
    session.merge("GREY HERON", "WHITE BIRD", why="x")
    session.split("WHITE BIRD", str(B), why="y")
    assert names(session) == ["GREY HERON", "SEA OTTER", "WHITE BIRD"]


def test_acts_that_cannot_be_are_refused(session: makara.Session) -> None:
    with pytest.raises(NotFoundError, match="no vessel 'NOBODY'"):
        session.merge("GREY HERON", "NOBODY", why="x")
    with pytest.raises(UsageError, match="one vessel already"):
        session.merge("GREY HERON", str(A), why="x")
    with pytest.raises(UsageError, match="no other member"):
        session.split("GREY HERON", str(A), why="x")
    with pytest.raises(NotFoundError, match="its members are"):
        session.split("GREY HERON", str(C), why="x")
    with pytest.raises(NotFoundError, match="no act"):
        session.undo("acnothing", why="x")
    act = session.merge("GREY HERON", "WHITE BIRD", why="x")
    session.undo(act, why="y")
    with pytest.raises(UsageError, match="undone already"):
        session.undo(act, why="z")


def test_history_lists_and_search_through_the_doors(session: makara.Session) -> None:
    session.merge("GREY HERON", "WHITE BIRD", why="x")
    told = session.history("WHITE BIRD").filter(pl.col("what") == "flag")
    assert told.select("value", "to").rows() == [("SGP", T0 + timedelta(hours=44)), ("PAN", None)]
    name = session.history(str(B)).filter(pl.col("value") == "GREY HERON").to_dicts()[0]
    assert name["evidence"] == [f"claims:{A}:2026-03-01T00:00:00Z/2026-03-02T20:00:00Z"]
    taken = session.ingest("ofac", SAMPLES / "sdn_2026-01-31.csv")
    assert taken["tables"]["lists"] == 3
    session.run()
    found = session.search("GRAY HERON")
    assert found["list"].to_list()[:2] == ["ofac_sdn", None]
    assert found["as_of"][0] == datetime(2026, 1, 31, tzinfo=UTC)
    from makara.session.vessels import listed

    on = listed(session.vessel("WHITE BIRD")["vessels"]).to_dicts()
    assert [(e["list"], e["how"], e["as_of"]) for e in on][:1] == [
        ("ofac_sdn", "imo", datetime(2026, 1, 31, tzinfo=UTC))
    ]


def test_the_command_line_does_the_same(session: makara.Session, capsys: pytest.CaptureFixture[str]) -> None:
    lake = session.lake.path

    def tell(*words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as done:
            main(["vessel", *words])
        out, err = capsys.readouterr()
        assert done.value.code == code, err
        return out if code == 0 else err

    act = tell("merge", str(lake), "GREY HERON", "WHITE BIRD", "--why", "photographs", "--as", "watch 3").strip()
    shown = tell(str(lake), "WHITE BIRD")
    assert all(text in shown for text in ("GREY HERON", "SGP", "PAN", "operator", f"mv{A}"))
    assert json.loads(tell("show", str(lake), str(A), "--format", "json"))[0]["name"] == "WHITE BIRD"
    assert json.loads(tell("show", str(lake), "grey heron", "--format", "json"))[0]["name"] == "WHITE BIRD"
    assert "no vessel 'SGP'" in tell("show", str(lake), "SGP", code=2)
    assert "watch 3" in tell("acts", str(lake))
    found = json.loads(tell("search", str(lake), "GREY HERN", "--format", "json"))
    assert (found[0]["name"], found[0]["value"]) == ("WHITE BIRD", "GREY HERON")
    assert "Missing option '--why'" in tell("undo", str(lake), act, code=2)
    tell("undo", str(lake), act, "--why", "no")
    assert json.loads(tell("acts", str(lake), "--format", "json"))[1]["counts"] is False
