"""Tracks x detections x looks: where tracks are, who is heard, which detection is which, what is silent. A kernel."""

from makara.fusion.match import match
from makara.fusion.predict import predict
from makara.fusion.reception import reception
from makara.fusion.structures import structures

__all__ = ["match", "predict", "reception", "structures"]
