"""The database file is deleted under the running server, then put back."""

from collections.abc import Iterator

from benchmarks.harness.site import Server, Site
from benchmarks.harness.submissions import BEHIND_PROXY, build_submissions
from torture.harness.audit import acknowledged_digests, audit_drawings
from torture.harness.client_pool import format_statuses, send_together
from torture.harness.readiness import read_current_fault
from torture.harness.table import Result
from torture.harness.workspace import SQLITE, Workspace

SENT = 16


def run(workspace: Workspace) -> Iterator[Result]:
    with workspace.fresh_site(SQLITE) as site, site.started(**BEHIND_PROXY) as server:
        yield from _delete_database(site, server)


def _delete_database(site: Site, server: Server) -> Iterator[Result]:
    submissions = build_submissions(server, 3 * SENT, SENT)
    requests = [each.request for each in submissions]
    before = send_together(server.port, requests[:SENT])
    # With the write-ahead log, which is part of the database.
    files = [path for path in site.data.iterdir() if path.name.startswith("db.sqlite3")]
    aside = site.data / "aside"
    aside.mkdir()
    for file in files:
        file.rename(aside / file.name)
    during = send_together(server.port, requests[SENT : 2 * SENT], SENT)
    fault = read_current_fault(server)
    is_recreated = (site.data / "db.sqlite3").exists()
    yield Result(
        "database file deleted under the server",
        f"/readyz: {fault or 'ready'}; submissions {format_statuses(during)};"
        f" {'a new file' if is_recreated else 'no file'} in its place",
        fault is not None and {each.status for each in during} == {503} and not is_recreated,
    )
    for file in sorted(files, reverse=True):
        (aside / file.name).rename(file)
    after = send_together(server.port, requests[2 * SENT :], 2 * SENT)
    fault = read_current_fault(server)
    figure, holds = audit_drawings(site, acknowledged_digests(submissions, [*before, *after]))
    yield Result(
        "database file put back",
        f"/readyz: {fault or 'ready'}; {figure}",
        fault is None and holds and {each.status for each in after} == {201},
    )
