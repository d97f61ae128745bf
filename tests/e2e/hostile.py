"""A server on this machine that signs anybody in and then answers as badly as it is told to.

Plain threads and bytes, apart from the emulator: what it sends must not pass through careful hands.
"""

import json
import struct
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

MIB = 1 << 20


class Reply(NamedTuple):
    """An answer; `chunks` may be long, and is sent until nobody takes it any more."""

    chunks: Iterable[bytes]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Answering = Callable[[str], Reply]


@dataclass
class Hostile:
    """What the server was asked, by "METHOD path"; sign-ins do not count."""

    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def hostile(answering: Answering) -> Iterator[Hostile]:
    """Serve `answering`, which is handed the path and query of each request."""
    seen = Hostile()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._send(Reply([b'{"access_token": "CANARY", "expires_in": 3600}']))

        def do_GET(self) -> None:
            with lock:
                seen.asked[f"GET {self.path}"] += 1
            self._send(answering(self.path))

        def _send(self, reply: Reply) -> None:
            try:
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                for chunk in reply.chunks:
                    self.wfile.write(chunk)
            except OSError:
                pass  # the client has had enough

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()


def bomb(mebibytes: int) -> bytes:
    """So many mebibytes of blanks, compressed to a thousandth: one gzip file, each mebibyte as the first."""
    blanks = b" " * MIB
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    one = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)
    check = reduce(lambda found, _: zlib.crc32(blanks, found), range(mebibytes), 0)
    header, last = b"\x1f\x8b\x08" + bytes(7), b"\x03\x00"
    return header + one * mebibytes + last + struct.pack("<II", check, mebibytes * MIB)


class Ended(NamedTuple):
    """A process that has ended; `peak` is in bytes, children included."""

    code: int
    out: str
    err: str
    peak: int


_MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=120)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, done.stdout[-20000:], done.stderr[-20000:], peak]))
"""
_UNIT = 1 if sys.platform == "darwin" else 1024


_UNPACED = """
import asyncio
from reconciler.__main__ import main
from reconciler.clock import SystemClock

SystemClock.sleep = lambda _, __: asyncio.sleep(0)
main()
"""


def measured(*words: str, is_paced: bool = True) -> Ended:
    """Run the command line in a process of its own, below one so small that its size does not count.

    Between fork and exec a child counts as large as its parent, and a parent full of tests is large. Where it
    is not paced, it asks for a thousand pages without a wait for its turn, which takes half a minute.
    """
    program = ["-m", "reconciler"] if is_paced else ["-c", _UNPACED]
    command = [sys.executable, "-c", _MEASURE, sys.executable, *program, *words]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=150)
    code, out, err, peak = json.loads(told.stdout)
    return Ended(code, out, err, peak * _UNIT)
