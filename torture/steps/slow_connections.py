"""Many slow clients at nginx as deploy/ ships it: how other clients fare."""

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
from benchmarks.harness.submissions import build_submissions
from benchmarks.harness.table import WrongAnswerError
from tests.support.nginx import Nginx
from torture.harness.client_pool import format_statuses
from torture.harness.table import Result
from torture.harness.workspace import SQLITE, Workspace

SLOW_CLIENTS = 1_500
CLIENTS_PER_ADDRESS = 5  # fewer than nginx's limit, so that it accepts them all
PAUSE_SECONDS = 3.0
SECONDS = 20
SHORT_SECONDS = 6
DRAWINGS = 200
READS_PER_SECOND = 50
SENDS_PER_SECOND = 5
MAX_P95_MS = 200
# nginx closes two thirds of them after 10 s, and each reconnects within PAUSE_SECONDS.
OPEN_SHARE = 0.8


def run(workspace: Workspace) -> Iterator[Result]:
    seconds = workspace.scaled(SECONDS, SHORT_SECONDS)
    with workspace.fresh_site(SQLITE, drawings=DRAWINGS) as site:
        (site.data / "nginx").mkdir()
        with (
            site.started(TRUSTED_PROXIES="1", SUBMIT_RATE="0") as server,
            Nginx(site.data / "nginx", server.port) as nginx,
        ):
            yield _measure_others(site, Server(nginx.port, server.pid), seconds)


def _measure_others(site: Site, proxy: Server, seconds: int) -> Result:
    paths = ["/gallery/", "/"]
    for drawing in site.run_function("newest_ids", DRAWINGS):
        paths += [f"/drawings/{drawing}/", f"/drawings/{drawing}/image.png"]
    reads = Plan([generator.build_get_request(path) for path in paths], READS_PER_SECOND, seconds)
    submissions = build_submissions(proxy, SENDS_PER_SECOND * seconds, 20)
    sends = Plan([each.request for each in submissions], SENDS_PER_SECOND, seconds)
    alone = generator.run_plans(proxy.port, [reads])[0]
    with run_slow_clients(proxy.port, f"{paths[-1]}?scale=8") as open_counts:
        read, sent = generator.run_plans(proxy.port, [reads, sends])
    p95_alone, p95_read, p95_sent = (
        percentile(responses, 0.95) * 1000 for responses in (alone, read, sent)
    )
    connections = mean(open_counts)
    return Result(
        f"{SLOW_CLIENTS:,} slow connections at nginx for {seconds} s",
        f"{connections:,.0f} open on average; of others"
        f" p95 {p95_read:.0f} ms for pages and images ({READS_PER_SECOND}/s;"
        f" {p95_alone:.0f} ms before), {format_statuses(read)};"
        f" {p95_sent:.0f} ms for submissions ({SENDS_PER_SECOND}/s), {format_statuses(sent)}",
        {each.status for each in read} == {200}
        and {each.status for each in sent} == {201}
        and connections > SLOW_CLIENTS * OPEN_SHARE
        and max(p95_read, p95_sent) < MAX_P95_MS,
    )


class SlowClient:
    """One slow connection, reopened when nginx closes it.

    A third of the clients never end their header, a third never end their body, and a third do not
    read the images that they request.
    """

    def __init__(self, number: int, port: int, image_path: str) -> None:
        self.kind = number % 3
        self.port = port
        self.image_path = image_path
        group = number // CLIENTS_PER_ADDRESS
        self.address = f"127.1.{group // 250}.{group % 250 + 1}"
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
                f"GET {self.image_path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 20
            )

    def send_byte(self) -> None:
        """Send one more byte, or reconnect if the connection has ended."""
        try:
            if self.kind < 2:
                self.socket.send(b"x")
                self.socket.recv(1)  # BlockingIOError while the connection is open
            elif not self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.socket.close()
        self.open()


def count_connections(port: int) -> int:
    """The established connections at a local port, from /proc/net/tcp."""
    rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    ours, is_established = f":{port:04X}", "01"
    return sum(row[1].endswith(ours) and row[3] == is_established for row in rows)


@contextmanager
def run_slow_clients(port: int, image_path: str) -> Iterator[list[int]]:
    """Keep SLOW_CLIENTS connections busy. Yields a list that collects how many are open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = [SlowClient(number, port, image_path) for number in range(SLOW_CLIENTS)]
    open_counts: list[int] = []
    is_over = threading.Event()

    def keep_sending() -> None:
        for number, client in enumerate(cycle(clients)):
            if is_over.wait(PAUSE_SECONDS / SLOW_CLIENTS):
                return
            client.send_byte()
            if number % (SLOW_CLIENTS // 3) == 0:
                open_counts.append(count_connections(port))

    thread = threading.Thread(target=keep_sending)
    thread.start()
    try:
        yield open_counts
        if not thread.is_alive():
            raise WrongAnswerError("The slow clients have failed")
    finally:
        is_over.set()
        thread.join()
        for client in clients:
            client.socket.close()
