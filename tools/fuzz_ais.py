"""Fuzz the AIS decoder for a while: ``.venv/bin/python tools/fuzz_ais.py [--seconds 60] [--seed 0] [--coverage]``.

Makes hostile input (``tests/sensors/ais_fuzz.py``) and holds the laws to it, with every read and write of the compiled
kernels checked against the bounds of its array (``NUMBA_BOUNDSCHECK``); the checked code is compiled apart, into
``build/``. With ``--coverage`` the kernels run as plain Python under atheris (``make peers`` installs it), which looks
for input that takes new paths and keeps it in ``build/fuzz-ais``. An input that breaks a law is written to ``build/``,
its seed printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "sensors")]


def seeds(seconds: float, seed: int) -> int:
    """Seed after seed, kernels compiled with their bounds checked."""
    os.environ |= {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(BUILD / "numba-checked")}
    from random import Random

    from ais_fuzz import hostile, laws

    print("compiling with bounds checked, if not done before", file=sys.stderr)
    laws(0)
    end = time.monotonic() + seconds
    done = 0
    while time.monotonic() < end:
        try:
            laws(seed + done)
        except BaseException:
            path = BUILD / f"fuzz-ais-{seed + done}.nmea"
            path.write_bytes(hostile(Random(seed + done)))
            print(f"seed {seed + done} breaks a law; its input is in {path}", file=sys.stderr)
            raise
        done += 1
    print(f"{done:,} inputs from seed {seed} on, no law broken")
    return 0


def coverage(seconds: float, seed: int) -> int:
    """Input that takes new paths, kernels as plain Python."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    warnings.simplefilter("ignore", RuntimeWarning)  # plain NumPy numbers tell of overflows that are meant
    sys.path.append(str(next((ROOT / ".venv-peers" / "lib").glob("python3.*")) / "site-packages"))
    import atheris

    with atheris.instrument_imports(include=["makara.sensors.ais"]):
        from makara.sensors.ais import decode
    from random import Random

    from ais_fuzz import accounted, hostile, same, split

    def one(data: bytes) -> None:
        whole = decode(data)
        accounted(data, whole)
        same(whole, split(data, lambda: 50, 100))

    corpus = BUILD / "fuzz-ais"
    corpus.mkdir(parents=True, exist_ok=True)
    for k in range(50):
        (corpus / f"seed-{seed + k}").write_bytes(hostile(Random(seed + k)))
    options = [f"-max_total_time={int(seconds)}", "-max_len=2000", f"-seed={seed + 1}", f"-artifact_prefix={BUILD}/"]
    atheris.Setup([sys.argv[0], str(corpus), *options], one)
    atheris.Fuzz()
    return 0


def main() -> int:
    """Fuzz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coverage", action="store_true")
    given = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    return (coverage if given.coverage else seeds)(given.seconds, given.seed)


if __name__ == "__main__":
    sys.exit(main())
