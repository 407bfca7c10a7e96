"""Where, under whose law: tags points with zones, distance to shore and to anchorages. A kernel."""

from makara.zones.anchorages import anchorages
from makara.zones.coast import Coast, coast_from
from makara.zones.depth import Depth, depth_from
from makara.zones.land import Land, land_from
from makara.zones.shore import Shore, shore_from
from makara.zones.tag import tag

__all__ = [
    "Coast",
    "Depth",
    "Land",
    "Shore",
    "anchorages",
    "coast_from",
    "depth_from",
    "land_from",
    "shore_from",
    "tag",
]
