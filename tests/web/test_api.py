"""The API: what it answers, for whom, and how it says no."""

from __future__ import annotations

import json

import httpx
import jsonschema
import polars as pl
import pytest
import shapely
from shapely.geometry import shape

from makara.session import Session
from makara.tables import table

TABLES = ("events", "alerts", "detections", "matches", "collections", "zones", "vessels", "tracks")
SHOWN = ("events", "alerts", "detections", "collections", "zones", "tracks")


@pytest.mark.parametrize("name", TABLES)
def test_the_owner_gets_rows_as_the_tables_say(rows, name: str) -> None:
    found = rows(name, limit=50)
    assert found
    for row in found:
        jsonschema.validate(row, table(name).json_schema())


def test_alerts_come_most_urgent_first_and_are_filtered_by_their_events(rows) -> None:
    ranks = [a["rank"] for a in rows("alerts")]
    assert ranks == sorted(ranks, reverse=True)
    kinds = {e["event"]: e["kind"] for e in rows("events", limit=10_000)}
    some = rows("alerts", kind="zone_entry")
    assert some
    assert {kinds[a["event"]] for a in some} == {"zone_entry"}


@pytest.mark.parametrize("name", ["events", "detections", "zones"])
def test_a_box_across_the_antimeridian(rows, name: str) -> None:
    every, both = rows(name, limit=10_000), rows(name, limit=10_000, bbox="175,-22,-175,-14")
    west = rows(name, limit=10_000, bbox="175,-22,180,-14")
    east = rows(name, limit=10_000, bbox="-180,-22,-175,-14")
    key = table(name).keys[0]
    assert 0 < len(both) < len(every)
    assert {r[key] for r in both} == {r[key] for r in west} | {r[key] for r in east}


def test_alerts_in_a_box_are_those_of_events_in_it(rows) -> None:
    events = {e["event"] for e in rows("events", limit=10_000, bbox="175,-22,-175,-14")}
    assert {a["event"] for a in rows("alerts", bbox="175,-22,-175,-14")} <= events


