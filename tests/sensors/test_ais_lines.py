"""Lines of NMEA: what precedes and follows a sentence, tag blocks, checksums, parts of messages, half lines."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais import encode_dict

from makara.base.errors import UsageError
from makara.sensors.ais import Decoded, Resume, decode, decode_chunks
from makara.sensors.ais._blocks import blocks

T = datetime(2024, 3, 1, 12, 0, 0, tzinfo=UTC)
EPOCH = 1709294400


def checksum(body: bytes) -> int:
    return reduce(xor, body, 0)


_BODY = b"AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0"
ONE = b"!%b*%02X" % (_BODY, checksum(_BODY))
WRONG = b"!%b*%02X" % (_BODY, checksum(_BODY) ^ 1)


def block(body: str) -> bytes:
    return f"\\{body}*{checksum(body.encode()):02X}\\".encode()


def static(mmsi: int, name: str, seq: int, channel: str = "A", **more: object) -> list[bytes]:
    """The two sentences of a type 5."""
    fields = {"msg_type": 5, "mmsi": mmsi, "shipname": name, "imo": 9000003, "destination": "NOWHERE", **more}
    return [
        s.encode() for s in encode_dict(fields, radio_channel=channel, seq_id=seq, talker_id="AI", sentence_type="VDM")
    ]


def only(found: Decoded) -> dict[str, object]:
    assert len(found.reports) == 1, found.rejects
    return found.reports.row(0, named=True)


@pytest.mark.parametrize(
    "line",
    [
        block(f"s:ST-1,c:{EPOCH}") + ONE,
        block(f"c:{EPOCH}000,s:ST-1,n:17") + ONE,
        block(f"g:1-2-77,s:ST-1,c:{EPOCH}") + ONE,
        f"\\s:ST-1,c:{EPOCH}\\".encode() + ONE,
        block(f"s:ST-1,c:{EPOCH}") + b"\r\n" + ONE,
        b"2019-04-19 00:00:00,804: " + block(f"s:ST-1,c:{EPOCH}") + ONE,
        block("s:ST-1") + block(f"c:{EPOCH}") + ONE,
        block("s:ST-1,c:7") + b"\n" + block(f"c:{EPOCH}") + ONE,
    ],
    ids=["seconds", "milliseconds", "group", "no checksum", "own line", "local log time", "two blocks", "both"],
)
def test_tag_block_tells_time_and_station(line: bytes) -> None:
    row = only(decode(line + b"\r\n"))
    assert (row["t_seen"], row["station"]) == (T, "ST-1")


@pytest.mark.parametrize(
    ("line", "station"),
    [
        (ONE + b",b003669710,1709294400", "b003669710"),
        (ONE + b",s29101,d-090,T15.10098863,x26003,r003669945,1709294400", "r003669945"),
        (ONE + b",d-075,S0119,t132041.00,T41.52235483,r07SMAY1,1709294400", "r07SMAY1"),
        (ONE + b",1709294400000", None),
        (b"$PGHP,1,2024,3,1,12,0,0,0,219,2,2190047,1,00*2B\n" + ONE + b",1709299999000", "2190047"),
        (b"2024-03-01T12:00:00Z " + ONE, None),
        (b"2024-03-01 14:00:00.000+02:00;" + ONE, None),
        (b"1709294400 " + ONE, None),
    ],
)
def test_times_and_stations_of_loggers(line: bytes, station: str | None) -> None:
    if line.startswith(b"$"):
        body = line[1 : line.index(b"*")]
        line = b"$%b*%02X%b" % (body, checksum(body), line[line.index(b"*") + 3 :])
    row = only(decode(line))
    assert (row["t_seen"], row["station"]) == (T, station)


@pytest.mark.parametrize(
    "line",
    [
        b'7,1709294400,"' + ONE + b'"',
        b"219000001,1709294400," + ONE + b",x",
        b"7;2024-03-01T12:00:00Z;" + ONE,
        b'"' + ONE + b'",2024-03-01T12:00:00.000Z',
    ],
)
def test_times_in_fields_of_a_table(line: bytes) -> None:
    assert only(decode(line))["t_seen"] == T


def test_groups_in_the_short_form() -> None:
    one, two = static(219000001, "ONE", 1)
    first, second = block(f"1G2:77,s:ST-1,c:{EPOCH}") + one, block("2G2:77") + two
    row = decode(b"\n".join([first, ONE, second])).claims.row(0, named=True)
    assert (row["t_seen"], row["station"], row["name"]) == (T, "ST-1", "ONE")
    assert decode(b"\n".join([first, block("2G2:78") + two])).claims.is_empty()


def test_a_sentence_behind_a_cut_one() -> None:
    cut = block(f"s:LOST,c:{EPOCH + 9}") + ONE[:30]
    assert (only(decode(ONE[:30] + ONE))["t_seen"], only(decode(cut + ONE))["station"]) == (None, None)
    row = only(decode(cut + block(f"s:ST-1,c:{EPOCH}") + ONE))
    assert (row["t_seen"], row["station"]) == (T, "ST-1")


def gatehouse(check: int, station: str = "2190047") -> bytes:
    body = f"PGHP,1,2024,3,1,12,0,0,0,219,2,{station},1,{check:02X}".encode()
    return b"$%b*%02X" % (body, checksum(body))


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_gatehouse_check_of_several_sentences_is_that_of_all_together(size: int) -> None:
    one, two = static(219000001, "ONE", 1)
    both = int(one[-2:], 16) ^ int(two[-2:], 16)

    def told(check: int, *lines: bytes) -> tuple[object, object]:
        data = b"\n".join([block("s:OTHER") + ONE, gatehouse(check), *lines]) + b"\n"
        row = Decoded.concat(decode_chunks(data, chunk_bytes=size)).claims.row(0, named=True)
        return row["t_seen"], row["station"]

    assert told(both, one, two) == (T, "2190047")
    assert told(both, one, ONE, two) == (T, "2190047")
    assert told(both, one + b",1709299999", two) == (T, "2190047")
    assert told(both, block(f"s:ST-1,c:{EPOCH + 9}") + one, two) == (T + timedelta(seconds=9), "ST-1")
    assert told(both ^ 1, one, two) == (None, None)
    assert told(both, two, one) == (None, None)


def test_a_tag_block_on_its_own_line_is_for_the_next_sentence_only() -> None:
    tagged = block(f"s:ST-1,c:{EPOCH}")
    found = decode(b"\n".join([tagged, WRONG, ONE, tagged, ONE, ONE]))
    assert found.reports["t_seen"].to_list() == [None, T, None]
    for other in (ONE[:-3], b"$GPGLL,,,,,,V,N*64", tagged + ONE[:20]):
        assert only(decode(b"\n".join([tagged, other, ONE])))["t_seen"] is None
    for other in (b"", b"# note", gatehouse(0x7F)):
        assert only(decode(b"\n".join([tagged, other, ONE])))["t_seen"] == T


def test_gatehouse_time_is_for_its_own_sentence_only() -> None:
    body = b"PGHP,1,2024,3,1,12,0,0,0,219,2,2190047,1,00"
    other = b"PGHP,1,2024,3,1,12,0,0,0,219,2,2190047,1,7F"
    assert only(decode(b"$%b*%02X\n%b" % (body, checksum(body), ONE)))["t_seen"] == T
    found = decode(b"$%b*%02X\n%b" % (other, checksum(other), ONE))
    assert only(found)["t_seen"] is None
    assert found.stats["meta"] == 1


def test_a_prefix_without_a_zone_is_no_time() -> None:
    assert only(decode(b"2024-03-01 12:00:00 " + ONE))["t_seen"] is None
    assert only(decode(b"2024-13-01T12:00:00Z " + ONE))["t_seen"] is None
    assert only(decode(b"2024-02-30T12:00:00Z " + ONE))["t_seen"] is None
    assert only(decode(b"2024-02-29T12:00:00Z " + ONE))["t_seen"] == datetime(2024, 2, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("epoch", "t"),
    [
        ("12x", None),
        ("0", None),
        ("00", None),
        ("", None),
        (f"{EPOCH}.25", T + timedelta(seconds=0.25)),
        (f"{EPOCH}.0000005", T + timedelta(microseconds=1)),
        (f"{EPOCH}000.5", T + timedelta(microseconds=500)),
        ("99999999999999", None),
    ],
)
def test_epochs_in_tag_blocks(epoch: str, t: datetime | None) -> None:
    assert only(decode(block(f"c:{epoch}") + ONE))["t_seen"] == t


def test_words_that_are_no_time_and_no_station() -> None:
    row = only(decode(ONE + b",1daasd4218,,"))
    assert (row["t_seen"], row["station"]) == (None, None)
    assert decode(b"\\c:oops,s:*00\\" + ONE).rejects["reason"].to_list() == ["bad_checksum"]


def test_checksums_are_verified() -> None:
    found = decode(
        WRONG + b"\n" + b"\\s:A,c:1*00\\" + ONE + b"\n\\s:B*ZZ\\\n!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0\n"
    )
    assert found.rejects["reason"].to_list() == ["bad_checksum"] * 3 + ["bad_row"]
    assert found.rejects["line"].to_list() == [1, 2, 3, 4]
    assert found.rejects["offset"].to_list() == [0, 48, 108, 117]
    assert found.rejects["raw"][0] == WRONG
    assert found.reports.is_empty()


def test_everything_else_is_counted_or_rejected_with_a_reason() -> None:
    zda = b"ANZDA,000000.00,01,03,2024,00,00"
    lines = [
        b"# a comment",
        b"",
        b"hello",
        b"$%b*%02X" % (zda, checksum(zda)),
        b"$PFOO,INVALID",
        b"!AIVDM,1,1,,B,,0*25",
        ONE[:30],
    ]
    found = decode(b"\n".join(lines))
    assert found.rejects["reason"].to_list() == [
        "not_nmea", "unsupported_sentence", "not_nmea", "bad_payload", "truncated",
    ]  # fmt: skip
    assert found.stats["comments"] == 1
    assert found.stats["blank"] == 1
    assert found.stats["lines"] == 7
    assert sum(found.stats["rejects"].values()) == len(found.rejects)


def test_nul_bytes_and_carriage_returns_are_no_harm() -> None:
    found = decode(b"\0\0" + ONE[:10] + b"\0" + ONE[10:] + b"\r\n\0\r\n")
    assert len(found.reports) == 1
    assert found.rejects.is_empty()


def test_talkers_and_own_ship() -> None:
    lines = []
    for talker in (b"BSVDM", b"ABVDM", b"SAVDM", b"AIVDO", b"--VDM", b"!!VDM"):
        body = talker + b",1,1,,1,15M67FC000G?ufbE`FepT@3n00Sa,0"
        lines.append(b"!%b*%02X" % (body, checksum(body)))
    found = decode(b"\n".join(lines), receiver="terrestrial")
    assert found.reports["own"].to_list() == [False, False, False, True, False, False]
    assert found.reports["receiver"].to_list()[3] == "own"
    assert set(found.reports["radio_channel"]) == {"A"}


def test_group_lines_share_time_and_station() -> None:
    first, second = static(211000001, "GROUPED", 4)
    lines = [block(f"g:1-2-9,s:ST-2,c:{EPOCH}") + first, block("g:2-2-9") + second]
    claim = decode(b"\n".join(lines)).claims.row(0, named=True)
    assert (claim["t_seen"], claim["station"], claim["name"]) == (T, "ST-2", "GROUPED")


def test_a_group_s_time_may_stand_before_another_sentence() -> None:
    body = b"ARVSI,r003669945,1,060000.1,1,-90,0"
    first, second = static(211000001, "GROUPED", 4)
    lines = [block(f"g:1-3-9,s:ST-2,c:{EPOCH}") + b"$%b*%02X" % (body, checksum(body))]
    lines += [block("g:2-3-9") + first, block("g:3-3-9") + second]
    found = decode(b"\n".join(lines))
    claim = found.claims.row(0, named=True)
    assert (claim["t_seen"], claim["station"], claim["name"]) == (T, "ST-2", "GROUPED")
    assert found.stats["rejects"] == {"unsupported_sentence": 1}


@pytest.mark.parametrize("between", [b"", b"\r", b" ", b",r003669945,1709294400 "])
def test_sentences_whose_line_feed_was_lost_are_each_read(between: bytes) -> None:
    told = block(f"s:ST-2,c:{EPOCH}") + ONE
    found = decode(ONE + between + told + b"\n" + ONE + between + ONE[:20] + b"\n")
    assert len(found.reports) == 3
    assert found.reports.row(1, named=True)["station"] == "ST-2"
    assert found.reports["t_seen"][1] == T
    assert found.rejects.select("line", "offset", "raw").rows() == [
        (2, len(ONE + between) * 2 + len(told) + 1, ONE[:20])
    ]
    assert found.stats["lines"] == 2


def test_lost_parts_are_rejected_line_by_line() -> None:
    a, b = static(211000001, "FIRST", 1)
    c, d = static(211000002, "SECOND", 1)
    found = decode(b"\n".join([a, c, d, b]))
    assert found.claims["name"].to_list() == ["SECOND"]
    assert found.rejects.select("line", "reason").rows() == [(1, "lost_part"), (4, "lost_part")]
    body = b"AIVDM,2,3,1,A,00,0"
    assert decode(b"!%b*%02X" % (body, checksum(body))).rejects["reason"].to_list() == ["bad_row"]


def test_parts_received_more_than_a_minute_apart_do_not_belong_together() -> None:
    a, b = static(211000001, "SLOW", 1)
    lines = [block(f"s:S,c:{EPOCH}") + a, block(f"s:S,c:{EPOCH + 61}") + b]
    assert decode(b"\n".join(lines)).rejects["reason"].to_list() == ["lost_part"] * 2


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_interleaved_parts_come_together_in_any_order(data: st.DataObject) -> None:
    names = [f"SHIP {i}" for i in range(6)]
    lines = []
    for i, name in enumerate(names):
        for j, part in enumerate(static(211000000 + i, name, i % 3, "AB"[i // 3 % 2])):
            lines.append((block(f"s:S{i},c:{EPOCH + j}") if i % 2 else b"") + part)
    shuffled = data.draw(st.permutations(lines))
    found = decode(b"\n".join(shuffled) + b"\n")
    assert sorted(found.claims["name"]) == names
    assert found.rejects.is_empty()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000), st.integers(1, 200))
def test_garbage_never_raises_and_pieces_do_not_matter(garbage: bytes, size: int) -> None:
    data = garbage + b"\n" + ONE + b"\n" + garbage
    whole = decode(data)
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    cut = list(decode_chunks(pieces, chunk_bytes=size))
    together = Decoded.concat(cut)
    assert together.reports.equals(whole.reports)
    assert together.rejects.sort("offset").equals(whole.rejects.sort("offset"))
    assert together.stats == whole.stats
    assert len(whole.reports) >= 1
    s = whole.stats
    assert s["lines"] >= s["sentences"] + s["comments"] + s["blank"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="!\\$AIVDM,*0123456789:csg-wW`@\r\0 ", max_size=90), max_size=20))
def test_nearly_nmea_never_raises(lines: list[str]) -> None:
    found = decode("\n".join(lines).encode())
    assert set(found.rejects["reason"]) <= {
        "bad_checksum", "not_nmea", "unsupported_sentence", "bad_payload", "lost_part", "truncated", "bad_row",
    }  # fmt: skip


def test_an_endless_line_is_one_reject_and_no_burden() -> None:
    data = [b"x" * 50_000] * 30 + [b"tail\n" + ONE + b"\n"]
    got = list(blocks(data, 1_000_000))
    assert [sum(map(len, b.pieces)) for b in got] == [65_536, len(ONE) + 1]
    assert got[0].skipped == 1_500_005 - 65_536
    found = decode(iter(data), file="endless")
    assert found.rejects["reason"].to_list() == ["not_nmea"]
    assert len(found.rejects["raw"][0]) == 1024
    assert len(found.reports) == 1
    assert decode(b"".join(data), file="endless").rejects.equals(found.rejects)
    assert decode(b"".join(data) + WRONG).rejects["offset"].to_list() == [0, 1_500_005 + len(ONE) + 1]


def test_nothing_gives_empty_frames_with_all_columns() -> None:
    found = decode(b"")
    assert found.reports.is_empty()
    assert found.claims.is_empty()
    assert found.rejects.is_empty()
    assert found.reports.columns == decode(ONE).reports.columns
    assert found.reports.schema == decode(ONE).reports.schema


def test_untimed_messages_take_what_is_asked_for() -> None:
    base = encode_dict(
        {"msg_type": 4, "mmsi": 2110001, "year": 2024, "month": 3, "day": 1, "hour": 12, "lon": 10, "lat": 54}
    )
    data = b"\n".join([ONE, base[0].encode(), ONE])
    assert decode(data).reports["t_seen"].to_list() == [None, None, None]
    assert decode(data, time_from="base").reports["t_seen"].to_list() == [None, T, T]
    assert decode(data, time_from=T).reports["t_seen"].to_list() == [T, T, T]
    timed = block(f"c:{EPOCH}") + ONE
    assert only(decode(timed, time_from=datetime(2020, 1, 1, tzinfo=UTC)))["t_seen"] == T


def test_arguments_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="receiver"):
        decode(b"", receiver="moon")
    with pytest.raises(UsageError, match="zone"):
        decode(b"", time_from=datetime(2024, 1, 1))
    with pytest.raises(UsageError, match="base"):
        decode(b"", time_from="file")  # type: ignore[arg-type]


def test_keys_tell_receptions_apart_and_repeats_not() -> None:
    a = block(f"s:A,c:{EPOCH}") + ONE
    b = block(f"s:B,c:{EPOCH}") + ONE
    keys = decode(b"\n".join([a, a, b])).reports["report"]
    assert keys[0] == keys[1] != keys[2]
    assert keys.dtype == pl.Int64()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_growing_file_is_read_on_as_if_it_were_whole(data: st.DataObject) -> None:
    base = encode_dict({"msg_type": 4, "mmsi": 2110001, "year": 2024, "month": 3, "day": 1, "lon": 10, "lat": 54})
    lines = [base[0].encode(), WRONG, ONE, block(f"s:\xe9t\xe9,c:{EPOCH}"), ONE, b"$PGHP", ONE, b"", b"# no"]
    for i in range(4):
        a, b = static(211000000 + i, f"SHIP {i}", i)
        lines += [block(f"g:1-2-{i},s:S{i},c:{EPOCH}") + a, block(f"g:2-2-{i}") + b]
    whole = b"\n".join(data.draw(st.permutations(lines))) + data.draw(st.sampled_from([b"", b"\n"]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    parts: list[Decoded] = []
    start: Resume | None = None
    for cut in [*cuts, None]:
        at = start.offset if start else 0
        parts += decode_chunks(whole[at:cut], file="f", time_from="base", lines=True, start=start, final=cut is None)
        start = parts[-1].resume
        assert (start is None) == (cut is None)
    together, once = Decoded.concat(parts), Decoded.concat(decode_chunks(whole, file="f", time_from="base", lines=True))
    assert together.reports.equals(once.reports)
    assert together.claims.equals(once.claims)
    assert together.rejects.sort("line").equals(once.rejects.sort("line"))
    assert together.stats == once.stats
    assert once.stats["offset"] == len(whole)


def test_reading_on_without_what_was_held_loses_only_open_parts() -> None:
    a, b = static(211000001, "CUT", 1)
    data = b"\n".join([ONE, a, b, ONE]) + b"\n"
    at = len(ONE) + 1 + len(a) + 1
    found = Decoded.concat(decode_chunks(data[at:], start=Resume(at)))
    assert found.rejects.select("offset", "reason").rows() == [(at, "lost_part")]
    assert len(found.reports) == 1
    with pytest.raises(UsageError, match="damaged"):
        decode_chunks(b"", start=Resume(0, b"junk"))


def test_no_number_of_stations_groups_rejects_or_open_parts_is_too_much() -> None:
    lines = [block(f"g:1-2-{i},s:STATION{i % 45_000},c:{EPOCH}") + ONE for i in range(60_000)]
    first, second = static(211000001, "LATE", 1)
    lines[100] = block(f"g:1-2-x,s:STATION9,c:{EPOCH}") + first
    lines[9_000] = block("g:2-2-x") + second
    lines[40_000:40_000] = [b"x"] * 70_000
    lines += [block(f"g:1-2-{i}y,s:T{i}") + first for i in range(300)]
    found = decode(b"\n".join(lines))
    assert len(found.reports) == 60_000 - 2
    assert found.reports["station"][-1] == f"STATION{59_999 % 45_000}"
    assert found.reports["station"].n_unique() == 45_000
    assert found.claims.select("name", "station").rows() == [("LATE", "STATION9")]
    assert found.stats["rejects"] == {"not_nmea": 70_000, "lost_part": 300}
    assert found.rejects["line"].is_sorted()


def test_open_messages_of_one_key_are_bounded() -> None:
    parts = [static(211000000 + i, f"SHIP {i}", 1) for i in range(400)]
    lines = [block(f"s:S{i}") + a for i, (a, _) in enumerate(parts)]
    lines += [block(f"s:S{i}") + b for i, (_, b) in reversed(list(enumerate(parts)))]
    found = decode(b"\n".join(lines))
    assert len(found.claims) == 257
    assert found.stats["rejects"] == {"lost_part": 2 * (400 - 257)}


def test_memory_is_bounded_whatever_the_size() -> None:
    code = (
        "import sys\n"
        "from makara.sensors.ais import decode_chunks\n"
        f"piece = {ONE!r} + b'\\n'\n"
        "piece *= 20_000\n"
        "n = 0\n"
        "for found in decode_chunks(piece for _ in range(int(sys.argv[1]))): n += len(found.reports)\n"
        "peak = next(x for x in open('/proc/self/status') if x.startswith('VmHWM'))\n"
        "print(n, int(peak.split()[1]) // 1024)\n"
    )
    few, many = (
        [
            int(x)
            for x in subprocess.run([sys.executable, "-c", code, n], capture_output=True, check=True).stdout.split()
        ]
        for n in ("10", "60")
    )
    assert (few[0], many[0]) == (200_000, 1_200_000)
    assert many[1] < few[1] + 100
    assert many[1] < 600
