"""Vessels over time: re-flagged, renamed, swapped, shared, cloned; what ties them and how sure that is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import claimed_ships as ships
import polars as pl
import pytest
from claimed_ships import DAY, T0, claims, imo, says
from hypothesis import given, settings
from hypothesis import strategies as st

from makara.base import ids
from makara.registry import identify
from makara.tables import table

A, B, C = 563000001, 636000002, 525000003
ONE: dict[str, Any] = {
    "imo": imo(907472),
    "name": "GREY HERON",
    "callsign": "9VAB1",
    "length_m": 180.0,
    "ship_type": 70,
}
TWO: dict[str, Any] = {"imo": imo(912345), "name": "SEA OTTER", "callsign": "YBXY2", "length_m": 60.0, "ship_type": 80}


def resolved(*spells: list[ships.Row], **more: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    return identify(claims(*spells), more.pop("lists", ships.lists()), **more)


def vessel_of(links: pl.DataFrame, mover: int) -> list[str]:
    return links.filter(pl.col("member") == f"mv{mover}").sort("from", "vessel")["vessel"].to_list()


def told(vessels: pl.DataFrame, vessel: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(vessels.filter(pl.col("vessel") == vessel)["evidence"][0])
    return found


def test_a_reflagged_vessel_keeps_its_id_and_has_a_history() -> None:
    before, _ = resolved(says(A, 0, 10, **ONE))
    vessels, links = resolved(
        says(A, 0, 10, **ONE), says(B, 12, 10, **ONE | {"name": "BLUE HERON", "callsign": "A8XY2"})
    )
    assert vessels["vessel"].to_list() == before["vessel"].to_list()
    ship = vessels.to_dicts()[0]
    assert (ship["mmsi"], ship["flag"], ship["name"], ship["imo"]) == (B, "LBR", "BLUE HERON", ONE["imo"])
    old, new = (links.filter(pl.col("member") == f"mv{m}").to_dicts()[0] for m in (A, B))
    assert (old["from"], old["to"]) == (T0, T0 + timedelta(days=10, hours=-6))
    assert (new["from"], new["to"]) == (T0 + 12 * DAY, None)
    assert old["p"] == 1.0
    assert 0.9 < new["p"] < 1.0
    assert new["how"].startswith("same IMO number, length; other")
    history = told(vessels, ship["vessel"])["history"]
    spells = {what: [(h["value"], h["to"]) for h in history if h["what"] == what] for what in ("name", "flag", "mmsi")}
    left = "2026-03-10T18:00:00Z"
    assert spells["name"] == [("GREY HERON", left), ("BLUE HERON", None)]
    assert spells["flag"] == [("SGP", left), ("LBR", None)]
    assert spells["mmsi"] == [(A, left), (B, None)]


def test_an_id_that_was_taken_up_leads_to_the_vessel() -> None:
    alone, _ = resolved(says(B, 12, 10, **ONE))
    vessels, links = resolved(says(A, 0, 10, **ONE), says(B, 12, 10, **ONE))
    held = links.filter(pl.col("member") == alone["vessel"][0])
    assert held["vessel"].to_list() == vessels["vessel"].to_list()


def test_values_say_which_rows_they_come_from() -> None:
    vessels, _ = resolved(says(A, 0, 1, **ONE), says(B, 2, 1, **ONE))
    name = told(vessels, vessels["vessel"][0])["name"][0]
    assert (name["n"], name["p"]) == (8, 1.0)
    assert name["rows"] == [
        f"claims:{A}:2026-03-01T00:00:00Z/2026-03-01T18:00:00Z",
        f"claims:{B}:2026-03-03T00:00:00Z/2026-03-03T18:00:00Z",
    ]


def test_what_comes_without_an_imo_number_first_is_still_tied() -> None:
    later = {"imo": ONE["imo"], "name": "BLUE HERON", "callsign": "A8XY2", "length_m": 180.0}
    bare = {"name": "BLUE HERON", "callsign": "A8XY2"}
    vessels, links = resolved(says(A, 0, 5, **ONE), says(B, 10, 2, **bare), says(B, 12, 2, **later))
    assert len(vessels) == 1
    assert vessel_of(links, B) == vessel_of(links, A)


def test_a_name_alone_never_ties_two_numbers() -> None:
    said = {"name": "MARIA", "length_m": 12.0}
    vessels, _ = resolved(says(A, 0, 2, **said), says(B, 5, 2, **said))
    assert len(vessels) == 2


def test_a_renamed_vessel_has_its_newest_name_and_one_slip_is_none() -> None:
    vessels, _ = resolved(
        says(A, 0, 10, **ONE),
        says(A, 10, 2, **ONE | {"name": "NEW HERON"}),
        says(A, 13, 0.1, **ONE | {"name": "NEW HERN"}),
    )
    assert vessels["name"].to_list() == ["NEW HERON"]


def test_one_number_on_two_hulls_one_after_the_other_is_two_vessels() -> None:
    vessels, links = resolved(says(A, 0, 10, **ONE), says(A, 20, 10, **TWO))
    assert sorted(vessels["name"].to_list()) == ["GREY HERON", "SEA OTTER"]
    first, second = links.sort("from").to_dicts()
    assert first["vessel"] == ids.ident("ve", f"mv{A}")
    assert first["to"] == T0 + timedelta(days=10, hours=-6)
    assert (second["from"], second["to"]) == (T0 + 20 * DAY, None)
    assert second["how"] == "other IMO number, call sign, name, length"
    assert first["p"] == 1.0
    assert second["p"] > 0.9


def test_a_cloned_number_gives_two_hypotheses_that_share_its_messages() -> None:
    vessels, links = resolved(says(A, 0, 9, every_h=1, **ONE), says(A, 0, 9, every_h=2, **TWO))
    assert len(vessels) == 2
    p = dict(links.join(vessels.select("vessel", "name"), on="vessel").select("name", "p").iter_rows())
    assert p["GREY HERON"] == pytest.approx(2 / 3, abs=0.02)
    assert sum(p.values()) == pytest.approx(1.0, abs=0.03)
    assert links["to"].to_list() == [None, None], "both go on"


def test_names_in_turn_under_one_number_are_two_boats_and_a_change_of_name_is_one() -> None:
    small = {"msg_type": 24, "length_m": 9.0}
    turns = [says(A, 0, 3, every_h=1, name=n, **small) for n in ("DUCK", "SWALLOW")]
    assert len(resolved(*turns)[0]) == 2
    assert len(resolved(says(A, 0, 3, name="DUCK", **small), says(A, 3, 3, name="SWALLOW", **small))[0]) == 1


def test_parts_a_and_b_of_a_small_boat_are_one() -> None:
    vessels, links = resolved(says(A, 0, 3, name="DUCK"), says(A, 0, 3, callsign="AB123", length_m=9.0, ship_type=37))
    assert vessels.select("name", "callsign", "class").rows() == [("DUCK", "AB123", "small")]
    assert links["p"].to_list() == [1.0]


def test_swapped_identities_follow_the_imo_number_and_the_other_reading_is_kept() -> None:
    vessels, links = resolved(
        says(A, 0, 10, **ONE), says(B, 0, 10, **TWO), says(A, 11, 10, **TWO), says(B, 11, 10, **ONE)
    )
    assert len(vessels) == 2
    assert vessel_of(links, A) == [ids.ident("ve", f"mv{m}") for m in (A, B)]
    assert vessel_of(links, B) == [ids.ident("ve", f"mv{m}") for m in (B, A)]
    for vessel, number in ((ids.ident("ve", f"mv{A}"), B), (ids.ident("ve", f"mv{B}"), A)):
        ship = vessels.filter(pl.col("vessel") == vessel).to_dicts()[0]
        assert ship["mmsi"] == number


def test_one_imo_number_on_two_live_hulls_is_two_vessels_and_says_so() -> None:
    vessels, _ = resolved(says(A, 0, 5, every_h=1, **ONE), says(B, 0, 5, every_h=1, **ONE))
    assert len(vessels) == 2
    rivals = told(vessels, ids.ident("ve", f"mv{B}"))["rivals"]
    assert [(r["vessel"], r["p"] < 0.05) for r in rivals] == [(ids.ident("ve", f"mv{A}"), True)]
    assert rivals[0]["how"] == "same IMO number, call sign, name, length; heard at once"


def test_two_tracks_at_once_are_two_hulls_though_one_identity_is_claimed() -> None:
    hours = [timedelta(hours=h) for h in (0, 10, 2, 8)]
    tracks = pl.DataFrame(
        {
            "track": [1, 2],
            "mover": [A, A],
            "t_start": [T0 + hours[0], T0 + hours[2]],
            "t_end": [T0 + hours[1], T0 + hours[3]],
            "n": [60, 20],
            "quality": ["overlapping", "overlapping"],
            "joins": [None, None],
        },
        schema_overrides={"joins": pl.Int64},
    )
    vessels, links = resolved(says(A, 0, 1, **ONE), tracks=tracks)
    assert len(vessels) == 2
    p = dict(links.select("how", "p").iter_rows())
    assert p["two tracks of the number at once"] == pytest.approx(0.25)
    assert p["same mover"] == pytest.approx(0.75)
    few = tracks.with_columns(n=pl.Series([600, 20]))
    assert len(resolved(says(A, 0, 1, **ONE), tracks=few)[0]) == 1, "a slip"
    apart = tracks.with_columns(t_start=pl.Series([T0, T0 + timedelta(hours=9, minutes=30)]))
    assert len(resolved(says(A, 0, 1, **ONE), tracks=apart)[0]) == 1, "half an hour proves nothing"


def test_a_number_that_a_crowd_uses_is_one_vessel_that_says_so() -> None:
    many = [says(A, k, 1, name=f"BOAT {k}", callsign=f"CALL{k}", length_m=float(5 + 7 * k)) for k in range(70)]
    vessels, links = resolved(*many)
    assert len(vessels) == len(links) == 1


def test_a_default_value_that_many_numbers_state_ties_nobody() -> None:
    many = [says(A + k, 10 * k, 1, imo=ONE["imo"], name=f"SHIP {k}") for k in range(25)]
    assert len(resolved(*many)[0]) == 25


def test_movers_of_other_schemes_are_vessels_without_mmsi() -> None:
    vessels, links = resolved(says(-77, 0, 1, name="VMS BOAT"))
    assert vessels.select("mmsi", "name").rows() == [(None, "VMS BOAT")]
    assert links["member"].to_list() == ["mv-77"]


def test_what_does_not_fit_is_said() -> None:
    entry = {"list": "ofac_sdn", "mmsi": A, "flag": "IRN", "as_of": T0}
    vessels, _ = resolved(says(A, 0, 1, **ONE | {"imo": ONE["imo"] + 1}), lists=ships.lists(entry))
    assert vessels["imo"].to_list() == [None]
    assert told(vessels, vessels["vessel"][0])["doubts"] == [
        {"code": "imo_check_digit", "text": f"IMO number {ONE['imo'] + 1} has a wrong check digit"},
        {"code": "mid_against_flag", "text": f"MMSI {A} says SGP, ofac_sdn (as of 2026-03-01) says IRN"},
    ]
    for mover, code in ((200000001, "mmsi_mid"), (1, "mmsi_form"), (A, None)):
        vessels, _ = resolved(says(mover, 0, 1, name="X"))
        assert [d["code"] for d in told(vessels, vessels["vessel"][0]).get("doubts", [])] == ([code] if code else [])


def test_a_transponder_tells_what_is_no_ship() -> None:
    sends = pl.DataFrame({"mover": [A, B, B, C], "transponder": ["base", "base", "class_a", "sart"]})
    vessels, _ = resolved(*(says(m, 0, 1, ship_type=70) for m in (A, B, C)), transponders=sends)
    assert dict(vessels.select("mmsi", "class").iter_rows()) == {A: "base", B: "cargo", C: "sart"}


VALUES = st.fixed_dictionaries(
    {
        "imo": st.sampled_from([None, imo(907472), imo(912345), 1234567]),
        "name": st.sampled_from([None, "ONE", "TWO", "ONE 1", ""]),
        "callsign": st.sampled_from([None, "9VAB1", "YBXY2"]),
        "length_m": st.sampled_from([None, 30.0, 200.0]),
    }
)
SPELL = st.builds(
    lambda mover, day, days, v: says(mover, day, days, **v),
    st.sampled_from([A, B, C]), st.integers(0, 20), st.sampled_from([0.2, 1, 3]), VALUES,
)  # fmt: skip


@settings(max_examples=20)
@given(st.lists(SPELL, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_claims_changes_nothing_and_rows_fit(spells: list[list[ships.Row]], random: Any) -> None:
    said = claims(*spells)
    order = list(range(len(said)))
    random.shuffle(order)
    vessels, links = identify(said, ships.lists())
    again, links_again = identify(said[order], ships.lists())
    assert vessels.equals(again)
    assert links.equals(links_again)
    for name, rows in (("vessels", vessels), ("vessel_links", links)):
        full = table(name).conform(rows.with_columns(source=pl.lit("s"), t_known=pl.lit(T0), mark=pl.lit("m")))
        assert full.select(table(name).keys).is_unique().all()
    assert links["p"].is_between(0.0, 1.0).all()
    movers = {f"mv{m}" for m in said["mover"]}
    assert movers <= set(links["member"]), "everyone belongs to a vessel"
    assert set(links["vessel"]) == set(vessels["vessel"])


@settings(max_examples=12)
@given(st.lists(SPELL, min_size=1, max_size=5))
def test_what_one_mover_sends_is_shared_out_and_never_counted_twice(spells: list[list[ships.Row]]) -> None:
    _, links = identify(claims(*spells), ships.lists())
    at = links.filter(pl.col("member").str.starts_with("mv"))
    for r in at.iter_rows(named=True):
        same = at.filter(pl.col("member") == r["member"], pl.col("from") <= r["from"])
        over = same.filter(pl.col("to").is_null() | (pl.col("to") >= r["from"]))
        assert over["p"].sum() <= 1.0 + 1e-6
