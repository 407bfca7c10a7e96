"""Filing a sighting: by the form in a real browser, and what else may not write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from browsing import PHONE, Window
from playwright.sync_api import Browser, expect

from makara.session import Session
from makara.web.guard import refusal

GOOD = {"time": "2026-03-14T05:00:00Z", "lat": "17 30.5 S", "lon": "179 59.0 W", "length_m": 35.0, "radius_nmi": 0.5}
Post = Callable[..., httpx.Response]


@pytest.fixture
def post(node: str) -> Post:
    """Ask as the node's own page does, but for what is given."""

    def ask(body: Any, path: str = "/api/v1/sightings", **headers: str | None) -> httpx.Response:
        own = {"Origin": node, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        given = {k.replace("_", "-").title(): v for k, v in headers.items()}
        merged = {k: v for k, v in (own | given).items() if v is not None}
        content = body if isinstance(body, bytes | Iterator) else httpx.Request("POST", node, json=body).content
        return httpx.post(node + path, content=content, headers=merged, timeout=60)

    return ask


def sightings(api: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get("detections", params={"limit": 10_000}).json()["rows"]
    return [r for r in rows if r["source"] == "sightings"]


def test_a_form_files_a_sighting(browser: Browser, node: str, api: httpx.Client, sea: Session) -> None:
    window = Window(browser, node)
    page = window.open("#view=180,-18,7")
    page.get_by_role("button", name="Report a sighting").click()
    expect(page.get_by_label("Time (UTC)")).to_be_focused()
    page.get_by_label("Time (UTC)").fill("2026-03-14T04:30")
    page.get_by_label("Latitude").fill("17 45.0 S")
    page.get_by_label("Longitude").fill("179 30.0 W")
    page.get_by_label("Length (m)").fill("42")
    page.get_by_label("Remarks").fill("<b>blue hull</b>, nets out")
    page.get_by_role("button", name="File the sighting").click()
    expect(page.locator("#count")).to_contain_text("filed")
    expect(page.locator("#panel h2")).to_contain_text("Detection")
    expect(page.locator("#panel")).to_contain_text("42 m")
    [row] = [r for r in sightings(api) if r["length_m"] == 42.0]
    assert (row["sensor"], row["lon_deg"], row["lat_deg"]) == ("patrol", -179.5, -17.75)
    assert row["t_seen"] == "2026-03-14T04:30:00Z"
    assert row["collection"] is None
    landed = [p for p in (sea.lake.path / "landing").rglob("*") if p.is_file() and b"nets out" in p.read_bytes()]
    assert landed, "the record is kept as it was told"
    assert window.wrong == []
    window.context.close()


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(browser: Browser, node: str, api: httpx.Client) -> None:
    before = len(sightings(api))
    window = Window(browser, node)
    page = window.open()
    page.get_by_role("button", name="Report a sighting").click()
    page.get_by_label("Time (UTC)").fill("2026-03-14T04:30")
    page.get_by_label("Latitude").fill("17 75.0 S")
    page.get_by_label("Remarks").fill("seen twice")
    page.get_by_role("button", name="File the sighting").click()
    expect(page.get_by_role("alert")).to_contain_text("Not filed: the sighting cannot be filed: longitude or latitude")
    expect(page.get_by_label("Remarks")).to_have_value("seen twice")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Report a sighting")).to_be_focused()
    page.get_by_label("View of").select_option("FJI")
    expect(page.locator("#released")).to_be_visible()
    expect(page.get_by_role("button", name="Report a sighting")).to_be_hidden()
    assert len(sightings(api)) == before
    assert all("400" in w for w in window.wrong), "the browser notes the refusal, nothing else"
    window.context.close()


def test_the_form_fits_a_phone(browser: Browser, node: str) -> None:
    phone = Window(browser, node, viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    page = phone.open()
    page.get_by_role("button", name="Report a sighting").tap()
    expect(page.get_by_label("Remarks")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate("""() => [...document.querySelectorAll("#panel input, #panel button, #panel textarea")]
        .map((e) => e.getBoundingClientRect()).filter((r) => r.height < 24 || r.width < 24).length""")
    assert small == 0
    phone.context.close()


def test_the_api_files_what_it_is_told_and_twice_is_once(post: Post, api: httpx.Client) -> None:
    first, again = post(GOOD), post(GOOD)
    assert first.status_code == 201, first.text
    told = first.json()
    assert told["new"] and not again.json()["new"]
    assert again.json()["detection"] == told["detection"]
    assert (told["lon_deg"], told["lat_deg"]) == (pytest.approx(-179.9833333), pytest.approx(-17.5083333))
    [row] = [r for r in sightings(api) if r["detection"] == told["detection"]]
    assert (row["length_m"], row["semi_major_m"]) == (35.0, 926.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": "2026-03-14T05:00:00"}, "timezone"),
        ({"time": "2999-01-01T00:00:00Z"}, "more than 5 minutes after"),
        ({"time": "1985-01-01T00:00:00Z"}, "before 1990"),
        ({"lat": "95"}, "lat 95"),
        ({"lon": None}, "valid string"),
        ({"length_m": -3}, "greater than 0"),
        ({"length_m": "NaN"}, "finite"),
        ({"mmsi": 563000001}, "Extra inputs"),
        ({"remarks": "x" * 501}, "at most 500"),
    ],
)
def test_what_cannot_be_filed_is_refused_with_words(
    post: Post, api: httpx.Client, change: dict[str, Any], words: str
) -> None:
    before = len(sightings(api))
    answer = post(GOOD | change)
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]
    assert len(sightings(api)) == before


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"origin": None}, 403, "foreign_page"),
        ({"origin": "null"}, 403, "foreign_page"),
        ({"origin": "http://evil.example"}, 403, "foreign_page"),
        ({"origin": "http://127.0.0.1:1"}, 403, "foreign_page"),
        ({"sec_fetch_site": "cross-site"}, 403, "foreign_page"),
        ({"sec_fetch_site": "same-site"}, 403, "foreign_page"),
        ({"x_forwarded_for": "203.0.113.7"}, 403, "not_here"),
        ({"via": "1.1 proxy"}, 403, "not_here"),
        ({"host": "evil.example"}, 421, "wrong_host"),
        ({"content_type": "text/plain"}, 415, "not_json"),
        ({"content_type": "application/x-www-form-urlencoded"}, 415, "not_json"),
        ({"content_type": None}, 415, "not_json"),
    ],
)
def test_only_the_nodes_own_page_may_write(
    post: Post, api: httpx.Client, headers: dict[str, str | None], status: int, code: str
) -> None:
    before = len(sightings(api))
    answer = post(GOOD | {"length_m": 99.0}, **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "access-control-allow-origin" not in answer.headers
    assert len(sightings(api)) == before


def test_bodies_are_bounded(post: Post) -> None:
    assert post(b" " * 20_000).status_code == 413
    assert post(iter([b"{", b"}"])).status_code == 411
    assert post(b"{").status_code == 400
    assert post(b"[" * 8_000).status_code == 400


def test_nothing_else_can_be_written(post: Post, node: str) -> None:
    assert post({}, "/api/v1/events").status_code == 405
    assert post({}, "/").status_code == 405
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = httpx.request(method, node + "/api/v1/sightings", headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_another_machine_is_nobody() -> None:
    headers = [(b"host", b"127.0.0.1:8470"), (b"origin", b"http://127.0.0.1:8470"), (b"content-length", b"2")]
    scope = {"type": "http", "scheme": "http", "headers": [*headers, (b"content-type", b"application/json")]}
    assert refusal(scope | {"client": ("127.0.0.1", 1)}) is None
    for client in (("192.0.2.7", 1), ("", 0), ("unix", 0), None):
        told = refusal(scope | {"client": client})
        assert told is not None and told[1] == "not_here"
