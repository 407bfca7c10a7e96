"""Live feeds with real sockets, a real broker and real kills: nothing that was accepted is lost, or counts twice."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import polars as pl
import pytest

import makara
from makara.base.errors import InputError, LakeLockedError, SettingsError, UsageError
from makara.lake.spool import Line, Spool
from makara.session import follow
from makara.sources import _live, _spool, listen, mqtt
from makara.sources import source as source_of

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sources" / "samples"
MAKARA = Path(sys.executable).parent / "makara"
TAGGED = (SAMPLES / "case" / "reports_terrestrial.nmea").read_bytes().splitlines()
BARE = [line.rpartition(b"\\")[2] for line in TAGGED if b"!" in line]
"""Three positions and a static message in two parts, without a time."""


def sentence(mmsi: int) -> bytes:
    """A position report of a vessel, as its station sends it."""
    bits = f"{1:06b}{0:02b}{mmsi:030b}{0:04b}{0:08b}{50:010b}0{6_000_000:028b}{3_000_000:027b}"
    bits += f"{900:012b}{511:09b}{60:06b}{0:02b}{0:03b}{0:01b}{0:019b}"
    payload = "".join(
        chr(v + 48 if v < 40 else v + 56) for v in (int(bits[i : i + 6], 2) for i in range(0, len(bits), 6))
    )
    body = f"AIVDM,1,1,,A,{payload},0"
    check = 0
    for c in body.encode():
        check ^= c
    return f"!{body}*{check:02X}".encode()


def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def spooled(lake: Path) -> int:
    """Lines on disk that the lake does not have yet."""
    total = 0
    for file in (lake / "spool").glob("*.sqlite"):
        with sqlite3.connect(file) as db:
            total += db.execute("SELECT count(*) FROM lines").fetchone()[0]
        db.close()
    return total


@contextmanager
def following(lake: Path, source: str, address: str, **more: Any) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """A session that follows in a thread; yields what it says, and what it did, there after the end."""
    news: list[str] = []
    done: dict[str, Any] = {}
    stop: list[Event] = []

    def run() -> None:
        more.setdefault("walk", False)
        done.update(makara.open(lake).follow(source, address, say=news.append, started=stop.append, **more))

    thread = Thread(target=run)
    thread.start()
    try:
        until(lambda: news or not thread.is_alive())
        yield news, done
    finally:
        if stop:
            stop[0].set()
        thread.join(60)
        assert not thread.is_alive()


def port_of(news: list[str]) -> int:
    return int(until(lambda: next((x for x in news if x.startswith("listening")), "")).split(":")[1].split(" ")[0])


def datagrams(port: int, lines: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for line in lines:
            out.sendto(line + b"\r\n", ("127.0.0.1", port))
            time.sleep(0.0005)


def test_a_server_is_followed_and_found_again(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        begun = datetime.now(UTC)
        port = server.getsockname()[1]
        with following(lake, "tcp", f"127.0.0.1:{port}", every_s=0.5, receiver="terrestrial") as (news, done):
            first, _ = server.accept()
            first.sendall(b"\r\n".join(BARE[:2]) + b"\r\n" + BARE[2][:20])
            first.close()
            second, _ = server.accept()
            second.sendall(b"\r\n".join([b"nonsense", *BARE[2:]]) + b"\r\n")
            until(lambda: spooled(lake) == 0 and makara.open(lake).status()["rows"]["reports"] >= 3)
            second.close()
    assert any("closed the connection; again in 1 s" in x for x in news)
    assert sum("connected" in x for x in news) >= 2
    assert done["lines"] == 4 + len(BARE) - 2
    assert (done["reports"], done["claims"]) == (3, 1)
    session = makara.open(lake)
    reports = session.reports()
    assert set(reports["source"]) == {"tcp"}
    assert set(reports["receiver"]) == {"terrestrial"}
    assert reports["t_known"].is_between(begun, datetime.now(UTC)).all()
    late = (reports["t_known"] - reports["t_seen"]).dt.total_milliseconds()
    assert late.is_between(0, 1).all(), "a sentence without a time was seen when it was received"
    raw = session.rejects()["raw"].to_list()
    assert b"nonsense" in raw
    assert BARE[2][:20] in raw, "a half line is kept, as it was received"
    assert not any((lake / "spool").iterdir()), "what is in the lake leaves the spool"


def test_parts_are_not_cut_and_origins_do_not_mix(tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    t = int(now.timestamp()) * 1_000_000
    one, two = (x for x in BARE if b"VDM,2," in x)
    rows = [(1, t, "a", BARE[0]), (2, t, "a", one), (3, t, "b", BARE[2]), (4, t, "b", one)]
    assert _spool.whole(rows, t + 1_000_000) == 1, "a part waits for the others"
    assert _spool.whole([*rows, (5, t, "a", two)], t + 1_000_000) == 3, "b's part still waits"
    assert _spool.whole([*rows, (5, t, "a", two), (6, t, "b", two)], t + 1_000_000) == 6
    assert _spool.whole(rows, t + 11_000_000) == 4, "after ten seconds it is lost"
    assert _spool.whole([(1, t, "a", b"$PGHP,1,2026")], t) is None
    segment = tmp_path / "x.lines"
    stamp = "2026-03-01T12:00:00Z"
    mixed = [("a", one), ("b", one), ("a", two), ("b", b"!AIVDM,2,2,0,A,00000,2*13")]
    segment.write_bytes(b"".join(f"{stamp}\t{o}\t".encode() + x + b"\n" for o, x in mixed))
    found = [b for b in source_of("tcp").read(segment, {}) if "claims" in b.frames]
    claims = pl.concat([b.frames["claims"] for b in found])
    assert claims["name"].to_list()[0] == "EXAMPLE PETREL"
    assert claims["line"].to_list()[0] == 3
    assert set(claims["t_known"]) == {now}


@pytest.mark.parametrize(
    ("line", "timed"),
    [
        (b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F", True),
        (b"\\s:st*5C\\!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F", True),
        (b"\\c:1709294400*53\\!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F", False),
        (b"\\g:1-2-33*59\\!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F", False),
        (b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F,rST1,1709294400", False),
        (b"2024-03-01T12:00:00Z !AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5F", False),
        (b"", False),
    ],
)
def test_only_sentences_without_a_time_are_given_that_of_their_receipt(line: bytes, timed: bool) -> None:
    out = _spool.with_time(line, 1_709_294_400_123_000)
    assert (out != line) == timed
    if timed:
        found = makara_decode(out)
        assert found["t_seen"].to_list() == [datetime(2024, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)]


def makara_decode(line: bytes) -> pl.DataFrame:
    from makara.sensors import ais

    return ais.decode(line + b"\n").reports


def test_what_was_spooled_survives_a_kill_at_any_point(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    makara.open(lake)
    every = []
    for n, point in enumerate(("cut", "taken")):
        child = subprocess.Popen(
            [sys.executable, HERE / "follow_until.py", lake, "0", point], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout
        said = child.stdout.readline()
        port = int(said.split(":")[1].split(" ")[0])
        lines = [sentence(338_000_000 + 100 * n + i) for i in range(40)] + [b"rubbish %d" % n]
        datagrams(port, lines)
        assert child.wait(60) == -signal.SIGKILL
        child.stdout.close()
        every.append(spooled(lake))
        if point == "cut":
            assert makara.open(lake).status()["rows"]["reports"] == 0
    assert every[0] > 0
    with following(lake, "listen", "udp://127.0.0.1:0", every_s=1000) as (_, done):
        pass
    assert spooled(lake) == 0
    assert done["left_behind"] >= 1
    session = makara.open(lake)
    reports, rejects = session.reports(), session.rejects()
    assert reports["mmsi"].n_unique() == len(reports)
    kept = len(reports) + len(rejects)
    assert kept >= every[0] + 1, "all that was on disk at each death is in the lake"
    assert rejects["raw"].n_unique() == len(rejects), "a segment that was taken in twice is taken in once"
    assert len(list((lake / "spool").iterdir())) == 0


def test_the_command_stops_on_sigterm_and_keeps_all(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    child = subprocess.Popen(
        [MAKARA, "follow", lake, "listen", "127.0.0.1:0", "--every", "1000", "--no-run", "--receiver", "own"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stderr
    port = int(child.stderr.readline().split("127.0.0.1:")[1].split(" ")[0])
    datagrams(port, [sentence(338_000_000 + i) for i in range(30)])
    with socket.create_connection(("127.0.0.1", port)) as out:
        out.sendall(b"".join(sentence(338_001_000 + i) + b"\n" for i in range(500)))
    until(lambda: spooled(lake) == 530)
    child.send_signal(signal.SIGTERM)
    out_text, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    done = json.loads(out_text)
    assert (done["lines"], done["reports"], done["segments"], done["runs"]) == (530, 530, 1, 0)


def test_two_processes_do_not_follow_the_same_feed_and_a_busy_lake_is_waited_for(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    with following(lake, "listen", "udp://127.0.0.1:0", every_s=0.3) as (news, done):
        port = port_of(news)
        with pytest.raises(LakeLockedError, match="another process"):
            makara.open(lake).follow("listen", "udp://127.0.0.1:0", for_s=0)
        with makara.open(lake).lake.write():
            datagrams(port, [sentence(338_000_001)])
            until(lambda: any("wait on disk" in x for x in news))
        until(lambda: makara.open(lake).status()["rows"]["reports"] == 1)
    assert done["lines"] == 1


def test_a_feed_without_a_mark_is_refused_before_anything_is_received(tmp_path: Path) -> None:
    session = makara.open(tmp_path / "lake")
    with pytest.raises(SettingsError, match="feed 'harbour' has no mark"):
        session.follow("listen", "127.0.0.1:0", feed="harbour", for_s=0)
    with pytest.raises(UsageError, match="no live source"):
        session.follow("danish", "127.0.0.1:0", for_s=0)
    with pytest.raises(UsageError, match="is no address"):
        session.follow("listen", "harbour", for_s=5)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="is the port in use"):
        session.follow("listen", f"tcp://127.0.0.1:{taken.getsockname()[1]}", for_s=5)


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "CLIENTS", 2)
    got: list[tuple[str, bytes]] = []
    news: list[str] = []
    stop = Event()
    thread = Thread(
        target=listen.receive,
        args=("tcp://127.0.0.1:0", {}, lambda origin, line, safe: got.append((origin, line)), news.append, stop),
    )
    thread.start()
    port = port_of(news)
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    for n, c in enumerate(clients):
        c.settimeout(10)
        if n < 2:
            c.sendall(b"from %d\nhalf" % n)
    assert clients[2].recv(10) == b""
    until(lambda: len(got) == 2)
    clients[0].close()
    until(lambda: len(got) == 3)
    stop.set()
    thread.join(10)
    for c in clients:
        c.close()
    assert sorted(x for _, x in got) == [b"from 0", b"from 1", b"half", b"half"]
    assert any("turned away" in x for x in news)


def test_lines_are_bounded() -> None:
    lines = _live.Lines()
    long = b"x" * (3 * _live.LINE_BYTES)
    got = [line for i in range(0, len(long), 1000) for line in lines.feed(long[i : i + 1000])]
    got += [*lines.feed(b"tail\nnext\r\n\r\nhalf"), *lines.end()]
    assert [len(x) for x in got] == [_live.LINE_BYTES, 4, 4]
    assert got[1:] == [b"next", b"half"]
    assert _live.message(b'{"a":\n1}\r\n') == [b'{"a": 1}']
    assert _live.message(b"one\r\ntwo\n\n") == [b"one", b"two"]


def test_a_spool_cuts_the_same_segment_again(tmp_path: Path) -> None:
    with Spool(tmp_path, "x") as spool:
        spool.append([Line(0, 10, "a\tb", b"one"), Line(0, 20, "c", b"two\twith tab")])
        lines = spool.waiting()
        spool.cut(lines[0].id)
        path = spool.segment(spool.waiting())
        first = path.read_bytes()
        assert first == b"1970-01-01T00:00:00.000010Z\ta b\tone\n"
        spool.append([Line(0, 30, "c", b"three")])
    with Spool(tmp_path, "x") as spool:
        again = spool.waiting()
        assert spool.segment(again).read_bytes() == first
        spool.done(again[-1].id, path)
        assert [x.data for x in spool.waiting()] == [b"two\twith tab", b"three"]


# -- MQTT, with a real broker


@contextmanager
def broker(tmp_path: Path, port: int, **listener: Any) -> Iterator[None]:
    """A broker that lets in the user ``watch`` alone."""
    from amqtt.broker import Broker
    from amqtt.contexts import BrokerConfig
    from pwdlib.hashers.argon2 import Argon2Hasher

    users = tmp_path / "users"
    users.write_text(f"watch:{Argon2Hasher(time_cost=1, memory_cost=64).hash('rabbit:hole')}\n")
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}", **listener}},
        "plugins": {
            "amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(users)},
        },
    }
    loop = asyncio.new_event_loop()
    held: list[Any] = []

    async def start() -> None:
        held.append(Broker(BrokerConfig.from_dict(config), loop=loop))
        await held[0].start()

    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(held[0].shutdown(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as s:
        return int(s.getsockname()[1])


def publish(port: int, messages: list[tuple[str, bytes]]) -> None:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("watch", "rabbit:hole")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(20)
    client.disconnect()
    client.loop_stop()


@pytest.mark.filterwarnings("ignore")
def test_a_broker_is_followed_by_who_has_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, port = tmp_path / "lake", free_port()
    now = datetime.now(UTC) - timedelta(seconds=5)
    secret = tmp_path / "secret"
    secret.write_text("watch:rabbit:hole\n")
    place = {"time": int(now.timestamp()), "sog": 10.7, "cog": 326.6, "lon": 20.3, "lat": 60.0, "heading": 511}
    with broker(tmp_path, port):
        with pytest.raises(InputError, match="refuses"):
            makara.open(lake).follow("mqtt", f"mqtt://127.0.0.1:{port}/vessels-v2/#", for_s=20, form="digitraffic")
        address = f"mqtt://127.0.0.1:{port}/vessels-v2/#"
        more: dict[str, Any] = {"form": "digitraffic", "connection": {"password-file": str(secret)}, "every_s": 0.5}
        with following(lake, "mqtt", address, **more) as (news, done):
            until(lambda: any(x.startswith("connected") for x in news))
            publish(port, [
                ("vessels-v2/230000001/location", json.dumps(place, indent=1).encode()),
                ("vessels-v2/230000002/location", json.dumps(place | {"lon": 21.3}).encode()),
                ("vessels-v2/230000002/location", b"{broken"),
                ("elsewhere/230000003/location", json.dumps(place).encode()),
            ])  # fmt: skip
            until(lambda: makara.open(lake).status()["rows"]["reports"] == 2)
        assert done["lines"] == 3
        assert done["rejects"] == {"bad_row": 1}
        monkeypatch.setenv("MAKARA_MQTT_USER", "watch")
        monkeypatch.setenv("MAKARA_MQTT_PASSWORD", "rabbit:hole")
        with following(lake, "mqtt", f"mqtt://127.0.0.1:{port}/ais/+/nmea", every_s=0.5) as (news, done):
            until(lambda: any(x.startswith("connected") for x in news))
            publish(port, [("ais/st1/nmea", b"\r\n".join(BARE))])
            until(lambda: makara.open(lake).status()["rows"]["reports"] == 5)
        assert (done["lines"], done["reports"], done["claims"]) == (len(BARE), 3, 1)
    assert set(makara.open(lake).reports()["mmsi"]) >= {230000001, 230000002}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for a certificate")
def test_tls_is_held_to_its_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, cert, port = tmp_path / "key.pem", tmp_path / "cert.pem", free_port()
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(make, check=True, capture_output=True)
    monkeypatch.setenv("MAKARA_MQTT_USER", "watch")
    monkeypatch.setenv("MAKARA_MQTT_PASSWORD", "rabbit:hole")
    address = f"mqtts://localhost:{port}/ais/#"
    with broker(tmp_path, port, ssl=True, certfile=str(cert), keyfile=str(key)):
        news: list[str] = []
        makara.open(tmp_path / "lake").follow("mqtt", address, for_s=3, say=news.append)
        assert not any(x.startswith("connected") for x in news), "an unknown certificate is not trusted"
        assert any("is its certificate known" in x for x in news)
        with following(tmp_path / "lake", "mqtt", address, connection={"ca": str(cert)}) as (news, _):
            until(lambda: any(x.startswith("connected") for x in news))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("mqtt://host/a/#", mqtt.Address(False, False, "host", 1883, "a/#")),
        ("mqtts://host/a", mqtt.Address(True, False, "host", 8883, "a")),
        ("mqtts://host:443/vessels-v2/+/location?ws", mqtt.Address(True, True, "host", 443, "vessels-v2/+/location")),
        ("http://host/a", "no MQTT address"),
        ("mqtts://user:pass@host/a", "must hold no user and password"),
        ("mqtts://host", "names no topic"),
        ("mqtts://host:x/a", "is no address"),
    ],
)
def test_mqtt_addresses(address: str, found: mqtt.Address | str) -> None:
    if isinstance(found, str):
        with pytest.raises(UsageError, match=found):
            mqtt.address_of(address)
    else:
        assert mqtt.address_of(address) == found


def test_passwords_come_from_where_they_should(tmp_path: Path) -> None:
    assert mqtt.credentials(None, {}) == (None, None)
    assert mqtt.credentials(None, {"MAKARA_MQTT_USER": "a", "MAKARA_MQTT_PASSWORD": "b"}) == ("a", "b")
    (tmp_path / "odd").write_text("no colon")
    with pytest.raises(UsageError, match="user:password"):
        mqtt.credentials(str(tmp_path / "odd"), os.environ)
    with pytest.raises(UsageError, match="cannot be read"):
        mqtt.credentials(str(tmp_path / "none"), os.environ)


def test_a_segment_that_cannot_be_taken_in_is_kept_and_the_feed_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = tmp_path / "lake"
    makara.open(lake)
    refused: list[str] = []
    real = follow.ingest

    def once(*args: Any) -> Any:
        if not refused:
            refused.append("x")
            raise InputError("poison")
        return real(*args)

    monkeypatch.setattr(follow, "ingest", once)
    with following(lake, "listen", "udp://127.0.0.1:0", every_s=0.3) as (news, done):
        port = port_of(news)
        datagrams(port, [sentence(338_000_001)])
        until(lambda: any("poison" in x for x in news))
        datagrams(port, [sentence(338_000_002)])
        until(lambda: makara.open(lake).status()["rows"]["reports"] == 1)
    assert makara.open(lake).reports()["mmsi"].to_list() == [338_000_002]
    (kept,) = (lake / "spool").glob("*.refused")
    assert sentence(338_000_001) in kept.read_bytes()
    monkeypatch.setattr(follow, "ingest", real)
    taken = makara.open(lake).ingest("listen", kept)
    assert taken["reports"] == 1, "what was kept can be taken in once the cause is gone"
    assert done["lines"] == 2


def test_a_real_log_sent_live_gives_what_its_file_gives(data_dir: Path, tmp_path: Path) -> None:
    """Stations' tag blocks, groups over several lines, parts, cut into segments: the rows are the same."""
    log = gzip.decompress((data_dir / "nmea" / "uscg_nais_20160728_a.nmea.gz").read_bytes())
    log = log[: log.index(b"\n", 600_000) + 1]
    (tmp_path / "whole.nmea").write_bytes(log)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with following(tmp_path / "live", "tcp", address, every_s=0.4) as (_, done):
            out, _ = server.accept()
            for i in range(0, len(log), 65_000):
                out.sendall(log[i : i + 65_000])
                time.sleep(0.2)
            out.close()
            until(lambda: spooled(tmp_path / "live") == 0)
    file, live = makara.open(tmp_path / "file"), makara.open(tmp_path / "live")
    taken = file.ingest("nmea", tmp_path / "whole.nmea")
    assert done["lines"] == log.count(b"\n")
    assert done["segments"] > 1
    assert done["rejects"] == taken["rejects"]
    for table, key in (("reports", "report"), ("claims", "claim")):
        assert live.view(table)[key].sort().equals(file.view(table)[key].sort())
