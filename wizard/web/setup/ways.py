"""Step 2's list of ways in: the recommendation first, with its reasons, and what was ruled out last.

What is known of the connection comes from elsewhere; here it only meets the ways in and two answers of the person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from wizard.core.flow import Answers
from wizard.core.ranking import Ranked, Rent, Situation, Standing, Viewers, rank
from wizard.methods import METHODS, Method
from wizard.store import drafts
from wizard.web.forms import OneOf
from wizard.web.host_pages import saved_host
from wizard.web.joined import joined
from wizard.web.setup import answers as given

ways = Blueprint("ways", __name__)

_TAGS = {Standing.RECOMMENDED: ("Recommended for you", "passed"), Standing.RULED_OUT: ("Ruled out", "warning")}
VIEWERS = {
    Viewers.ANYONE.value: "Anyone I give the address to, on televisions too",
    Viewers.FEW.value: "Only a few people, on phones, tablets and computers that can run an app",
}
RENT = {
    Rent.MAY.value: "Possible, if it is worth it",
    Rent.HAVE.value: "I have one",
    Rent.NO.value: "No, it shall cost nothing",
}


class FitForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """Two questions that change which way in fits best."""

    viewers = OneOf("Who shall watch?", "", VIEWERS)
    rent = OneOf("A small rented server, for a few euros or dollars a month?", "", RENT)


@ways.post("/hosts/new/route/fit", defaults={"host_key": drafts.NEW})
@ways.post("/hosts/<key:host_key>/edit/route/fit")
def fit(host_key: str) -> Response:
    """Keep the two answers, and show the list again."""
    form = FitForm()
    if form.validate_on_submit():
        answers = _answers(host_key)
        changed = {name: form[name].data for name in ("viewers", "rent") if form[name].data}
        drafts.save_draft(joined().database, replace(answers, answers={**answers.answers, **changed}))
    return redirect(url_for("setup.step", name="route", host_key=host_key or None, _anchor="recommendation"), 303)


def _answers(host_key: str) -> drafts.Draft:
    draft = drafts.load_draft(joined().database, host_key)
    if draft.answers:
        return draft
    if host_key == drafts.NEW:
        return drafts.Draft(drafts.NEW, joined().first_answers)
    saved = saved_host(host_key)
    return drafts.Draft(host_key, given.answers_of(saved.host, saved.server))


def fit_form(answers: Answers) -> FitForm:
    """The two questions with what was answered."""
    return FitForm(
        formdata=None, data={"viewers": answers.get("viewers", "anyone"), "rent": answers.get("rent", "may")}
    )


def situation_of(answers: Answers, connection: Situation) -> Situation:
    """What is known of the connection, with the two answers."""
    return replace(
        connection,
        viewers=Viewers(answers.get("viewers", Viewers.ANYONE)),
        rent=Rent(answers.get("rent", Rent.MAY)),
        serves_plex=answers.get("media", "plex") == "plex",
    )


def ranked_options(situation: Situation) -> list[dict[str, Any]]:
    """Every way in that can be chosen, as the list of radios wants it, best first."""
    return [_option(ranked, METHODS[ranked.key]) for ranked in rank((m.facts for m in METHODS.values()), situation)]


def _option(ranked: Ranked, method: Method) -> dict[str, Any]:
    tag, state = _TAGS.get(ranked.standing, ("", ""))
    return {
        "value": method.key,
        "name": method.title,
        "sentence": method.sentence,
        "path": method.path,
        "who": method.who_can_watch,
        "speed": method.speed,
        "need": method.you_need,
        "watch_out": method.watch_out,
        "terms": method.terms,
        "tag": tag,
        "tag_state": state,
        "reasons": () if ranked.standing is Standing.RULED_OUT else (*ranked.why, *method.reasons),
        "against": ranked.why if ranked.standing is Standing.RULED_OUT else (),
        "warnings": ranked.warnings,
    }


def recommended_title(options: list[dict[str, Any]]) -> str:
    """The name of what is recommended; empty when nothing can be."""
    return next((str(option["name"]) for option in options if option["tag"] == _TAGS[Standing.RECOMMENDED][0]), "")
