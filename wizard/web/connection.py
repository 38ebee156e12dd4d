"""The connection: look again, tell what only the owner can see, and the result as it lands."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, get_template_attribute, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, StringField, TextAreaField

from tasks.profiling import start_profile, start_profile_if_old
from wizard.core.addresses import parse_address
from wizard.core.connection import NO_ADDRESS, Fact, Facts, Place, State
from wizard.core.doctor import MOST_CHARACTERS, read_document
from wizard.core.nat import judge
from wizard.core.ranking import Situation
from wizard.core.refusal import Refusal
from wizard.store import profiles
from wizard.store.clock import now
from wizard.store.profiles import Profile, Told
from wizard.store.session import Unavailable
from wizard.web.connection_view import draw_connection, facts_of, guessed_place, situation_of
from wizard.web.forms import OneOf, page_errors
from wizard.web.guard import shows_form
from wizard.web.help_beside import beside
from wizard.web.host_pages import ago
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.run_stream import LOOK_SECONDS
from wizard.web.streams import event, is_gone, stream_of

connection = Blueprint("connection", __name__)

_LONGEST_SECONDS = 60
_LONGEST_WAIT = 20.0
PLACES = {Place.HOME.value: "At home", Place.SERVER.value: "On a rented server"}
_WRONG_ADDRESS = "Enter the IPv4 address that your router's page shows, such as 100.64.12.7, or none"


class ToldForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """What only the owner can see. Every field may stay empty; what is emptied is forgotten."""

    wan = StringField(
        "WAN address on your router's page",
        description="The IPv4 address of its internet side. Write none if the page shows no IPv4 address.",
    )
    place = OneOf("Where does Porthole run?", "", PLACES)
    pasted = TextAreaField(
        "What porthole doctor --json printed at home",
        description="Only if Porthole runs on a rented server: run it on a machine at home and paste all of it.",
    )
    forget = BooleanField("Forget what was pasted before")


@connection.route("/connection", methods=["GET", "POST"])
@shows_form
def show() -> Any:
    """The connection on a page of its own, with what the owner can add."""
    told = profiles.load_told(joined().database)
    form = ToldForm() if request.method == "POST" else _filled(told)
    if request.method == "POST" and form.validate_on_submit() and (changed := _changed(form, told)) is not None:
        profiles.save_told(joined().database, changed)
        return redirect(_back(), 303)
    page = render_template(
        "setup/connection.html",
        title="Your connection",
        form=form,
        errors=page_errors(form),
        help=beside("cgnat#evidence", {}),
        back={"url": _back(), "text": "Back"},
        has_pasted=told.pasted is not None,
        **part(),
    )
    return (page, 422) if request.method == "POST" else page


@connection.post("/connection/look")
def look() -> AnyResponse:
    """Look again; with `pcp` the router is also asked by PCP."""
    start_profile(joined().place, pcp=request.form.get("pcp") == "1")
    return redirect(_back(), 303)


@connection.get("/connection/latest")
def latest() -> AnyResponse:
    """Back to where the visitor was as soon as the result is there, for browsers without JavaScript."""
    until = time.monotonic() + _LONGEST_WAIT
    while time.monotonic() < until:
        profile = profiles.load_profile(joined().database)
        if profile is None or not profile.is_running:
            break
        time.sleep(LOOK_SECONDS)
    return redirect(_back())


@connection.get("/connection/stream")
def stream() -> Response:
    """The part once the result is there, as one server-sent event."""
    return stream_of(_events)


def _events(environ: Mapping[str, Any]) -> Iterator[str]:
    ends_at = time.monotonic() + _LONGEST_SECONDS
    try:
        while time.monotonic() < ends_at and not is_gone(environ):
            profile = profiles.load_profile(joined().database)
            if profile is None or not profile.is_running:
                yield event(_message(), number=profile.number if profile else 0)
                return
            time.sleep(LOOK_SECONDS)
    except Unavailable:
        return  # the browser comes back by itself


def _message() -> str:
    drawn = part()
    macro = get_template_attribute("parts/connection.html", "connection_part")
    html: Markup = macro(drawn["connection"], drawn["where"], drawn["next"], landed=True)
    said = drawn["connection"]["verdict"].sentence if drawn["connection"]["is_known"] else "No result yet"
    return message({"connection": html}, say=said, done=True)


def part(where: str = "") -> dict[str, Any]:
    """What the part `connection` needs, on whichever page it stands. `where` is that page's own address."""
    profile, told = profiles.load_profile(joined().database), profiles.load_told(joined().database)
    drawn = draw_connection(profile, told, request.remote_addr or "")
    drawn["age"] = ago(profile.finished_at) if profile and profile.finished_at else ""
    drawn["asked"] = [*joined().settings.stun_servers, *joined().settings.address_services]
    return {"connection": drawn, "where": where or _back(), "next": where or _back()}


def open_part(where: str) -> dict[str, Any]:
    """The same, for a page that begins a look when there is none from today."""
    start_profile_if_old(joined().place)
    return part(where)


def known_situation() -> Situation:
    """What is known of the connection, for the ranking of the ways in."""
    profile, told = profiles.load_profile(joined().database), profiles.load_told(joined().database)
    return situation_of(judge(facts_of(profile, told, request.remote_addr or "")))


def told_form(where: str) -> dict[str, Any]:
    """The form for a page other than its own."""
    told = profiles.load_told(joined().database)
    return {"told_form": _filled(told), "has_pasted": told.pasted is not None, "told_next": where}


def _filled(told: Told) -> ToldForm:
    typed = told.facts.typed
    profile: Profile | None = profiles.load_profile(joined().database)
    place = told.facts.place.value if told.facts.place.is_known else guessed_place(profile)
    wan = "" if not typed.is_known else "none" if typed.value == NO_ADDRESS else typed.value
    return ToldForm(formdata=None, data={"wan": wan, "place": place.value})


def _changed(form: ToldForm, told: Told) -> Told | None:
    """What was told, from the form; None with a sentence at the field that cannot be taken."""
    typed = _typed(str(form.wan.data or "").strip(), told.facts.typed)
    if isinstance(typed, Refusal):
        form.wan.errors = [typed.message]
    pasted, pasted_at = (None, None) if form.forget.data else (told.pasted, told.pasted_at)
    text = str(form.pasted.data or "").strip()
    read = read_document(text[: MOST_CHARACTERS + 1]) if text else None
    if isinstance(read, Refusal):
        form.pasted.errors = [read.message]
    if isinstance(typed, Refusal) or isinstance(read, Refusal):
        return None
    if read is not None:
        pasted, pasted_at = read, now()
    place = Fact(Place(form.place.data), State.MEASURED, "you", now()) if form.place.data else Fact(Place.UNKNOWN)
    return Told(Facts(typed=typed, place=place), pasted, pasted_at)


def _typed(text: str, before: Fact[str]) -> Fact[str] | Refusal:
    address = parse_address(text)
    if not text:
        return Fact("")
    if text.lower() == "none":
        value = NO_ADDRESS
    elif address is not None and address.version == 4 and not address.is_loopback:
        value = str(address)
    else:
        return Refusal(_WRONG_ADDRESS)
    return before if before.is_known and before.value == value else Fact(value, State.MEASURED, "you", now())


def _back() -> str:
    """The page of ours that the visitor came from: a path, never another site."""
    wanted = request.values.get("next", "")
    is_ours = wanted.startswith("/hosts/") and "//" not in wanted and "\\" not in wanted and wanted.isprintable()
    return wanted if is_ours else url_for("setup.step", name="route")
