"""Settings, Checks: how often hosts are checked by themselves, and how long what was found is kept."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from wizard.core.schedule import INTERVALS, KEEPS, Schedule
from wizard.store import scheduled
from wizard.web.forms import OneOf, page_errors
from wizard.web.guard import shows_form
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

check_settings = Blueprint("check_settings", __name__)

OFF = "off"
_EVERY = {str(minutes): Schedule(minutes).words.capitalize() for minutes in INTERVALS}


class ChecksForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """How often, and how long."""

    every = OneOf("Check every host by itself", "Select how often to check", {**_EVERY, OFF: "Off: only when I ask"})
    keep = OneOf("Keep runs", "Select how long to keep runs", {str(days): f"{days} days" for days in KEEPS})


@check_settings.route("/settings/checks", methods=["GET", "POST"])
@shows_form
def show() -> str | Response | tuple[str, int]:
    """One form, one Save."""
    now_set = scheduled.load_schedule(joined().database)
    form = ChecksForm(data={"every": str(now_set.minutes or OFF), "keep": str(now_set.keep_days)})
    if form.validate_on_submit():
        minutes = None if form.every.data == OFF else int(form.every.data)
        scheduled.save_schedule(joined().database, Schedule(minutes, int(form.keep.data)))
        flash("Saved")
        return redirect(url_for("check_settings.show"), 303)
    errors = page_errors(form)
    page = render_template(
        "settings/checks.html",
        title="Checks",
        form=form,
        errors=errors,
        help=beside("checks#schedule", {}),
        **frame("checks"),
    )
    return page, 422 if errors else 200
