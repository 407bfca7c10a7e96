"""Templates of licences: what providers of sensor data commonly allow, to be named at ingest as they are or changed.

A new lake's makara.toml holds them all; one that is not in it permits nobody but the owner. Sources: the
legal notice on Sentinel data (Commission Delegated Regulation (EU) 1159/2013); Creative Commons, the deeds of BY 4.0
and BY-NC 4.0 (open data of commercial radar and optical providers); NextView, the end-user licence of the United
States for commercial imagery: imagery may go to partners in common operations, what is derived of it without pixels
further than that. The commercial templates are such a ladder. A contract beats its template.
"""

from __future__ import annotations

from typing import Final

from makara.lake.settings import Licence, Tiers

TIERS: Final = ("own", "domestic", "foreign", "public")
"""Tiers of partners, from the narrowest to the widest."""
_OPEN: Final = Tiers(raw="public", chip="public", detection="public")
TEMPLATES: Final[dict[str, Licence]] = {
    "own": Licence(permits=["*"]),
    "copernicus": Licence(permits=["*"], provider="copernicus", tiers=_OPEN),
    "cc-by-4.0": Licence(permits=["*"], tiers=_OPEN),
    "cc-by-nc-4.0": Licence(permits=["*"], tiers=_OPEN),
    "commercial-own": Licence(permits=["*"], tiers=Tiers()),
    "commercial-domestic": Licence(permits=["*"], tiers=Tiers(chip="domestic", detection="domestic")),
    "commercial-foreign": Licence(permits=["*"], tiers=Tiers(chip="domestic", detection="foreign")),
    "nextview": Licence(permits=["*"], tiers=Tiers(raw="domestic", chip="foreign", detection="foreign")),
    "partner": Licence(permits=["*"], tiers=Tiers(detection="domestic")),
}
"""By name: own sensors; open data; commercial products by the tier that was bought; a partner's products."""
ABOUT: Final[dict[str, str]] = {
    "own": "what the owner's own sensors see; policies alone decide",
    "copernicus": "Copernicus Sentinel data: free, full and open, with attribution",
    "cc-by-4.0": "open data with attribution",
    "cc-by-nc-4.0": "open data with attribution, not for commerce",
    "commercial-own": "bought for the owner alone",
    "commercial-domestic": "bought for the owner's country: pixels stay, chips and detections go to domestic partners",
    "commercial-foreign": "chips go to domestic partners, detections to foreign ones too",
    "nextview": "as NextView: pixels to domestic partners, chips and detections to foreign ones too",
    "partner": "products that a partner gave: what was found goes to domestic partners",
}
"""What each is for, a line."""
