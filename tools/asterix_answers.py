"""Write what a GPL decoder of ASTERIX makes of bytes that our tests make: tests/sensors/asterix_answers.json.

    make peers && .venv/bin/python tools/asterix_answers.py

The decoder (asterix-decoder) lives in .venv-peers/ and runs in a process of its own; nothing of it is kept but the
numbers that it reads.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "sensors"))

from asterix_made import block, drawn, record  # noqa: E402

PEER = ROOT / ".venv-peers" / "bin" / "python"
ASK = "import asterix, json, sys; print(json.dumps(asterix.parse(sys.stdin.buffer.read(), verbose=False)))"
LEFT_OUT = ("SP", "RE", "250", "120", "240", "260")
"""What that decoder does not know, or reads by other editions."""
SAME = {
    10: {"sac": ("010", "SAC"), "sic": ("010", "SIC"), "tod_s": ("140", "ToD"), "kind": ("000", "MsgTyp"),
         "lat_deg": ("041", "Lat"), "lon_deg": ("041", "Lon"), "range_m": ("040", "RHO"),
         "bearing_deg": ("040", "Theta"), "east_m": ("042", "X"), "north_m": ("042", "Y"), "track": ("161", "TrkNb"),
         "length_m": ("270", "Length"), "width_m": ("270", "Width")},
    48: {"sac": ("010", "SAC"), "sic": ("010", "SIC"), "tod_s": ("140", "ToD"), "range_m": ("040", "RHO"),
         "bearing_deg": ("040", "THETA"), "east_m": ("042", "X"), "north_m": ("042", "Y"), "track": ("161", "Tn"),
         "sog_kn": ("200", "CGS"), "cog_deg": ("200", "CHdg")},
}  # fmt: skip


def main() -> None:
    """Ask, and write the answers."""
    mixed = random.Random(11)
    data = b"".join(
        block(c, *(record(c, drawn(mixed, c, without=LEFT_OUT)) for _ in range(4))) for _ in range(40) for c in (10, 48)
    )
    done = subprocess.run([str(PEER), "-c", ASK], input=data, capture_output=True, check=True)
    rows = []
    for told in json.loads(done.stdout):
        fields = SAME[told["category"]]
        found = {n: told.get(f"I{item}", {}).get(field) for n, (item, field) in fields.items()}
        present = [n for n, (item, _) in fields.items() if f"I{item}" in told]
        values = {n: None if v is None else round(float(v["val"]), 9) for n, v in found.items()}
        rows.append([told["category"], present, values])
    path = ROOT / "tests" / "sensors" / "asterix_answers.json"
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in rows)
    path.write_text(f'{{"data":"{data.hex()}",\n"rows":[\n{lines}\n]}}\n')
    print(f"{len(rows)} records to {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
