"""Notices: what they say, and sending them until they are taken."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.sending import send
from tasks.workplace import Workplace
from wizard.checks import CHECKS
from wizard.core.checks import HOP_TITLES, Hop
from wizard.core.health import OWNER
from wizard.core.news import Kind, News, Told, news_of
from wizard.core.runs import APPLY
from wizard.core.vantages import check_of
from wizard.core.verdicts import Level, Verdict
from wizard.net.messengers import send_message
from wizard.store import hosts, notices, receivers
from wizard.store.conclusions import Ended, Tell
from wizard.store.notices import Notice, Sending
from wizard.store.receivers import Wishes
from wizard.store.runs import Run

_TEST = Notice("", Kind.TEST, "Porthole can reach you", "This is the test you asked for. Nothing is wrong.")


def telling(place: Workplace, host_key: str) -> Tell:
    """What to tell after a run of this host ended."""
    saved = hosts.load_host(place.database, host_key)
    wishes = receivers.load_wishes(place.database)
    domain = saved.host.domain.name if saved else ""

    def tell(ended: Ended) -> tuple[Told, Sequence[Notice]]:
        warnings = {verdict.code: verdict.summary for _, verdict in _bad(ended.run, Level.WARNING)}
        told, news = news_of(
            ended.told,
            ended.health,
            warnings,
            by_owner=ended.run.cause == OWNER,
            wants_warnings=wishes.warnings,
        )
        return told, [compose(one, ended.run, domain, wishes) for one in news]

    return tell


def compose(news: News, run: Run, domain: str, wishes: Wishes) -> Notice:
    """The words of one notice: what is so, the first broken hop, what to do, where to look."""
    match news.kind:
        case Kind.DOWN:
            title, found = f"{domain} is not working", _bad(run, Level.FAILURE)[:1]
        case Kind.UP:
            title, found = f"{domain} works again", []
        case Kind.CERTIFICATE:
            title, found = f"The certificate of {domain} needs attention", _of_codes(run, news.codes)
        case _:
            title, found = f"{domain} works, with a new warning", _of_codes(run, news.codes)
    lines = []
    for row, verdict in found:
        where = f"{HOP_TITLES[_hop(row)]}: " if news.kind is Kind.DOWN else ""
        lines.append(f"{where}{verdict.summary}.")
        if verdict.remedy is not None:
            lines.append(f"What to do: {verdict.remedy.action.rstrip('.')}.")
    if run.finished_at is not None:
        lines.append(f"Checked {run.finished_at:%d %B, %H:%M} UTC.")
    if wishes.address:
        lines.append(f"{wishes.address.rstrip('/')}/hosts/{run.host_key}/checks/{run.id}")
    return Notice(f"{run.host_key}:{news.kind}:{run.id}.{run.version}", news.kind, title, "\n".join(lines))


def start_test(place: Workplace, receiver_id: int, occasion: str) -> int | None:
    """Send a test to one receiver soon; gives the notice, None when the receiver is gone or had this test."""
    test = Notice(f"test:{occasion}", _TEST.kind, _TEST.title, _TEST.body)
    notice_id = notices.add_test(place.database, receiver_id, test)
    if notice_id is not None:
        send("tell", notice_id)
    return notice_id


def deliver(place: Workplace, notice_id: int) -> None:
    """Send one notice if it is due; when that fails it is due again later, only a test is not tried again.

    A worker that dies between sending and noting it down makes the notice come twice: better than never.
    """
    sending = notices.take_notice(place.database, notice_id)
    if sending is None:
        return
    trouble = _send(place, sending)
    wait = notices.end_notice(place.database, notice_id, trouble, again=sending.kind != Kind.TEST)
    if wait is not None:
        send("tell", notice_id, wait=wait)


def deliver_due(place: Workplace) -> None:
    """Queue every notice that could be sent now: its place in the queue may have been lost."""
    for notice_id in notices.due_notices(place.database):
        send("tell", notice_id)


def _send(place: Workplace, sending: Sending) -> str:
    url = place.vault.open(sending.sealed)
    if not url:
        return "This address was kept with another secret key. Add it again"
    return send_message(url, sending.title, sending.body)


def _bad(run: Run, level: Level) -> list[tuple[str, Verdict]]:
    """The findings of at least this level, along the way from the server to the viewer."""
    found = [
        (one.check, verdict) for one in run.results for verdict in one.verdicts if verdict.level.rank >= level.rank
    ]
    return sorted(found, key=lambda pair: (list(Hop).index(_hop(pair[0])), -pair[1].level.rank))


def _of_codes(run: Run, codes: Sequence[str]) -> list[tuple[str, Verdict]]:
    return [(row, verdict) for row, verdict in _bad(run, Level.WARNING) if verdict.code in codes]


def _hop(row: str) -> Hop:
    check = CHECKS.get(check_of(row))
    return Hop.CADDY if check is None or row == APPLY else check.hop
