"""The planted incidents, family by family, and the innocent look-alikes beside them.

Each incident says which vessels take part, which kinds of events it makes, and, where motion alone does not tell, when.
Times follow the length of the exercise; shorter ones leave out what does not fit, and no event is claimed that did not
happen: truth is told from motion, reception and looks. Each incident draws from randomness of its own, so that another
one changes nothing in it.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np

from makara.exercise.incidents import cables, craft, fisheries, meetings, papers, passages, spoof, tankers
from makara.exercise.incidents._stage import Planted, Stage

__all__ = ["Planted", "Stage", "alike", "plant"]
FAMILIES: Final = (meetings, fisheries, papers, cables, tankers, craft, spoof, passages)


def plant(stage: Stage, seed: int) -> None:
    """All incidents that fit into the exercise, in a fixed order."""
    for family in FAMILIES:
        for incident in family.PLANT:
            stage.rng = _own(seed, incident.__name__)
            incident(stage)


def alike(stage: Stage, seed: int) -> None:
    """All look-alikes, in a fixed order."""
    for family in FAMILIES:
        for innocent in family.ALIKE:
            stage.rng = _own(seed, innocent.__name__)
            innocent(stage)


def _own(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
