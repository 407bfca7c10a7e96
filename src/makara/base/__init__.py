"""Ground: units, geodesy, time, ids, motion, errors. Imports nothing of ours."""
