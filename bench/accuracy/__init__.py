"""Accuracy against known truth, beside simple baselines: ``python -m bench.accuracy.<name>``."""
