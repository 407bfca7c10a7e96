"""A page in a real browser, for tests."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


class Window:
    """A page that notes what it asks for and what goes wrong in it."""

    def __init__(self, browser: Browser, node: str, **context: Any) -> None:
        self.context = browser.new_context(**({"viewport": WIDE} | context))
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.node = node
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.on("console", lambda m: self.wrong.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.wrong.append(str(e)))

    def open(self, hash_: str = "") -> Page:
        self.page.goto("about:blank")
        self.page.goto(f"{self.node}/{hash_}")
        return self.settle()

    def settle(self) -> Page:
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.wait_for_selector('html[data-idle="true"]', state="attached")
        return self.page

    def pixels(self) -> dict[str, int]:
        """How many pixels of the map have which colour."""
        found: dict[str, int] = self.page.evaluate("""() => {
            const c = document.getElementById("map");
            const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
            const n = {};
            for (let i = 0; i < d.length; i += 4) {
                const k = [d[i], d[i + 1], d[i + 2]].join();
                n[k] = (n[k] || 0) + 1;
            }
            return n;
        }""")
        return found

    def land(self, frm: float = 0.0, to: float = 1.0) -> float:
        """Share of land among the pixels of a strip of the map (shares of its width)."""
        share: float = self.page.evaluate(
            """([frm, to]) => {
            const c = document.getElementById("map");
            const css = getComputedStyle(document.documentElement).getPropertyValue("--land").trim();
            const want = [1, 3, 5].map((i) => parseInt(css.slice(i, i + 2), 16)).join();
            const x = Math.round(c.width * frm), w = Math.max(1, Math.round(c.width * (to - frm)));
            const d = c.getContext("2d").getImageData(x, 0, w, c.height).data;
            let n = 0;
            for (let i = 0; i < d.length; i += 4) n += [d[i], d[i + 1], d[i + 2]].join() === want;
            return n / (d.length / 4);
        }""",
            [frm, to],
        )
        return share
