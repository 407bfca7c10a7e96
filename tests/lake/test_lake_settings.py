"""makara.toml: what a new lake's says, how it is overridden, and what is said of mistakes."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from makara.base.errors import LakeError, SettingsError
from makara.lake import FeedDefault, render_settings
from makara.lake.licences import TEMPLATES
from makara.lake.settings import Feed, RuleOf, Settings, Subscription, append, load

RULES = [
    (
        "gap",
        "1.0",
        "A vessel falls silent.",
        [("duration_min_s", 21_600, "shortest silence"), ("share", 0.5, "a share")],
    ),
    ("loitering", "1.2", "A vessel\nstays slow.", [("loud", True, "a switch"), ("how", 'a "word"', "a text")]),
]
FEEDS = [FeedDefault("nmea", "AIS lines"), FeedDefault("case.sar", "radar detections of a case", "detection")]
TEXT = render_settings(RULES, FEEDS)
FIJI = """
[partners.FJI]
name = "Fiji"
tier = "foreign"
[[policies]]
policy = "fiji-eez"
partner = "FJI"
effect = "allow"
zones = ["eez-fji"]
coarsen = { position_m = 1000 }
from = 2026-01-01T00:00:00Z
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "makara.toml"
    path.write_text(TEXT)
    return path


def complaint(path: Path, text: str | None = None, **env: str) -> str:
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError) as e:
        load(path, env)
    return str(e.value)


def test_the_written_file_says_the_defaults(file: Path) -> None:
    found = load(file, {})
    plain = Settings()
    assert (found.node, found.run, found.tracks) == (plain.node, plain.run, plain.tracks)
    assert found.subscriptions == {"watch": Subscription()} and found.policies == [] and found.partners == {}
    assert found.licences == TEMPLATES
    assert found.rules == {kind: RuleOf(parameters={n: v for n, v, _ in ps}) for kind, _, _, ps in RULES}
    assert list(found.feeds) == ["nmea", "case.sar"]
    assert found.feeds["case.sar"].mark.level == "detection"
    assert found.feeds["nmea"].mark.release_to == [] and found.feeds["nmea"].mark.tlp == "amber+strict"


def test_every_setting_has_a_comment() -> None:
    for line in TEXT.splitlines():
        if re.match(r"[a-z_]+ =", line) and not line.startswith(("mark", "permits")):
            assert "  # " in line, line


def test_the_example_of_a_partner_fits(file: Path) -> None:
    shown = TEXT.split("take the # away:\n")[1]
    found = append(file, re.sub(r"(?m)^# ?", "", shown))
    assert found.policies[0].zones == ["eez-fji"] and found.partners["FJI"].tier == "foreign"
    assert load(file, {}) == found


def test_append(file: Path) -> None:
    found = append(file, FIJI)
    assert found.policies[0].from_ == datetime(2026, 1, 1, tzinfo=UTC)
    assert found.policies[0].coarsen.position_m == 1000
    before = file.read_text()
    with pytest.raises(SettingsError, match="Cannot declare"):
        append(file, FIJI)
    with pytest.raises(SettingsError, match="no partner 'KIR'"):
        append(file, '[[policies]]\npolicy = "x"\npartner = "KIR"\neffect = "allow"')
    assert file.read_text() == before
    assert [p.name for p in file.parent.iterdir()] == ["makara.toml"]


def test_variables(file: Path) -> None:
    append(file, FIJI)
    found = load(
        file,
        {
            "MAKARA_RUN__STEP_S": "60",
            "MAKARA_NODE__NAME": "Suva",
            "MAKARA_FEEDS__NMEA__MARK__RELEASE_TO": '["FJI"]',
            "MAKARA_FEEDS__CASE__SAR__MARK__TLP": "green",
            "MAKARA_RULES__GAP__PARAMETERS__SHARE": "0.7",
            "MAKARA_PARTNERS__FJI__NAME": "Republic of Fiji",
            "MAKARA_DATA": "/somewhere",
            "HOME": "/root",
        },
    )
    assert found.run.step_s == 60 and found.node.name == "Suva"
    assert found.feeds["nmea"].mark.release_to == ["FJI"] and found.feeds["case.sar"].mark.tlp == "green"
    assert found.rules["gap"].parameters == {"duration_min_s": 21_600, "share": 0.7}
    assert found.partners["FJI"].name == "Republic of Fiji"


