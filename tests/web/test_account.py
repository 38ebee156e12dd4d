"""Claiming, signing in and out, the lock, and where a person lands afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from tests.web.browsing import PASSWORD, USERNAME, Page, Visitor, given_owner
from wizard.store import owners
from wizard.store.clock import now
from wizard.store.tables import FailedSignInRow
from wizard.web.ways_back import is_ours


@pytest.fixture
def claimed(stranger: Visitor) -> Visitor:
    given_owner(stranger.place)
    return stranger


def claim(visitor: Visitor, **changes: str) -> TestResponse:
    fields = {"setup_code": owners.setup_code(visitor.place.database), "username": USERNAME, "password": PASSWORD}
    return visitor.post("/claim", **{**fields, **changes})


def sign_in(visitor: Visitor, password: str = PASSWORD, **more: str) -> TestResponse:
    return visitor.post("/login", username=USERNAME, password=password, **more)


def test_the_right_code_makes_the_owner_and_leads_to_step_one(stranger: Visitor) -> None:
    answer = claim(stranger)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hosts/new/server")
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"setup_code": ""}, "Enter the set-up code from the log"),
        ({"setup_code": "wrong"}, "That code is not the one in the log. Copy it again"),
        ({"username": " "}, "Enter a user name"),
        ({"username": "x" * 65}, "User name must be 64 characters or less"),
        ({"password": ""}, "Enter a password"),
        ({"password": "short"}, "Password must be 10 characters or more"),
        ({"password": "1234567890"}, "That password is on the list of common ones. Choose another"),
        ({"password": "aaaaaaaaaaaa"}, "That password is on the list of common ones. Choose another"),
    ],
)
def test_a_claim_that_does_not_fit_gets_a_sentence(stranger: Visitor, changes: dict[str, str], says: str) -> None:
    answer = claim(stranger, **changes)
    page = Page(answer)
    assert (answer.status_code, page.problems) == (422, [says])
    assert page.title.startswith("Error: ")
    assert not owners.is_claimed(stranger.place.database)


def test_a_code_in_the_link_is_filled_in_and_the_page_is_kept_by_nobody(stranger: Visitor) -> None:
    answer = stranger.get("/claim?code=abcd-efgh-jkmn")
    assert Page(answer).all("input", name="setup_code", type="hidden")[0]["value"] == "abcd-efgh-jkmn"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_code_in_the_link_can_be_typed_anew(stranger: Visitor) -> None:
    answer = claim(stranger, setup_code="abcd-efgh-jkmn")
    assert Page(answer).all("input", name="setup_code", type="text")


def test_a_password_never_comes_back(stranger: Visitor) -> None:
    assert PASSWORD not in claim(stranger, setup_code="wrong").text


def test_the_claim_is_gone_once_there_is_an_owner(claimed: Visitor) -> None:
    answer = claimed.get("/claim")
    assert (answer.status_code, Page(answer).title) == (404, "This app already has an owner – Porthole")
    assert claimed.post("/claim", username="thief", password="another long password").status_code == 404
    assert owners.check_password(claimed.place.database, "thief", "another long password") is None


def test_signing_in_gives_a_fresh_session(claimed: Visitor) -> None:
    with claimed.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    token = claimed.token()
    answer = claimed.client.post("/login", data={"csrf_token": token, "username": USERNAME, "password": PASSWORD})
    assert answer.headers["Location"] == "/"
    with claimed.client.session_transaction() as session:
        assert "planted" not in session
    assert claimed.client.post("/logout", data={"csrf_token": token}).status_code == 400  # the old token is void


@pytest.mark.parametrize(
    ("password", "says"), [("wrong password", "User name or password is wrong"), ("", "Enter a password")]
)
def test_a_wrong_sign_in_keeps_the_name_and_says_so(claimed: Visitor, password: str, says: str) -> None:
    answer = sign_in(claimed, password)
    page = Page(answer)
    assert (answer.status_code, page.problems, page.value("username")) == (422, [says], USERNAME)
    assert "password" not in page.all("input", name="password")[0].get("value", "")


def test_an_unknown_name_reads_the_same_as_a_wrong_password(claimed: Visitor) -> None:
    answer = claimed.post("/login", username="nobody", password=PASSWORD)
    assert Page(answer).problems == ["User name or password is wrong"]


def fail_often(visitor: Visitor, ago: timedelta = timedelta()) -> None:
    with visitor.place.database.write() as session:
        session.add_all(FailedSignInRow(at=now() - ago) for _ in range(owners.LOCK_AFTER))


def test_after_eight_tries_the_right_password_waits_too(claimed: Visitor) -> None:
    for _ in range(owners.LOCK_AFTER - 1):
        owners.note_failed_sign_in(claimed.place.database)
    assert sign_in(claimed, "wrong password").status_code == 422
    answer = sign_in(claimed)
    assert answer.status_code == 429
    assert Page(answer).problems[0].startswith("Too many tries. Wait 5 minutes, until ")
    assert owners.list_sign_ins(claimed.place.database) == []


def test_the_lock_names_the_minutes_that_are_left_and_opens_by_itself(claimed: Visitor) -> None:
    fail_often(claimed, timedelta(minutes=3, seconds=30))
    assert Page(sign_in(claimed)).problems[0].startswith("Too many tries. Wait 2 minutes, until ")
    with claimed.place.database.write() as session:
        session.query(FailedSignInRow).delete()
    fail_often(claimed, timedelta(minutes=5, seconds=1))
    assert sign_in(claimed).status_code == 303


def test_a_sign_in_leads_back_to_where_it_was_asked_for(claimed: Visitor) -> None:
    wanted = claimed.get("/help/search?q=limit").headers["Location"]
    assert wanted == "/login?next=/help/search?q%3Dlimit"
    page = Page(claimed.get(wanted))
    answer = sign_in(claimed, next=page.value("next"))
    assert answer.headers["Location"] == "/help/search?q=limit"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(claimed: Visitor) -> None:
    answer = claimed.client.post(
        "/hosts/new/server", headers={"Referer": "http://localhost/hosts/new/server?from=review"}
    )
    assert answer.headers["Location"] == "/login?next=/hosts/new/server?from%3Dreview"


@pytest.mark.parametrize("referer", ["http://[", "https://evil.example.com/x", "//[", ""])
def test_a_strange_referer_leads_to_the_dashboard(claimed: Visitor, referer: str) -> None:
    answer = claimed.client.post("/hosts/new/server", headers={"Referer": referer})
    assert answer.headers["Location"] == "/login?next=/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com/",
        "/\t/evil.example.com/",
        "/\n/evil.example.com/",
        "\\\\evil.example.com",
        "javascript:alert(1)",
        "evil.example.com",
        "//[",
        "http://[",
        "/login?next=/login",
        "/logout",
        "",
    ],
)
def test_no_sign_in_leads_to_another_site(claimed: Visitor, elsewhere: str) -> None:
    assert sign_in(claimed, next=elsewhere).headers["Location"] == "/"


def test_only_plain_paths_are_ours() -> None:
    assert is_ours("/hosts/new/server?from=review")
    assert is_ours("/help/plex-mode?q=ü")
    assert not is_ours("/a\x7fb")


def test_whoever_is_signed_in_needs_no_sign_in_page(owner: Visitor) -> None:
    assert owner.get("/login?next=/help").headers["Location"] == "/help"
    assert owner.get("/login?next=//evil.example.com").headers["Location"] == "/"


def test_signing_out_ends_the_session_on_the_server(owner: Visitor) -> None:
    kept = owner.client.get_cookie("porthole")
    assert kept is not None
    assert owner.post("/logout").headers["Location"] == "/login"
    owner.client.set_cookie("porthole", kept.value)
    assert owner.get("/").status_code == 303


def test_a_cookie_that_was_tampered_with_is_nobody(owner: Visitor) -> None:
    kept = owner.client.get_cookie("porthole")
    assert kept is not None
    owner.client.set_cookie("porthole", kept.value[:-4] + "AAAA")
    assert owner.get("/").status_code == 303


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_cookie_is_secure_only_on_https(claimed: Visitor, scheme: str, is_secure: bool) -> None:
    answer = claimed.client.get("/login", base_url=f"{scheme}://nas.lan/")
    cookie = answer.headers["Set-Cookie"]
    assert ("Secure" in cookie) is is_secure
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_browser_that_is_not_kept_forgets_at_its_end(claimed: Visitor) -> None:
    kept = sign_in(claimed, keep="y").headers["Set-Cookie"]
    claimed.post("/logout")
    assert "Expires" in kept
    assert "Expires" not in sign_in(claimed).headers["Set-Cookie"]


def test_a_new_password_signs_every_other_browser_out(owner: Visitor) -> None:
    other = Visitor(owner.app, owner.place).sign_in()
    answer = owner.post("/settings/account", current=PASSWORD, password="a completely new one")
    assert answer.headers["Location"] == "/settings/account"
    assert "Saved. Every other browser is signed out" in owner.get("/settings/account").text
    assert other.get("/").status_code == 303
    assert owners.check_password(owner.place.database, USERNAME, "a completely new one")


def test_a_wrong_current_password_changes_nothing_and_counts_as_a_try(owner: Visitor) -> None:
    for _ in range(owners.LOCK_AFTER):
        page = Page(owner.post("/settings/account", current="wrong", password="a completely new one"))
        assert page.problems == ["That is not your current password"]
    page = Page(owner.post("/settings/account", current=PASSWORD, password="a completely new one"))
    assert page.problems == ["Too many tries. Wait 5 minutes"]
    assert owners.check_password(owner.place.database, USERNAME, PASSWORD)


def test_the_list_of_browsers_names_them(owner: Visitor) -> None:
    assert "Firefox on Linux, last seen a moment ago" in Page(owner.get("/settings/account")).words


def test_other_browsers_can_be_signed_out_alone(owner: Visitor) -> None:
    other = Visitor(owner.app, owner.place).sign_in()
    owner.post("/settings/account/sign-out-others")
    assert (owner.get("/").status_code, other.get("/").status_code) == (200, 303)


def test_the_chosen_theme_comes_with_the_next_page(owner: Visitor) -> None:
    owner.post("/settings/appearance", theme="dark")
    page = Page(owner.get("/settings/appearance"))
    assert page.all("html")[0]["data-theme"] == "dark"
    assert page.checked("theme") == ["dark"]
    assert "Saved" in page.words


def test_a_theme_that_is_none_gets_a_sentence(owner: Visitor) -> None:
    assert Page(owner.post("/settings/appearance", theme="pink")).problems == ["Select a colour scheme"]
    owner.client.set_cookie("theme", '"><script>')
    assert Page(owner.get("/")).all("html")[0]["data-theme"] == "system"
