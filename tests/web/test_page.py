"""The page in a real browser: what it shows, for whom, and that it works by hand, by keyboard and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import PHONE, Window
from playwright.sync_api import Browser, Page, expect

BUDGET_BYTES = 60_000
FIJI = "#view=180,-18,7"


@pytest.fixture
def window(browser: Browser, node: str) -> Iterator[Window]:
    opened = Window(browser, node)
    yield opened
    opened.context.close()
    assert opened.wrong == []


@pytest.fixture
def phone(browser: Browser, node: str) -> Iterator[Window]:
    opened = Window(browser, node, viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True)
    yield opened
    opened.context.close()
    assert opened.wrong == []


def view_of(page: Page) -> list[float]:
    return [float(x) for x in page.evaluate("() => new URLSearchParams(location.hash.slice(1)).get('view')").split(",")]


def test_a_fresh_load_is_small_and_asks_nobody_else(window: Window) -> None:
    sizes: dict[str, int] = {}
    window.page.on("requestfinished", lambda r: sizes.__setitem__(r.url, r.sizes()["responseBodySize"]))
    window.open()
    assert {urlsplit(u).netloc for u in window.asked if not u.startswith("about:")} == {urlsplit(window.node).netloc}
    page = {u: n for u, n in sizes.items() if "/api/" not in u}
    assert any("/coast/" in u for u in page)
    assert sum(page.values()) <= BUDGET_BYTES, page
    assert len(page) <= 20


def test_the_map_shows_land_sea_and_vessels(window: Window) -> None:
    window.open()
    found = window.pixels()
    assert len(found) > 50
    assert max(found.values()) < 0.9 * sum(found.values())
    assert window.land() > 0.05
    expect(window.page.locator("#age")).to_contain_text("Newest position")
    expect(window.page.locator("#count")).to_contain_text("vessels")
    expect(window.page.locator("#range")).to_contain_text("Z to ")
    expect(window.page.get_by_text("Not for navigation")).to_be_visible()


def test_an_alert_says_why_and_shows_where(window: Window) -> None:
    page = window.open()
    before = window.pixels()
    page.locator("#list li button").first.click()
    panel = page.locator("#panel")
    expect(panel).to_be_visible()
    expect(panel.locator(".why")).not_to_be_empty()
    for title in ("Reasons", "What its rank is made of", "What innocent thing looks the same", "Evidence"):
        expect(panel.get_by_role("heading", name=title)).to_be_visible()
    window.settle()
    assert window.pixels() != before
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#list li button").first).to_be_focused()


def test_what_is_raised_listed_and_suppressed_stands_apart_with_its_reason(
    window: Window, api: Any, hostile: Any
) -> None:
    page = window.open()
    where = api.get("picture").json()["alerts"]["where"]
    order = [w for w in ("raised", "told", "listed", "suppressed", "withdrawn") if w in where]
    assert {"raised", "told", "listed", "suppressed"} <= set(order) and where == sorted(where, key=order.index)
    heads = page.locator("#list li.part")
    expect(heads).to_have_count(len(order) - 1)
    expect(heads.first).to_contain_text("Told by another alert")
    page.locator("#list li.part:has-text('Told by') + li button").click()
    expect(page.locator("#panel .note")).to_contain_text("The same happening is told by alert")
    page.keyboard.press("Escape")
    expect(page.locator("#list li.part:has-text('Listed')")).to_contain_text("budget")
    page.locator("#list li.part:has-text('Listed') + li button").click()
    expect(page.locator("#panel .note")).to_contain_text("Listed, not raised")
    page.keyboard.press("Escape")
    page.locator("#list li.part:has-text('Suppressed') + li button").click()
    expect(page.locator("#panel .note")).to_contain_text(hostile[0])
    page.locator("#panel").get_by_role("heading", name="What would change our mind").wait_for()
    partner = api.get("picture", params={"partner": "FJI"}).json()["alerts"]
    assert set(partner["where"]) <= {"raised", "withdrawn"}, "what an owner is told first is its own business"


def test_a_click_on_the_map_opens_what_is_there(window: Window, api: Any) -> None:
    picture = api.get("picture").json()
    lon, lat = (picture["vessels"][c][0] / 10_000 for c in ("x", "y"))
    page = window.open(f"#view={lon},{lat},13")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#panel")).to_be_visible()


def test_a_vessel_leads_to_its_events_and_back(window: Window) -> None:
    page = window.open()
    page.locator("#list li button", has_text="Encounter").first.click()
    page.locator("#panel .link").first.click()
    expect(page.locator("#panel dt", has_text="MMSI")).to_be_visible()
    page.locator("#panel .link", has_text="Encounter").first.click()
    expect(page.locator("#panel .why")).to_be_visible()


def test_finding_narrows_the_list(window: Window) -> None:
    page = window.open()
    page.get_by_role("tab", name="Vessels").click()
    name = page.locator("#list strong").nth(3).inner_text()
    page.get_by_label("Find").fill(name.lower())
    expect(page.locator("#list strong").first).to_have_text(name)
    page.get_by_label("Find").fill("no such vessel")
    expect(page.locator("#list")).to_contain_text("Nothing matches")


def test_a_partners_view_is_smaller_and_says_why(window: Window) -> None:
    page = window.open()
    own = int(page.locator("#tab-vessels .n").inner_text())
    expect(page.locator("#released")).to_be_hidden()
    page.get_by_label("View of").select_option("FJI")
    expect(page.locator("#released-text")).to_contain_text("Withheld: ")
    window.settle()
    theirs = int(page.locator("#tab-vessels .n").inner_text())
    assert 0 < theirs < own
    page.get_by_role("button", name="What is withheld").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("touches no zone that a policy gives")
    expect(panel).to_contain_text("vessels.callsign")
    page.keyboard.press("Escape")
    page.locator("#list li button").first.click()
    expect(page.locator("#panel .why")).to_be_visible()
    page.get_by_label("View of").select_option("TON")
    expect(page.locator("#age")).to_contain_text("No positions")
    expect(page.locator("#list")).to_contain_text("There are no alerts")


def test_everything_works_from_the_keyboard(window: Window) -> None:
    page = window.open()
    page.locator("#map").focus()
    start = view_of(window.open(FIJI))
    page.locator("#map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    moved = view_of(page)
    assert (moved[0] - start[0]) % 360 < 180
    assert moved[0] != start[0]
    assert moved[1] > start[1]
    page.keyboard.press("+")
    assert view_of(page)[2] > moved[2]
    page.keyboard.press("-")
    assert view_of(page)[2] == pytest.approx(moved[2], abs=0.02)
    page.get_by_role("tab", name="Alerts").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Vessels")).to_be_focused()
    expect(page.get_by_role("tab", name="Vessels")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Find")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#list li button").first).to_be_focused()


def test_names_that_are_markup_stay_text(window: Window, hostile: tuple[str, str]) -> None:
    vessel, zone = hostile
    page = window.open(FIJI)
    title = page.title()
    page.get_by_role("tab", name="Vessels").click()
    page.get_by_label("Find").fill(vessel[:8])
    page.locator("#list li button", has_text=vessel).click()
    expect(page.locator("#panel h2")).to_have_text(vessel)
    page.keyboard.press("Escape")
    page.get_by_label("Find").fill("")
    page.get_by_role("tab", name="Alerts").click()
    page.get_by_label("Find").fill(zone)
    page.locator("#list li button").first.click()
    expect(page.locator("#panel li", has_text=zone).first).to_be_visible()
    page.get_by_label("View of").select_option("TON")
    window.settle()
    assert page.locator("img, #panel script, #list script").count() == 0
    assert page.title() == title


def test_the_map_runs_on_across_180(window: Window) -> None:
    window.open(FIJI)
    east = window.pixels()
    assert window.land(0.0, 0.5) > 0.01  # Viti Levu
    window.open("#view=-180,-18,7")
    assert window.pixels() == east
    window.open("#view=180,0,1.5")
    assert window.land(0.0, 0.4) > 0.05  # Asia
    assert window.land(0.6, 1.0) > 0.05  # the Americas
    window.page.locator("#map").focus()
    for _ in range(40):
        window.page.keyboard.press("ArrowRight")
        assert -180 <= view_of(window.page)[0] <= 180
    window.settle()
    assert window.land() > 0.05


def test_a_phone_has_no_sideways_scroll_and_big_enough_targets(phone: Window) -> None:
    page = phone.open()
    assert phone.land() > 0.02
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("#list li button").first.tap()
    expect(page.locator("#panel .why")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert (
        page.evaluate("() => { const s = document.getElementById('side'); return s.scrollWidth - s.clientWidth; }") <= 0
    )
    page.locator("#legend summary").tap()
    small = page.evaluate("""() => {
        const every = document.querySelectorAll("button, a, select, input:not([type=checkbox]), label, summary");
        return [...every].map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([, r]) => r.width && (r.height < 24 || r.width < 24))
            .map(([h, r]) => `${h} ${r.width} x ${r.height}`);
    }""")
    assert small == []


def test_two_fingers_zoom(phone: Window) -> None:
    page = phone.open(FIJI)
    before = view_of(page) if "view" in page.url else [180.0, -18.0, 7.0]
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = phone.context.new_cdp_session(page)

    def fingers(kind: str, gap: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": x - gap, "y": y, "id": 0}, {"x": x + gap, "y": y, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 30)
    for gap in (40, 60, 80, 100):
        fingers("touchMove", gap)
    fingers("touchEnd", 0)
    phone.settle()
    assert view_of(page)[2] > before[2] + 0.5


def test_the_link_holds_view_partner_and_alert(window: Window) -> None:
    page = window.open()
    page.get_by_label("View of").select_option("FJI")
    window.settle()
    page.locator("#list li button").first.click()
    expect(page.locator("#panel .why")).to_be_visible()
    why, link = page.locator("#panel .why").inner_text(), page.evaluate("() => location.hash")
    window.open(link)
    expect(page.get_by_label("View of")).to_have_value("FJI")
    expect(page.locator("#panel .why")).to_have_text(why)
    assert view_of(page)[:2] == pytest.approx(
        [float(x) for x in link.split("view=")[1].split("&")[0].split("%2C")[:2]], abs=1e-3
    )


def test_at_night_it_is_dark(browser: Browser, node: str) -> None:
    dark = Window(browser, node, color_scheme="dark")
    dark.open(FIJI)
    brightest = max(dark.pixels().items(), key=lambda kv: kv[1])[0]
    assert sum(int(v) for v in brightest.split(",")) < 150
    assert dark.wrong == []
    dark.context.close()


def test_a_node_that_fails_is_not_an_empty_sea(browser: Browser, node: str) -> None:
    window = Window(browser, node)
    window.page.route("**/api/**", lambda route: route.abort())
    window.page.goto(node)
    expect(window.page.locator("#count")).to_contain_text("did not answer")
    window.context.close()


def test_a_missing_coast_is_asked_for_sparingly(browser: Browser, node: str) -> None:
    window = Window(browser, node)
    window.page.route("**/coast/1*", lambda route: route.abort())
    window.open(FIJI)
    window.page.wait_for_timeout(500)
    assert sum("/coast/1" in u for u in window.asked) <= 12
    assert window.land() > 0.01  # the coarse world stands in
    window.context.close()
