"""Reports to tracks: clean and segment. A kernel: frames in, frames out."""

from makara.tracks.clean import DUPLICATE_S
from makara.tracks.clocks import clocks, off_between, touched
from makara.tracks.left_out import left_out
from makara.tracks.segment import segment
from makara.tracks.tracks import chain, tracks

__all__ = ["DUPLICATE_S", "chain", "clocks", "left_out", "off_between", "segment", "touched", "tracks"]
