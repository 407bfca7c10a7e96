"""Lets the tests of this folder import their helper ``events_made``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
