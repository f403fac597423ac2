"""The database file is deleted under the running server, and comes back."""

from collections.abc import Iterator

from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, prepare
from torture.harness.crowd import at_once, counted
from torture.harness.lab import SQLITE, Lab
from torture.harness.ledger import acknowledged, audit
from torture.harness.ready import fault
from torture.harness.table import Result

SENT = 16


def run(lab: Lab) -> Iterator[Result]:
    with lab.fresh(SQLITE) as site, site.started(**BEHIND_PROXY) as server:
        yield from _delete(site, server)


def _delete(site: Site, server: Server) -> Iterator[Result]:
    submissions = prepare(server, 3 * SENT, SENT)
    requests = [each.request for each in submissions]
    before = at_once(server.port, requests[:SENT])
    # All of it: what is in the write-ahead log is a part of the database.
    files = [path for path in site.data.iterdir() if path.name.startswith("db.sqlite3")]
    aside = site.data / "aside"
    aside.mkdir()
    for file in files:
        file.rename(aside / file.name)
    during = at_once(server.port, requests[SENT : 2 * SENT], SENT)
    why = fault(server)
    made = (site.data / "db.sqlite3").exists()
    yield Result(
        "database file deleted under the server",
        f"/readyz: {why or 'ready'}; submissions {counted(during)};"
        f" {'a new file' if made else 'no file'} in its place",
        why is not None and {each.status for each in during} == {503} and not made,
    )
    for file in sorted(files, reverse=True):
        (aside / file.name).rename(file)
    after = at_once(server.port, requests[2 * SENT :], 2 * SENT)
    why = fault(server)
    figure, holds = audit(site, acknowledged(submissions, [*before, *after]))
    yield Result(
        "database file put back",
        f"/readyz: {why or 'ready'}; {figure}",
        why is None and holds and {each.status for each in after} == {201},
    )
