"""Every background job, a few lines each. Only ids cross the queue, and each may run twice.

The one exception is what goes to a worker elsewhere and comes back: see `tasks.observing`.
"""

from __future__ import annotations

from typing import Any

from tasks import app
from tasks.applying import apply_revision
from tasks.checking import carry_out
from tasks.concluding import catch_up, conclude_run
from tasks.discovering import carry_out_discovery
from tasks.live import take_look
from tasks.observing import take_observation
from tasks.profiling import carry_out_profile
from tasks.queueing import advance, follow_up, resume_dead, resume_lost, send
from tasks.reading import forget_old, read_all
from tasks.reading import read_log as read_log_of
from tasks.scheduling import clear_old, start_due
from tasks.signals import living_workers, worker_name
from tasks.tailnet_api import read_tailnet_api as read_api
from tasks.telling import deliver
from tasks.watching import bring_back
from tasks.ways import look_at_way, watched_ways
from tasks.workplace import workplace
from wizard.store.attempts import Take
from wizard.visiting import settle_overdue


@app.task(name="apply")
def apply(revision_id: int) -> None:
    """Give Caddy its configuration, then start what waited for it; while Caddy is down, try again later."""
    place = workplace()
    if apply_revision(place, revision_id) is not Take.LATER:
        follow_up(place, revision_id)


@app.task(name="check", bind=True)
def check(self: Any, run_id: int, name: str, attempt: int) -> None:
    """Make one check of a run, then start what was waiting for it."""
    place = workplace()
    carry_out(place, run_id, name, attempt, worker_name(self.request.hostname or ""))
    advance(place, run_id)


@app.task(name="look")
def look(host_key: str) -> None:
    """Ask a media server who is watching, for whoever looks at the traffic board."""
    take_look(workplace(), host_key)


@app.task(name="observed")
def observed(message: dict[str, Any]) -> None:
    """Take what a worker elsewhere saw, then start what was waiting for it."""
    place = workplace()
    run_id = take_observation(place, message)
    if run_id is not None:
        advance(place, run_id)


@app.task(name="look_at_way")
def look_way(method: str) -> None:
    """Look at one way in, for whoever asked."""
    look_at_way(workplace(), method)


@app.task(name="watch_ways")
def watch_ways() -> None:
    """Look at every way in that is used or set up; one that keeps silent does not hold up the others."""
    for method in watched_ways(workplace()):
        send("look_at_way", method)


@app.task(name="read_tailnet_api")
def read_tailnet_api() -> None:
    """Read the machines of the tailnet from Tailscale's control API, if there is a credential for it."""
    read_api(workplace())


@app.task(name="network_profile")
def network_profile(number: int) -> None:
    """Look at the internet connection, for whoever opened the second step."""
    carry_out_profile(workplace(), number)


@app.task(name="discover")
def discover(number: int) -> None:
    """Look for media servers, for whoever opened a page that offers them."""
    carry_out_discovery(workplace(), number)


@app.task(name="sweep")
def sweep() -> None:
    """End what is overdue, and take up again what a crash, a lost queue or a Caddy that forgot left lying."""
    place = workplace()
    resume_lost(place)
    catch_up(place)
    bring_back(place)
    settle_overdue(place.database)


@app.task(name="revive")
def revive() -> None:
    """Go on with what a worker had in hand that died."""
    resume_dead(workplace(), living_workers(workplace()))


@app.task(name="read_logs")
def read_logs() -> None:
    """Count what is new in every access log."""
    read_all(workplace())


@app.task(name="read_log")
def read_log(host_key: str) -> None:
    """Count what is new in the access log of a proxy host."""
    read_log_of(workplace(), host_key)


@app.task(name="forget_old_traffic")
def forget_old_traffic() -> None:
    """Throw away traffic that is older than its owner keeps."""
    forget_old(workplace())


@app.task(name="conclude")
def conclude(run_id: int) -> None:
    """Draw the conclusions from a run that has ended."""
    conclude_run(workplace(), run_id)


@app.task(name="tell")
def tell(notice_id: int) -> None:
    """Send one notice."""
    deliver(workplace(), notice_id)


@app.task(name="schedule")
def schedule() -> None:
    """Start the runs that are due."""
    start_due(workplace())


@app.task(name="clear")
def clear() -> None:
    """Remove what is older than the owner wants to keep."""
    clear_old(workplace())