def test_since_and_until(rows) -> None:
    every = rows("detections", limit=10_000)
    middle = sorted(d["t_seen"] for d in every)[len(every) // 2]
    late, early = (rows("detections", limit=10_000, **{w: middle}) for w in ("since", "until"))
    assert {d["detection"] for d in late} | {d["detection"] for d in early} == {d["detection"] for d in every}
    assert all(d["t_seen"] >= middle for d in late)
    assert all(d["t_seen"] < middle for d in early)


def test_detections_in_a_zone_are_those_that_it_holds(rows, sea: Session) -> None:
    every, some = rows("detections", limit=10_000), 0
    for zone in sea.view("zones").filter(pl.col("from").is_null() & pl.col("to").is_null()).iter_rows(named=True):
        area = shapely.from_wkb(zone["geometry"])
        if area.geom_type in ("Polygon", "MultiPolygon"):
            held = [d for d in every if area.intersects(shapely.Point(d["lon_deg"], d["lat_deg"]))]
            assert rows("detections", limit=10_000, zone=zone["zone"]) == held
            some += len(held)
    assert some


def test_rows_of_an_mmsi(rows) -> None:
    every = rows("tracks", limit=10_000)
    one, other = sorted({t["mover"] for t in every if t["mover"] < 10**9})[:2]
    for asked, movers in ((f"{one}", {one}), (f"{one},{other}", {one, other})):
        assert rows("tracks", limit=10_000, mmsi=asked) == [t for t in every if t["mover"] in movers]
    events = rows("events", limit=10_000)
    assert rows("events", limit=10_000, mmsi=f"{one}") == [e for e in events if f"mv{one}" in e["participants"]]


def test_what_was_known_then(rows) -> None:
    now, then = rows("events", limit=10_000), rows("events", limit=10_000, as_known_at="2026-03-14T15:00:00Z")
    assert 0 < len(then) < len(now)
    assert all(e["t_known"] <= "2026-03-14T15:00:00Z" for e in then)


@pytest.mark.parametrize("name", ["events", "alerts", "tracks"])
@pytest.mark.parametrize("partner", ["self", "FJI"])
def test_pages_follow_each_other_without_loss(api: httpx.Client, rows, name: str, partner: str) -> None:
    whole = rows(name, limit=10_000, partner=partner)
    size = max(1, len(whole) // 3)
    found, following, pages = [], f"/api/v1/{name}?limit={size}&partner={partner}", 0
    while following:
        answer = api.get(httpx.URL(str(api.base_url)).join(following))
        body = answer.json()
        assert len(body["rows"]) <= size
        assert answer.links.get("next", {}).get("url") == body["next"]
        found += body["rows"]
        following = body["next"]
        pages += 1
    key = table(name).keys[0]
    assert [r[key] for r in found] == [r[key] for r in whole]
    assert pages == max(1, -(-len(whole) // size))


@pytest.mark.parametrize("partner", ["self", "FJI"])
@pytest.mark.parametrize("name", SHOWN)
def test_geojson_is_valid_and_stays_within_180(api: httpx.Client, name: str, partner: str) -> None:
    answer = api.get(name, params={"format": "geojson", "limit": 60, "partner": partner})
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["type"] == "FeatureCollection"
    for f in body["features"]:
        assert f["type"] == "Feature"
        assert f["properties"]["table"] == name
        if f["geometry"] is not None:
            w, s, e, n = shape(f["geometry"]).bounds
            assert -180 <= w <= e <= 180
            assert -90 <= s <= n <= 90
            for part in shapely.get_parts(shape(f["geometry"])):
                assert part.bounds[2] - part.bounds[0] < 180
    if name == "tracks" and partner == "self":
        assert all(f["properties"]["last"]["t_seen"] <= f["properties"]["t_end"] for f in body["features"])


def test_tables_without_places_refuse_geojson(api: httpx.Client) -> None:
    answer = api.get("vessels", params={"format": "geojson"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("events?bbox=1,2,3", 400, "usage"),
        ("events?bbox=170,-10,200,10", 400, "usage"),
        ("events?bbox=nan,-10,20,10", 400, "usage"),
        ("events?since=yesterday", 400, "usage"),
        ("events?since=2026-01-01T00:00:00", 400, "usage"),
        ("events?limit=10001", 400, "usage"),
        ("events?limit=0", 400, "usage"),
        ("events?offset=-1", 400, "usage"),
        ("events?format=xml", 400, "usage"),
        ("events?bbbox=1,2,3,4", 400, "usage"),
        ("events?mmsi=12a", 400, "usage"),
        ("detections?zone=nowhere", 404, "not_found"),
        ("vessels?bbox=1,2,3,4", 400, "usage"),
        ("withheld", 400, "usage"),
        ("withheld?partner=self", 400, "usage"),
        ("withheld?partner=NOPE", 403, "release"),
        ("events?partner=NOPE", 403, "release"),
        ("picture?partner=NOPE", 403, "release"),
        ("vessels/NOBODY", 404, "not_found"),
        ("events/evnothing", 404, "not_found"),
        ("nothing", 404, "not_found"),
    ],
)
def test_errors_have_a_status_a_code_and_a_message(api: httpx.Client, path: str, status: int, code: str) -> None:
    answer = api.get(path)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert "Traceback" not in answer.text


def test_a_failure_of_ours_leaks_nothing(api: httpx.Client, sea: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr(sea, "partners", broken)
    answer = api.get("partners")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_it_only_answers_questions(api: httpx.Client, node: str) -> None:
    own = {"Origin": node, "Content-Type": "application/json"}
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = api.request(method, "events", headers=own, content=b"{}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method")
        assert api.request(method, "events", content=b"{}").status_code == 403


@pytest.mark.parametrize("partner", ["self", "FJI"])
@pytest.mark.parametrize("path", ["events", "picture", "picture/tracks", "release", "status"])
def test_what_has_not_changed_is_not_sent_again(api: httpx.Client, path: str, partner: str) -> None:
    if partner == "FJI" and path == "events":
        return  # bears the release's own time
    first = api.get(path, params={"partner": partner})
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    again = api.get(path, params={"partner": partner}, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = api.get(path, params={"partner": "FJI" if partner == "self" else "self"}, headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_the_owners_tag_changes_with_the_lake(api: httpx.Client, sea: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = api.get("events").headers["etag"]
    partners = api.get("picture", params={"partner": "FJI"}).headers["etag"]
    monkeypatch.setattr(sea, "snapshot_id", lambda: "another")
    assert api.get("events", headers={"If-None-Match": tag}).status_code == 200
    assert api.get("picture", params={"partner": "FJI"}).headers["etag"] == partners  # it tells nothing of the lake


def test_head_is_get_without_a_body(api: httpx.Client) -> None:
    get, head = api.get("events"), api.head("events")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == get.headers["etag"]
    assert api.head("nothing").status_code == 404


def test_answers_are_compressed(api: httpx.Client) -> None:
    assert api.get("events").headers["content-encoding"] == "gzip"


def test_headers_that_keep_browsers_safe(node: str) -> None:
    for path in ("/", "/api/v1/events", "/api/v1/nothing", "/coast/world"):
        headers = httpx.get(node + path, timeout=30).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_a_request_for_another_host_is_refused(node: str) -> None:
    answer = httpx.get(node + "/api/v1/events", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "wrong_host")
    assert httpx.get(node + "/api/v1/status", headers={"Host": "localhost:1"}).status_code == 200


def test_openapi_describes_every_route(api: httpx.Client) -> None:
    described = api.get("openapi.json").json()
    assert {f"/api/v1/{t}" for t in TABLES} < set(described["paths"])
    assert {"/api/v1/picture", "/api/v1/release", "/api/v1/withheld", "/api/v1/partners"} < set(described["paths"])
    for path, methods in described["paths"].items():
        assert set(methods) == ({"post"} if path == "/api/v1/sightings" else {"get"}), path
        [route] = methods.values()
        assert route["summary"]
        assert "400" in route["responses"]
    names = {p["name"] for p in described["paths"]["/api/v1/events"]["get"]["parameters"]}
    filters = {"bbox", "since", "until", "kind", "ids", "mmsi", "as_known_at"}
    assert names == filters | {"partner", "limit", "offset", "format"}
    row = described["paths"]["/api/v1/events"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(row["properties"]["rows"]["items"]["properties"]) == set(table("events").schema)


def test_a_partner_sees_less_under_its_own_ids(rows) -> None:
    for name in ("events", "detections", "vessels", "zones"):
        own, theirs = rows(name, limit=10_000), rows(name, limit=10_000, partner="FJI")
        key = table(name).keys[0]
        assert 0 < len(theirs) < len(own), name
        assert not {r[key] for r in own} & {r[key] for r in theirs}
        assert not {"source", "mark"} & set(theirs[0])
    assert all(v["callsign"] is None for v in rows("vessels", limit=10_000, partner="FJI"))
    assert any(v["callsign"] for v in rows("vessels", limit=10_000))


def test_a_partner_without_policies_sees_nothing(api: httpx.Client, rows) -> None:
    for name in TABLES:
        assert rows(name, partner="TON") == []
    body = api.get("picture", params={"partner": "TON"}).json()
    assert (body["newest"], body["vessels"]["mover"], body["alerts"]["alert"]) == (None, [], [])
    assert api.get("status", params={"partner": "TON"}).json()["t_seen"] is None


def test_a_partners_names_do_not_lead_to_withheld_vessels(api: httpx.Client, rows) -> None:
    own = {v["mmsi"] for v in rows("vessels", limit=10_000)}
    theirs = {v["mmsi"] for v in rows("vessels", limit=10_000, partner="FJI")}
    hidden = min(own - theirs)
    assert api.get(f"vessels/{hidden}").status_code == 200
    assert api.get(f"vessels/{hidden}", params={"partner": "FJI"}).status_code == 404


def test_what_is_withheld_and_why(api: httpx.Client, rows) -> None:
    grouped = api.get("withheld", params={"partner": "FJI"}).json()
    assert grouped["name"] == "Fiji"
    denied = {r["table"]: r for r in grouped["rows"] if r["effect"] == "deny"}
    assert denied["track_points"]["rows"] > 0
    assert all(r["text"] and r["reason"] for r in grouped["rows"])
    assert any(r["effect"] == "withhold" and r["column"] == "callsign" for r in grouped["rows"])
    single = api.get("withheld", params={"partner": "FJI", "grouped": False, "limit": 5}).json()
    assert len(single["rows"]) == 5
    assert single["total"] > 5
    events = len(rows("events", limit=10_000))
    assert sum(r["rows"] for r in grouped["rows"] if (r["table"], r["effect"]) == ("events", "deny")) == events - len(
        rows("events", limit=10_000, partner="FJI")
    )


def test_the_release_and_its_ledger(api: httpx.Client) -> None:
    body = api.get("release", params={"partner": "FJI"}).json()
    assert body["partner"] == "FJI"
    assert body["rows"]["events"] > 0
    assert any(v.startswith("fiji-eez@") for v in body["policy_versions"])
    seqs = [r["seq"] for r in body["ledger"]]
    assert seqs == sorted(seqs)
    assert all(r["partner"] == "FJI" and r["root"] for r in body["ledger"])


def test_one_event_and_why(api: httpx.Client, rows) -> None:
    for partner in ("self", "FJI"):
        event = rows("alerts", partner=partner)[0]["event"]
        body = api.get(f"events/{event}", params={"partner": partner}).json()
        assert body["event"]["event"] == event
        assert body["explain"]["why"]
        assert isinstance(body["explain"]["innocent"], list)


def test_one_vessel_with_and_without_its_track(api: httpx.Client, rows) -> None:
    vessel = rows("vessels", limit=1)[0]
    whole, bare = api.get(f"vessels/{vessel['mmsi']}").json(), api.get(f"vessels/{vessel['vessel']}?track=false").json()
    assert whole["vessels"] == bare["vessels"] == [vessel]
    assert whole["track_points"]
    assert "track_points" not in bare


def test_search_by_a_misspelt_name(api: httpx.Client, rows) -> None:
    vessel = next(v for v in rows("vessels", limit=1000) if v["name"] and len(v["name"]) > 8)
    asked = vessel["name"][0] + vessel["name"][2] + vessel["name"][1] + vessel["name"][3:]
    for partner in ("self", "FJI"):
        found = api.get("search", params={"q": asked, "partner": partner}).json()["rows"]
        seen = {v["vessel"]: v["name"] for v in rows("vessels", partner=partner, limit=1000)}
        assert all(seen[f["vessel"]] == f["name"] for f in found)
        if partner == "self":
            assert vessel["vessel"] in [f["vessel"] for f in found[:3]]
    assert api.get("search").status_code == 400


def test_the_picture_holds_what_the_tables_hold(api: httpx.Client, rows) -> None:
    for partner in ("self", "FJI"):
        body = api.get("picture", params={"partner": partner}).json()
        assert sorted(body["detections"]["detection"]) == sorted(
            d["detection"] for d in rows("detections", limit=10_000, partner=partner)
        )
        assert body["alerts"]["alert"] and set(body["alerts"]["alert"]) == {
            a["alert"] for a in rows("alerts", partner=partner)
        }
        for part in ("vessels", "detections", "alerts", "zones", "looks"):
            assert len({len(column) for column in body[part].values()}) == 1, part
        lines = api.get("picture/tracks", params={"partner": partner}).json()["tracks"]
        assert set(lines["mover"]) == set(body["vessels"]["mover"])
        for line, t in zip(lines["line"], lines["t"], strict=True):
            assert len(line) == 2 * len(t) >= 4
            assert all(abs(dx) < 180 * 10_000 for dx in line[2::2])
            assert all(s >= 0 for s in t[1:])
    assert {"m", "u"} <= set(api.get("picture").json()["detections"]["state"])


def test_lines_of_some_movers_only(api: httpx.Client) -> None:
    movers = api.get("picture").json()["vessels"]["mover"][:2]
    lines = api.get("picture/tracks", params={"movers": ",".join(movers)}).json()["tracks"]
    assert set(lines["mover"]) == set(movers)


def test_the_newest_position_is_on_the_line(api: httpx.Client) -> None:
    body, lines = api.get("picture").json(), api.get("picture/tracks").json()["tracks"]
    ends: dict[str, tuple[int, int, int]] = {}
    for mover, line, t in zip(lines["mover"], lines["line"], lines["t"], strict=True):
        end = (sum(t), sum(line[0::2]), sum(line[1::2]))
        ends[mover] = max(ends.get(mover, end), end)
    for mover, x, y, age in zip(*(body["vessels"][c] for c in ("mover", "x", "y", "age")), strict=True):
        t, ex, ey = ends[mover]
        assert abs(body["newest"] - age - t) <= 1
        assert (abs((ex - x + 1_800_000) % 3_600_000 - 1_800_000), abs(ey - y)) <= (1, 1)


def test_status_of_the_node(api: httpx.Client) -> None:
    body = api.get("status").json()
    assert body["t_seen"].endswith("Z")
    assert body["rows"]["reports"] > 0


def test_coast(node: str) -> None:
    assert len(httpx.get(node + "/coast/world").content) > 5_000
    assert len(httpx.get(node + "/coast/18_6").content) > 5_000
    sea_only = httpx.get(node + "/coast/3_3")
    assert (sea_only.status_code, sea_only.content) == (200, b"")
    assert httpx.get(node + "/coast/24_0").status_code == 404
    assert json.loads(httpx.get(node + "/coast/a_b").text)["error"]["code"] in ("usage", "not_found")


@pytest.mark.parametrize(
    "query", ["partner=FJI&partner=self", "limit=1&limit=2", "offset=99999999999999999999", "offset=-1"]
)
def test_questions_that_two_readers_could_read_differently_are_refused(api: httpx.Client, query: str) -> None:
    assert api.get(f"/events?{query}").status_code == 400
