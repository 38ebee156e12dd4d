"""Reading Tailscale's control API in a real worker, over a real broker: what is kept, and where no secret is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tasks import queueing
from tasks import tailnet_api as job
from tests.fakes import tailscale_api as fake
from tests.processes import wait_until
from tests.whole_system import System
from wizard.core.tailnet_api import KEY, ApiTrouble, Credential, Kind, Told
from wizard.store import ways
from wizard.store.clock import now


@pytest.fixture(autouse=True)
def _forgotten(system: System, control_api: fake.ControlApi) -> Iterator[None]:
    control_api.asked.clear()
    yield
    control_api.instead = None
    ways.forget_way(system.place.database, KEY)


def told_of(system: System) -> Told | None:
    return job.told_of(ways.load_way(system.place.database, KEY))


def given_credential(system: System, credential: Credential) -> None:
    """A credential with which nothing was read yet."""
    values = {job.KIND: credential.kind.value, job.CLIENT_ID: credential.client_id}
    ways.save_way(system.place.database, KEY, values, system.place.vault.seal(credential.secret))


def in_broker(system: System) -> str:
    """Everything that the broker holds."""
    redis, texts = system.place.redis, []
    for key in redis.scan_iter():
        match redis.type(key):
            case "list":
                texts += redis.lrange(key, 0, -1)
            case "hash":
                texts += [*redis.hgetall(key).values()]
            case "string":
                texts.append(str(redis.get(key)))
    return " ".join(map(str, texts))


@pytest.mark.parametrize(
    "credential",
    [Credential(Kind.ACCESS, fake.TOKEN), Credential(Kind.OAUTH, fake.CLIENT_SECRET, fake.CLIENT_ID)],
    ids=["token", "oauth"],
)
def test_a_worker_reads_and_keeps_the_machines_and_nothing_secret(
    system: System, control_api: fake.ControlApi, credential: Credential
) -> None:
    system.parts["worker"].stop()
    given_credential(system, credential)
    assert queueing.start_reading_tailnet_api()
    waiting = in_broker(system)
    assert "read_tailnet_api" in waiting
    system.start("worker")
    wait_until(lambda: told_of(system) is not None, "the list was read")
    told = told_of(system)
    assert told is not None
    assert [one.label for one in told.devices] == ["mediabox", "edge-vps", "laptop"]
    for where in (waiting, in_broker(system), system.parts["worker"].log, str(told)):
        assert not any(secret in where for secret in (fake.TOKEN, fake.CLIENT_SECRET, "tskey-api-hour"))


def test_a_worker_that_is_refused_says_so_and_keeps_what_was_read(
    system: System, control_api: fake.ControlApi
) -> None:
    given_credential(system, Credential(Kind.ACCESS, fake.TOKEN))
    before = Told(at := now() - job.LEAST_PAUSE * 2, at=at)
    sealed = ways.load_way(system.place.database, KEY).sealed
    job.keep_told(system.place, sealed, before)
    control_api.instead = fake.refusal(401, f"API token invalid: {fake.TOKEN}")
    assert queueing.start_reading_tailnet_api()
    wait_until(lambda: getattr(told_of(system), "trouble", None) is not None, "the refusal was kept")
    told = told_of(system)
    assert told is not None
    assert (told.trouble, told.at) == (ApiTrouble.REFUSED, before.at)
    assert fake.TOKEN not in told.detail + system.parts["worker"].log
