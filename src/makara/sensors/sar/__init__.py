"""Radar imagery: clusters of bright pixels, and what they are."""
