"""NMEA lines to tables, ours and five peers: a corpus of 1.2 million sentences, bare and with tag blocks."""

from __future__ import annotations

import resource
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from bench import _agreement, _corpus, _measure

ROOT = Path(__file__).resolve().parents[1]
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
SENTENCES = 1_200_000
COMPARED = 200_000
RUNS = 1
FORMS = {"plain.nmea": "bare", "tagged.nmea": "tag blocks"}
TITLE = "Decode: NMEA lines to tables of reports and claims"
NOTE = (
    "Each peer makes one table of 14 columns of plain values (time, type, MMSI, place, speed, course, heading, status, "
    "IMO number, name, call sign, ship type, destination), as its users would; ours makes reports and claims with all "
    'their columns, ids, instants, nulls for "not available", and rejects. In process: without the start of the '
    "process, its imports and the loading of compiled code. Why counts differ: pyais and aiscat decode sentences with "
    "a wrong checksum too; aiscat loses interleaved parts where no tag block groups them; gpsd's decoder puts one "
    "message together at a time; libais has no answer to binary messages that it does not know, nor to lengths that "
    "it does not expect; marlin stops reading after a tag block whose line is cut, and gives the fields of nine types. "
    "gpsd's decoder and marlin do not tell the times of tag blocks; gpsd's JSON has places of type 27 to 0.1 degrees."
)


def prepare(directory: Path) -> dict[str, Any]:
    """The corpus, a small one to warm up on, and a part of it to compare the decoders' answers on."""
    size = _corpus.make(directory, SENTENCES)
    for name, lines in (("small.nmea", 2000), ("compared.nmea", COMPARED)):
        with open(directory / "plain.nmea", "rb") as file:
            (directory / name).write_bytes(b"".join(islice(file, lines)))
    return size


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def ours(form: str, directory: Path) -> dict[str, Any]:
    """makara.decode: reports, claims, rejects, with ids, times and nulls."""
    import makara

    makara.decode(directory / "small.nmea")
    before = _cpu_s()
    found = makara.decode(directory / form)
    return {"made": found.stats["messages"], "what": "messages", "inside_cpu_s": _cpu_s() - before}


def first_use(directory: Path) -> dict[str, Any]:
    """Decode two thousand lines: what it costs when nothing is compiled yet."""
    import makara

    return {"made": makara.decode(directory / "small.nmea").stats["messages"], "what": "messages"}


def remarks(directory: Path) -> str:
    """What compilation costs at first use, and whether all come to the same answers."""
    command = [sys.executable, "-m", "bench", "--subject", "decode", "first use", str(directory)]
    with tempfile.TemporaryDirectory(prefix="makara-numba-") as cache:
        costs = [_measure.run(command, ROOT, {"NUMBA_CACHE_DIR": cache}).cpu_s for _ in range(2)]
    compiled = f"First use on a machine compiles the decoder: {costs[0] - costs[1]:.1f} CPU-s once, kept on disk.\n\n"
    return compiled + _agreement.told(directory / "compared.nmea", PEERS_PYTHON, ROOT)


Subject = Callable[[Path], dict[str, Any]] | list[str]
SUBJECTS: dict[str, Subject] = {
    **{f"makara.decode, {told}": partial(ours, form) for form, told in FORMS.items()},
    **{
        f"{title}, {told}": [str(PEERS_PYTHON), "-m", "bench._peer", peer, f"{{directory}}/{form}"]
        for peer, title in _agreement.TITLES.items()
        for form, told in FORMS.items()
    },
}
HIDDEN: dict[str, Subject] = {"first use": first_use}
"""Subjects that have no row in the table."""
