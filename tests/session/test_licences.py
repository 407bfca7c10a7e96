"""Licences of products: demanded, read from template, file or option, and what partners of each tier get and when."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import makara
from makara.base.errors import SettingsError, UsageError
from makara.cli.write import ingest as command
from makara.lake import ABOUT, TEMPLATES
from makara.session.share import gate
from makara.sharing.marks import by_id

T = datetime(2026, 3, 1, 10, 20, tzinfo=UTC)
PARTNERS = """
[partners.FJI]
name = "Fiji"
tier = "foreign"

[partners.NAVY]
name = "Own navy"
tier = "domestic"

[[policies]]
policy = "all"
partner = "*"
effect = "allow"
tables = ["detections", "collections"]

[licences.late]
permits = ["*"]
provider = "Slow Radar"
tiers = { raw = "own", chip = "own", detection = "foreign" }
embargo_s = 86400
expires_s = 864000
"""
Made = Callable[..., makara.Session]


@pytest.fixture
def lake(tmp_path: Path) -> Made:
    def made(more: str = "", *, licences: str = '["own"]') -> makara.Session:
        where = tmp_path / "lake"
        makara.open(where)
        toml = where / "makara.toml"
        text = toml.read_text().replace("release_to = []", 'release_to = ["*"]').replace("amber+strict", "green")
        toml.write_text(text.replace('licences = ["own"]', f"licences = {licences}") + PARTNERS + more)
        return makara.open(where)

    return made


def looks(path: Path, **properties: str | None) -> Path:
    told = {"collection": "L1", "sensor": "sar", "t_start": "2026-03-01T10:19:30Z", "t_end": "2026-03-01T10:20:00Z"}
    ring = [[178, -18], [179, -18], [179, -17], [178, -17], [178, -18]]
    feature = {
        "type": "Feature",
        "properties": {**told, **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def found(path: Path, look: str = "L1", sensor: str = "sar") -> Path:
    path.write_text(
        f"detection,collection,sensor,t_seen,lon,lat,length_m\nd1,{look},{sensor},2026-03-01T10:19:40Z,178.5,-17.5,80\n"
    )
    return path


def given(session: makara.Session, partner: str, now: datetime) -> set[str]:
    view = {n: session.view(n) for n in ("collections", "detections")}
    out = gate(session.lake, session.settings, view, partner, "operations", now).release
    return {n for n in view if len(out[n])}


def licences_of(session: makara.Session, table: str) -> set[str]:
    marks = by_id(session.lake.state("marks"))
    return {x for m in session.view(table)["mark"].to_list() for x in marks[m].licences}


def test_products_of_satellites_without_a_licence_are_refused_with_the_list(lake: Made, tmp_path: Path) -> None:
    session = lake()
    for source, file in (
        ("collections", looks(tmp_path / "l.geojson")),
        ("detections", found(tmp_path / "d.csv", look="")),
    ):
        with pytest.raises(UsageError, match=r"come under no licence.*nothing was taken in") as e:
            session.ingest(source, file)
        assert all(name in str(e.value) for name in TEMPLATES) and "late" in str(e.value)
        assert session.lake.snapshot() is None, "nothing half written"
    with pytest.raises(UsageError, match="no licence 'mine'; there are: own"):
        session.ingest("collections", looks(tmp_path / "l.geojson"), licence="mine")
    assert set(ABOUT) == set(TEMPLATES)


def test_what_own_sensors_see_needs_none(lake: Made, tmp_path: Path) -> None:
    session = lake()
    taken = session.ingest("detections", found(tmp_path / "d.csv", look="", sensor="radar"))
    assert taken["tables"]["detections"] == 1


@pytest.mark.parametrize("how", ["option", "file", "provider", "feed"])
def test_a_licence_comes_from_template_file_option_or_feed(how: str, lake: Made, tmp_path: Path) -> None:
    session = lake(licences='["late"]' if how == "feed" else '["own"]')
    told = {"file": {"licence": "late"}, "provider": {"provider": "Slow Radar"}}.get(how, {})
    option = {"licence": "late"} if how == "option" else {}
    of = {"provider": "Slow Radar"} if how == "provider" else {}
    assert not session.ingest("collections", looks(tmp_path / "l.geojson", **told), **option)["warnings"]
    session.ingest("detections", found(tmp_path / "d.csv"), **option, **of)
    want = "late" if how == "feed" else "late@foreign@detection"
    assert want in licences_of(session, "detections") & licences_of(session, "collections")


def test_a_partner_sees_a_detection_after_its_embargo_and_before_it_expires(lake: Made, tmp_path: Path) -> None:
    session = lake()
    session.ingest("collections", looks(tmp_path / "l.geojson"), licence="late")
    session.ingest("detections", found(tmp_path / "d.csv"))
    both = {"collections", "detections"}
    day = timedelta(days=1)
    assert given(session, "FJI", T + day - timedelta(minutes=1)) == set()
    assert given(session, "FJI", T + day + timedelta(hours=1)) == both
    assert given(session, "FJI", T + 10 * day - timedelta(hours=1)) == both
    assert given(session, "FJI", T + 10 * day + timedelta(minutes=1)) == set()
    assert given(session, "self", T) == given(session, "self", T + 10 * day) == both


@pytest.mark.parametrize(
    ("licence", "sees"),
    [
        ("copernicus", {"FJI", "NAVY"}),
        ("nextview", {"FJI", "NAVY"}),
        ("commercial-foreign", {"FJI", "NAVY"}),
        ("commercial-domestic", {"NAVY"}),
        ("partner", {"NAVY"}),
        ("commercial-own", set()),
    ],
)
def test_tiers_decide_which_partners_get_detections(licence: str, sees: set[str], lake: Made, tmp_path: Path) -> None:
    session = lake()
    session.ingest("collections", looks(tmp_path / "l.geojson"), licence=licence)
    session.ingest("detections", found(tmp_path / "d.csv"))
    assert {p for p in ("FJI", "NAVY") if "detections" in given(session, p, T + timedelta(days=1))} == sees
    withheld = gate(
        session.lake, session.settings, {"detections": session.view("detections")}, "FJI", "operations", T
    ).withheld
    assert ("FJI" in sees) != ("licence" in withheld["reason"].to_list())


def test_what_a_licence_permits_bounds_its_tiers(lake: Made, tmp_path: Path) -> None:
    session = lake('[licences.ours]\npermits = ["NAVY"]\ntiers = { detection = "public" }\n')
    session.ingest("collections", looks(tmp_path / "l.geojson"), licence="ours")
    assert given(session, "NAVY", T) == {"collections"} and given(session, "FJI", T) == set()


def test_words_that_name_no_template_are_kept_and_permit_nobody(lake: Made, tmp_path: Path) -> None:
    session = lake()
    session.ingest("collections", looks(tmp_path / "l.geojson", licence="proprietary"))
    assert licences_of(session, "collections") == {"own", "proprietary"}
    assert given(session, "NAVY", T) == set()


def test_a_lake_whose_settings_do_not_name_a_licence_says_so(tmp_path: Path) -> None:
    where = tmp_path / "old"
    mark = (
        'mark = { originators = ["self"], tlp = "green", release_to = ["*"], purposes = ["*"], '
        'licences = ["own"], level = "raw" }'
    )
    session = makara.open(where, settings=f'[feeds.collections]\n{mark}\n[licences.own]\npermits = ["*"]\n{PARTNERS}')
    taken = session.ingest("collections", looks(tmp_path / "l.geojson"), licence="copernicus")
    assert "permits nobody but the owner; add [licences.copernicus]" in taken["warnings"][0]
    assert given(session, "FJI", T) == set()
    with pytest.raises(SettingsError, match="has no mark"):
        session.ingest("detections", found(tmp_path / "d.csv"), licence="copernicus")


def test_the_same_file_again_is_a_no_op(lake: Made, tmp_path: Path) -> None:
    session, file = lake(), looks(tmp_path / "l.geojson")
    session.ingest("collections", file, licence="late")
    before = session.lake.snapshot()
    assert session.ingest("collections", file, licence="late")["skipped_same_file"] == 1
    assert session.lake.snapshot() == before


def test_reports_may_come_under_a_licence_too(lake: Made, tmp_path: Path) -> None:
    session = lake()
    file = tmp_path / "ais.csv"
    file.write_text("m,t,x,y\n211000001,2026-03-01T10:20:00Z,178.5,-17.5\n")
    session.ingest("mapped", file, licence="late", map="mmsi=m\nt_seen=t\nlon_deg=x\nlat_deg=y")
    marks = by_id(session.lake.state("marks"))
    mark = marks[session.reports()["mark"][0]]
    assert mark.licences == ("late@own@raw", "own") and mark.embargo == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_on_the_command_line(lake: Made, tmp_path: Path) -> None:
    where = str(lake().lake.path)
    words = [where, "collections", str(looks(tmp_path / "l.geojson"))]
    refused = CliRunner().invoke(command, words)
    assert isinstance(refused.exception, UsageError) and "commercial-foreign" in str(refused.exception)
    taken = CliRunner().invoke(command, [*words, "--licence", "nextview"])
    assert json.loads(taken.stdout)["tables"] == {"collections": 1}
    assert makara.open(where).view("collections").select(pl.col("licence"))["licence"].to_list() == ["nextview"]


def test_a_partner_gets_a_look_as_the_declarations_tell_it_that_may_go(lake: Made, tmp_path: Path) -> None:
    """What is declared of it under a licence that permits nobody changes nothing of what the partner gets."""

    def told(session: makara.Session, partner: str) -> list[dict[str, object]]:
        rows = session.select("collections", partner=partner)["collections"]
        return rows.select("footprint", "length50_m", "platform").to_dicts()

    free = looks(tmp_path / "free.geojson", platform="S1A")
    shut = looks(tmp_path / "shut.geojson", length50_m="20")
    session = lake("\n[licences.shut]\npermits = []\n")
    session.ingest("collections", free, licence="copernicus")
    alone = told(session, "FJI")
    assert len(alone) == 1 and alone[0]["length50_m"] is None and alone[0]["footprint"]
    session.ingest("collections", shut, licence="shut")
    session.run()
    assert told(session, "FJI") == alone
    assert told(session, "self") == [{**alone[0], "length50_m": 20.0}]
    assert {"copernicus@public@detection", "shut"} <= licences_of(session, "collections")
