"""Lets the tests of this folder import its helper ``small_world``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