def test_a_feed_and_its_parts(file: Path) -> None:
    mark = tomllib.loads(TEXT)["feeds"]["nmea"]["mark"]
    found = Settings.model_validate({"feeds": {"case": {"mark": mark, "sar": {"mark": mark}}}})
    assert found.feeds == {"case": Feed(mark=mark), "case.sar": Feed(mark=mark)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[runn]\n", "runn is unknown; did you mean run? allowed here: format, node, run"),
        ("[run]\nstep = 5\n", "run.step is unknown; did you mean step_s? allowed here: step_s, workers"),
        ("[run]\nstep_s = '5'\n", "run.step_s is '5': must be a whole number"),
        ("[run]\nstep_s = 0\n", "run.step_s is 0: must be greater than or equal to 1"),
        ("[run]\nstep_s = 1.5\n", "run.step_s is 1.5: must be a whole number"),
        ("run = 3\n", "run is 3: must be a table"),
        ("format = 2\n", "format is 2; allowed: 1"),
        ("[tracks]\nprofile = 'makra'\n", "tracks.profile is 'makra'; did you mean makara? allowed: makara"),
        ("[feeds.x]\n", "feeds.x.mark is missing: a feed without a mark is refused"),
        ("[feeds.x]\nmark = {tlp = 'red'}\n", "feeds.x.mark.originators is missing"),
        ("[licences.own]\npermits = 'x'\n", "licences.own.permits is 'x': must be a list"),
        ("[rules.gap.parameters]\nx_s = [1]\n", "rules.gap.parameters.x_s is [1]: must be a number"),
        ("[rules.gap]\nenabled = 'yes'\n", "rules.gap.enabled is 'yes': must be true or false"),
        ("[partners.self]\nname = 'x'\ntier = 'own'\n", "partners.self: use letters"),
        (FIJI + "to = 2026-01-01T00:00:00\n", "policies.0.to names no time zone"),
        (FIJI + FIJI.split("[[")[1].join(["[[", ""]), "policies fiji-eez: version 1 is there twice"),
        ("x", "not TOML: "),
    ],
)  # fmt: skip
def test_complaints(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "makara.toml"
    assert f"{path}: {said}" in complaint(path, text)


def test_complaints_about_variables_name_them(file: Path) -> None:
    assert complaint(file, MAKARA_RUN__STEP="5").startswith(
        "MAKARA_RUN__STEP: run.step is unknown; did you mean step_s?"
    )
    assert complaint(file, MAKARA_RUNN__X="5").startswith("MAKARA_RUNN__X: runn is unknown; did you mean run?")
    assert (
        complaint(file, MAKARA_RUN__STEP_S__X="5") == "MAKARA_RUN__STEP_S__X: run.step_s is no section, so it has no x"
    )
    assert "MAKARA_FEEDS__NMEA__MARK__TLP: feeds.nmea.mark.tlp is 'gren'; did you mean green?" in complaint(
        file, MAKARA_FEEDS__NMEA__MARK__TLP="gren"
    )


def test_all_complaints_at_once(file: Path) -> None:
    said = complaint(file, "[run]\nstep_s = 0\nfoo = 1\n[node]\nname = 3\n")
    assert len(said.splitlines()) == 3


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"[node]\nname = '\xe9'\n")
    assert "not UTF-8 text" in complaint(tmp_path / "latin")
    with pytest.raises(LakeError, match="cannot read"):
        load(tmp_path / "none", {})
