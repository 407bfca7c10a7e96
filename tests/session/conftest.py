"""A walked lake of the small simulated sea, with partners of whom one may see coverage."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import makara

sys.path.insert(0, str(Path(__file__).parent))

PARTNERS = """
[partners.FJI]
name = "Fiji"
tier = "foreign"

[partners.TON]
name = "Tonga"
tier = "foreign"

[[policies]]
policy = "fiji-coverage"
partner = "FJI"
effect = "allow"
tables = ["reception"]
kinds = ["*"]
zones = ["eez-fji"]
buffer_m = 0
columns = ["*"]
delay_s = 0
coarsen = {}
purposes = ["operations"]
"""


@pytest.fixture(scope="session")
def walked(shared: Any, sea_case: Path, tmp_path_factory: pytest.TempPathFactory) -> makara.Session:
    """Six hours of a sea, walked in one step."""

    def make(here: Path) -> None:
        where = here / "lake"
        makara.open(where)
        toml = where / "makara.toml"
        text = toml.read_text().replace("step_s = 900", "step_s = 86400").replace("amber+strict", "amber")
        toml.write_text(text.replace("release_to = []", 'release_to = ["FJI"]') + PARTNERS)
        session = makara.open(where)
        session.ingest("case", sea_case)
        session.run()

    mine = tmp_path_factory.mktemp("walked") / "lake"
    shutil.copytree(shared("walked", make) / "lake", mine)
    return makara.open(mine)
