"""Tracks x detections x looks: where tracks are, which detection is which, what does not transmit. A kernel."""

from makara.fusion.match import match
from makara.fusion.predict import predict

__all__ = ["match", "predict"]
