"""Settings, Notifications: addresses are kept as secrets, and a test says what really happened."""

from __future__ import annotations

from tasks.telling import deliver
from tests.web.browsing import Page, Visitor, refused
from wizard.store import notices, receivers
from wizard.store.tables import ReceiverRow

PATH = "/settings/notifications"
SECRET = "tgram://123456789:abcdefg_hijklmnop/12315544/"


def add(owner: Visitor, *addresses: str) -> list[receivers.Receiver]:
    assert owner.post(f"{PATH}/receivers", addresses="\r\n".join(addresses)).status_code == 303
    return receivers.list_receivers(owner.place.database)


def latest(owner: Visitor, receiver: receivers.Receiver) -> int:
    (notice_id,) = notices.due_notices(owner.place.database)
    assert receiver.id in notices.latest_deliveries(owner.place.database)
    return notice_id


def test_an_address_is_kept_encrypted_and_never_shown_again(owner: Visitor) -> None:
    shown = [one.shown for one in add(owner, SECRET, " https://hooks.example.com/hush?key=hush ", "")]
    assert shown == ["Telegram", "Webhook, hooks.example.com"]
    text = owner.get(PATH).text
    assert "hush" not in text
    assert "abcdefg" not in text
    with owner.place.database.read() as session:
        assert not any("hush" in row.sealed or "abc" in row.sealed for row in session.query(ReceiverRow))
    opened = [owner.place.vault.open(one) for one in receivers.sealed_addresses(owner.place.database)]
    assert opened == [SECRET, "jsons://hooks.example.com/hush?key=hush"]


def test_the_same_address_twice_is_one_receiver_and_two_that_look_alike_have_numbers(owner: Visitor) -> None:
    add(owner, SECRET)
    assert len(add(owner, SECRET)) == 1
    add(owner, SECRET.replace("abc", "xyz"))
    assert "Telegram (2)" in Page(owner.get(PATH)).words


def test_an_address_no_service_is_known_for_is_told_by_its_number_and_typed_text_stays(owner: Visitor) -> None:
    answer = owner.post(f"{PATH}/receivers", addresses=f"{SECRET}\nbogus://hush")
    assert refused(answer) == ["No service is known for address 2. See the examples in the help"]
    assert "bogus://hush" in answer.text  # in the field, for the person to correct
    assert answer.headers["Cache-Control"] == "no-store"
    assert refused(owner.post(f"{PATH}/receivers", addresses="  ")) == ["Enter at least one address"]
    assert receivers.list_receivers(owner.place.database) == []


def test_a_test_says_what_really_happened(owner: Visitor) -> None:
    (receiver,) = add(owner, "http://127.0.0.1:1/nobody")
    assert "Not tried yet" in Page(owner.get(PATH)).words
    answer = owner.post(f"{PATH}/{receiver.id}/test")
    assert answer.headers["Location"] == f"{PATH}#receiver-{receiver.id}"
    assert "The test waits for the background worker" in Page(owner.get(PATH)).words
    deliver(owner.place, latest(owner, receiver))
    words = Page(owner.get(PATH)).words
    assert "Not sent The test was not sent. Nothing answers there, or not in time" in words
    assert notices.due_notices(owner.place.database) == []  # a test is not tried again


def test_a_receiver_can_be_removed_and_is_gone_for_tests_too(owner: Visitor) -> None:
    (receiver,) = add(owner, SECRET)
    assert owner.post(f"{PATH}/{receiver.id}/remove").status_code == 303
    assert "Nobody is told yet" in Page(owner.get(PATH)).words
    assert owner.post(f"{PATH}/{receiver.id}/test").status_code == 404


def test_what_messages_hold_is_kept(owner: Visitor) -> None:
    assert Page(owner.get(PATH)).value("pages") == "http://localhost"  # where the owner is now
    owner.post(f"{PATH}/wishes", pages="http://nas.lan:7678/", warnings="y")
    assert receivers.load_wishes(owner.place.database) == receivers.Wishes("http://nas.lan:7678", warnings=True)
    page = Page(owner.get(PATH))
    assert (page.value("pages"), len(page.all("input", name="warnings", checked=""))) == ("http://nas.lan:7678", 1)
    assert refused(owner.post(f"{PATH}/wishes", pages="nas.lan")) == [
        "Address must begin with http:// or https://, like http://nas.lan:7678"
    ]
