"""Sinks: what leaves, in the forms that others read. Each takes a Release and nothing else."""

from __future__ import annotations

from makara.sinks.geojson import geojson
from makara.sinks.rows import to_csv, to_json, to_jsonl
from makara.sinks.stac import stac

__all__ = ["geojson", "stac", "to_csv", "to_json", "to_jsonl"]
