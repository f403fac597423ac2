"""Slow clients, many of them, at nginx as deploy/ ships it: what everybody else notices."""

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from statistics import mean

from benchmarks.harness import generator
from benchmarks.harness.generator import Plan, percentile
from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import prepare
from benchmarks.harness.table import WrongAnswerError
from tests.support.nginx import Nginx
from torture.harness.crowd import counted
from torture.harness.lab import SQLITE, Lab
from torture.harness.table import Result

SLOW = 1_500
FROM_EACH = 5  # from one address: fewer than nginx allows, so that it has to bear them
PAUSE_SECONDS = 3.0
SECONDS = 20
SHORT_SECONDS = 6
DRAWINGS = 200
READ = 50  # a second
SENT = 5  # a second
P95_MS = 200
# nginx ends two thirds of them after 10 s, and each opens again within PAUSE_SECONDS.
OPEN_SHARE = 0.8


def run(lab: Lab) -> Iterator[Result]:
    seconds = lab.scaled(SECONDS, SHORT_SECONDS)
    with lab.fresh(SQLITE, drawings=DRAWINGS) as site:
        (site.data / "nginx").mkdir()
        with (
            site.started(TRUSTED_PROXIES="1", SUBMIT_RATE="0") as server,
            Nginx(site.data / "nginx", server.port) as nginx,
        ):
            yield _measure(site, Server(nginx.port, server.pid), seconds)


def _measure(site: Site, proxy: Server, seconds: int) -> Result:
    paths = ["/gallery/", "/"]
    for drawing in site.ask("ids", DRAWINGS):
        paths += [f"/drawings/{drawing}/", f"/drawings/{drawing}/image.png"]
    reads = Plan([generator.get(path) for path in paths], READ, seconds)
    submissions = prepare(proxy, SENT * seconds, 20)
    sends = Plan([each.request for each in submissions], SENT, seconds)
    alone = generator.run(proxy.port, [reads])[0]
    with crowd(proxy.port, f"{paths[-1]}?scale=8") as held:
        read, sent = generator.run(proxy.port, [reads, sends])
    p95_alone, p95_read, p95_sent = (
        percentile(answers, 0.95) * 1000 for answers in (alone, read, sent)
    )
    connections = mean(held)
    return Result(
        f"{SLOW:,} slow connections at nginx for {seconds} s",
        f"{connections:,.0f} open on average; of others"
        f" p95 {p95_read:.0f} ms for pages and pictures ({READ}/s; {p95_alone:.0f} ms before),"
        f" {counted(read)};"
        f" {p95_sent:.0f} ms for submissions ({SENT}/s), {counted(sent)}",
        {each.status for each in read} == {200}
        and {each.status for each in sent} == {201}
        and connections > SLOW * OPEN_SHARE
        and max(p95_read, p95_sent) < P95_MS,
    )


class Client:
    """One slow connection, opened again when nginx has had enough of it.

    A third of them never end their header, a third their body, a third do not read the pictures
    that they asked for.
    """

    def __init__(self, number: int, port: int, picture: str) -> None:
        self.kind = number % 3
        self.port = port
        self.picture = picture
        place = number // FROM_EACH
        self.address = f"127.1.{place // 250}.{place % 250 + 1}"
        self.open()

    def open(self) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.bind((self.address, 0))
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.setblocking(False)
        if self.kind == 0:
            self.socket.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        elif self.kind == 1:
            head = "POST /drawings/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
            self.socket.send(head.encode())
        else:
            self.socket.send(
                f"GET {self.picture} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 20
            )

    def go_on(self) -> None:
        """Send one byte more; open another connection if this one has ended."""
        try:
            if self.kind < 2:
                self.socket.send(b"x")
                self.socket.recv(1)  # nothing but the end, or an error before it
            elif not self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.socket.close()
        self.open()


def count_connections(port: int) -> int:
    """Those at the port, as the kernel sees them."""
    rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    ours, is_established = f":{port:04X}", "01"
    return sum(row[1].endswith(ours) and row[3] == is_established for row in rows)


@contextmanager
def crowd(port: int, picture: str) -> Iterator[list[int]]:
    """SLOW clients, each with a connection, all the while; how many are open, as time goes on."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = [Client(number, port, picture) for number in range(SLOW)]
    held = []
    is_over = threading.Event()

    def go_on() -> None:
        for turn, client in enumerate(cycle(clients)):
            if is_over.wait(PAUSE_SECONDS / SLOW):
                return
            client.go_on()
            if turn % (SLOW // 3) == 0:
                held.append(count_connections(port))

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield held
        if not thread.is_alive():
            raise WrongAnswerError("The slow clients could not go on")
    finally:
        is_over.set()
        thread.join()
        for client in clients:
            client.socket.close()
