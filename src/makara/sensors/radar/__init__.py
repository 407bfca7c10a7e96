"""Coastal radars: plots and tracks out of ASTERIX bytes, and where polar measurements lie."""

from makara.sensors.radar.asterix import Fault, Plots, decode
from makara.sensors.radar.place import cartesian_place, polar_place

__all__ = ["Fault", "Plots", "cartesian_place", "decode", "polar_place"]
