"""Settings, Notifications: who is told when a host stops working, and whether that arrives."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField, ValidationError

from tasks.telling import start_test
from wizard.core.news import Kind
from wizard.net.messengers import Messenger, read_messenger
from wizard.store import notices, receivers
from wizard.store.clock import now
from wizard.store.receivers import Wishes
from wizard.web.forms import page_errors
from wizard.web.guard import is_worker_missing, keep_no_copy, shows_form
from wizard.web.help_beside import beside
from wizard.web.host_pages import ago
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

notification_views = Blueprint("notifications", __name__)

TEST_SECONDS = 12.0
_LOOK_SECONDS = 0.2
_MOST = 20
Answer = str | Response | tuple[str, int]


def _known_addresses(form: FlaskForm, field: Any) -> None:
    found = [(line, read_messenger(line)) for line in (field.data or "").splitlines() if line.strip()]
    unknown = [number for number, (_, messenger) in enumerate(found, 1) if messenger is None]
    if unknown:  # the number, not the text: it may be a secret with a typing error
        raise ValidationError(f"No service is known for address {unknown[0]}. See the examples in the help")
    if not found:
        raise ValidationError("Enter at least one address")
    if len(found) + len(receivers.list_receivers(joined().database)) > _MOST:
        raise ValidationError(f"There can be {_MOST} receivers at most")
    form.messengers = [messenger for _, messenger in found if messenger is not None]


def _web_address(_form: FlaskForm, field: Any) -> None:
    parts = urlsplit((field.data or "").strip())
    if (field.data or "").strip() and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValidationError("Address must begin with http:// or https://, like http://nas.lan:7678")


class ReceiversForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """New receivers."""

    addresses = TextAreaField("Addresses, one in each line", [_known_addresses])
    messengers: list[Messenger] = []  # noqa: RUF012 -- set by the validator, for this form only


class WishesForm(FlaskForm):  # type: ignore[misc]  # as above
    """What notices hold."""

    pages = StringField("Address of these pages, for the link in messages", [_web_address])
    warnings = BooleanField("Also tell me of new warnings")


@notification_views.get("/settings/notifications")
def show() -> Answer:
    """Who is told, how the last message to each fared, and what messages hold."""
    return _page(ReceiversForm(formdata=None), _wishes_form())


@notification_views.post("/settings/notifications/receivers")
@shows_form
def add() -> Answer:
    """Add receivers."""
    form = ReceiversForm()
    if not form.validate_on_submit():
        return _page(form, _wishes_form())
    place = joined().place
    known = {place.vault.open(sealed) for sealed in receivers.sealed_addresses(place.database)}
    new = {one.url: one for one in form.messengers if one.url not in known}
    receivers.add_receivers(place.database, [(one.shown, place.vault.seal(one.url)) for one in new.values()])
    flash("Added. Send a test to see that it arrives" if new else "These are known already")
    return redirect(url_for("notifications.show"), 303)


@notification_views.post("/settings/notifications/wishes")
@shows_form
def save() -> Answer:
    """Keep what messages hold."""
    form = WishesForm()
    if not form.validate_on_submit():
        return _page(ReceiversForm(formdata=None), form)
    wishes = Wishes((form.pages.data or "").strip().rstrip("/"), bool(form.warnings.data))
    receivers.save_wishes(joined().database, wishes)
    flash("Saved")
    return redirect(url_for("notifications.show"), 303)


@notification_views.post("/settings/notifications/<number:receiver_id>/test")
def test(receiver_id: int) -> Response:
    """Send a test, and wait a little for what becomes of it."""
    place = joined().place
    notice_id = start_test(place, receiver_id, now().isoformat())
    if notice_id is None:
        abort(404)
    ends_at = time.monotonic() + (0 if is_worker_missing() else TEST_SECONDS)
    while time.monotonic() < ends_at:
        delivery = notices.load_delivery(place.database, notice_id)
        if delivery is None or delivery.state != notices.WAITING:
            break
        time.sleep(_LOOK_SECONDS)
    return redirect(url_for("notifications.show", _anchor=f"receiver-{receiver_id}"), 303)


@notification_views.post("/settings/notifications/<number:receiver_id>/remove")
def remove(receiver_id: int) -> Response:
    """Forget a receiver."""
    receivers.remove_receiver(joined().database, receiver_id)
    flash("Removed")
    return redirect(url_for("notifications.show"), 303)


def _wishes_form() -> WishesForm:
    wishes = receivers.load_wishes(joined().database)
    pages = wishes.address or request.host_url.rstrip("/")
    return WishesForm(formdata=None, data={"pages": pages, "warnings": wishes.warnings})


def _page(form: ReceiversForm, wishes: WishesForm) -> Answer:
    errors = [*page_errors(form), *page_errors(wishes)]
    if errors:
        keep_no_copy()  # the addresses that were typed come back with the error, and they hold secrets
    deliveries = notices.latest_deliveries(joined().database)
    page = render_template(
        "settings/notifications.html",
        title="Notifications",
        form=form,
        wishes=wishes,
        errors=errors,
        receivers=[
            (one, _fate(deliveries.get(one.id))) for one in _told_apart(receivers.list_receivers(joined().database))
        ],
        help=beside("notifications#addresses", {}),
        **frame("notifications"),
    )
    return page, 422 if errors else 200


def _told_apart(listed: list[receivers.Receiver]) -> list[receivers.Receiver]:
    """Those that look the same get numbers, because more of their addresses may not be shown."""
    seen = Counter[str]()
    apart = []
    for one in listed:
        seen[one.shown] += 1
        number = f" ({seen[one.shown]})" if seen[one.shown] > 1 else ""
        apart.append(receivers.Receiver(one.id, one.shown + number))
    return apart


def _fate(delivery: notices.Delivery | None) -> dict[str, Any]:
    """How the last message to a receiver fared, in words."""
    if delivery is None:
        return {"state": "new", "word": "Not tried yet", "text": "Nothing was sent yet."}
    when = delivery.ended_at or delivery.created_at
    at = {"at": when, "when": ago(when)}
    what = "The test" if delivery.kind == Kind.TEST else f"“{delivery.title}”"
    match delivery.state:
        case notices.SENT:
            return {"state": "passed", "word": "Arrived", "text": f"{what} was taken", **at}
        case notices.GIVEN_UP:
            text = f"{what} was not sent. {delivery.trouble}"
            return {"state": "failed", "word": "Not sent", "text": text, **at}
    if not delivery.trouble:
        return {"state": "waiting", "word": "Waiting", "text": f"{what} waits for the background worker"}
    text = f"{what} was not sent yet, after {delivery.tries} tries. {delivery.trouble}. We try again by ourselves"
    return {"state": "warning", "word": "Trying again", "text": text, **at}
