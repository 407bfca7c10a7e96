"""A small simulated sea in a real lake, with a partner and hostile names, served on this machine."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from makara.session import Session, exercise
from makara.session import open as open_session
from makara.web import create_app

sys.path.insert(0, str(Path(__file__).parent))
from browsing import ARGUMENTS

CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = '<img src=x onerror="document.title=1">'
HOSTILE_ZONE = "<script>document.title=2</script>"
PARTNER = """
[licences.open]
permits = ["*"]

[partners.FJI]
name = "Fiji"
tier = "foreign"

[partners.TON]
name = "Tonga <b>bold</b>"
tier = "foreign"

[[policies]]
policy = "fiji-eez"
partner = "FJI"
effect = "allow"
tables = ["events", "alerts", "vessels", "vessel_links", "track_points", "detections", "collections",
  "matches", "zones"]
kinds = ["*"]
zones = ["eez-fji"]
buffer_m = 185200
columns = ["*"]
delay_s = 0
coarsen = {}
purposes = ["operations"]

[[policies]]
policy = "no-callsigns"
partner = "FJI"
effect = "deny"
tables = ["vessels"]
kinds = ["*"]
zones = ["*"]
buffer_m = 0
columns = ["callsign"]
delay_s = 0
coarsen = {}
purposes = ["*"]
"""


@pytest.fixture(scope="session")
def sea(shared: Callable[[str, Callable[[Path], object]], Path], tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Six hours of a simulated sea, by the hour, with a vessel, a zone and a reason that are markup; a small budget."""
    mine = tmp_path_factory.mktemp("web") / "lake"
    shutil.copytree(shared("web", make_sea) / "lake", mine)
    return open_session(mine)


def make_sea(home: Path) -> None:
    exercise(7, home / "case", hours=6, vessels=60)
    open_session(home / "lake")
    toml = home / "lake" / "makara.toml"
    shared = toml.read_text().replace("release_to = []", 'release_to = ["FJI"]').replace("amber+strict", "amber")
    toml.write_text(shared.replace("budget = 20", "budget = 3").replace("step_s = 900", "step_s = 3600") + PARTNER)
    session = open_session(home / "lake")
    session.ingest("case", home / "case")
    hostile = home / "hostile.csv"
    rows = [
        f"563999001,2026-03-14T13:{m:02d}:00,{-18.4 + m / 600:.4f},179.9000,8.0,0.0,0.0,{csv(HOSTILE)}"
        for m in range(0, 60, 5)
    ]
    hostile.write_text("\n".join(["MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName", *rows]) + "\n")
    session.ingest("marinecadastre", hostile)
    zone = {
        "type": "Feature",
        "properties": {"zone": "hostile", "name": HOSTILE_ZONE, "kind": "closed", "authority": "X"},
        "geometry": {"type": "Polygon", "coordinates": [[[179, -19], [180, -19], [180, -17], [179, -17], [179, -19]]]},
    }
    zones = home / "zones.geojson"
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [zone]}))
    session.ingest("zones", zones)
    session.suppress(rule="dark", why=HOSTILE, who="bob")  # the walk goes on with all that is new


def csv(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.fixture(scope="session")
def node(sea: Session) -> Iterator[str]:
    """The address of a node that serves the sea."""
    config = uvicorn.Config(create_app(sea), host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive(), "the node did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def api(node: str) -> Iterator[httpx.Client]:
    """A client of the API."""
    with httpx.Client(base_url=node + "/api/v1", timeout=60) as client:
        yield client


@pytest.fixture
def hostile() -> tuple[str, str]:
    """Names of a vessel and of a zone in the sea that are markup."""
    return HOSTILE, HOSTILE_ZONE


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium; without it, the tests of the page are skipped, but fail under CI."""
    found = shutil.which("chromium") or (str(CHROMIUM) if CHROMIUM.exists() else None)
    if found is None:
        message = "no browser: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return Path(found)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield found
        found.close()


Rows = Callable[..., list[dict[str, object]]]


@pytest.fixture
def rows(api: httpx.Client) -> Rows:
    """Rows of a table, as asked."""

    def ask(table: str, **query: object) -> list[dict[str, object]]:
        answer = api.get(table, params={k: v for k, v in query.items() if v is not None})  # type: ignore[misc]
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["rows"]
        return found

    return ask
