"""The one object behind every door: ``makara.open(path) -> Session``. Here the clock enters."""

from makara.session.exercise import exercise
from makara.session.session import Session, open, preview

__all__ = ["Session", "exercise", "open", "preview"]
