"""Radar scenes of the simulated sea, rendered pixel by pixel, so that the real detector has something to find."""

from makara.exercise.radar.geometry import View
from makara.exercise.radar.render import Rendered, render
from makara.exercise.radar.ships import Target

__all__ = ["Rendered", "Target", "View", "render"]
