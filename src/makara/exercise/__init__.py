"""A simulated sea with known truth: for training, demonstration and measurement.

``simulate`` answers the files of a case directory as bytes; nothing here reads or writes a file or a clock.
"""

from __future__ import annotations

from makara.exercise.case import START, Case, simulate
from makara.exercise.routes import LandMask

__all__ = ["START", "Case", "LandMask", "simulate"]
