"""First run, signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from wizard.store import owners
from wizard.store.clock import now
from wizard.web.forms import ClaimForm, LoginForm, page_errors
from wizard.web.guard import SIGN_IN, is_worker_missing, keep_no_copy, public, shows_form
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.ways_back import is_ours

account = Blueprint("account", __name__)

Answer = str | Response | tuple[str, int]
_WITHOUT_SIGN_IN = frozenset({"/login", "/claim", "/logout"})


@account.route("/claim", methods=["GET", "POST"])
@public
@shows_form
def claim() -> Answer:
    """Make the owner. Once there is one this page is gone."""
    if owners.is_claimed(joined().database):
        return render_template("account/claimed.html", title="This app already has an owner"), 404
    keep_no_copy()  # the address and the form hold the set-up code
    form = ClaimForm() if request.method == "POST" else ClaimForm(setup_code=request.args.get("code", ""))
    if form.validate_on_submit():
        if not owners.is_setup_code(joined().database, form.setup_code.data or ""):
            form.setup_code.errors = ["That code is not the one in the log. Copy it again"]
        else:
            owner = owners.claim(joined().database, (form.username.data or "").strip(), form.password.data or "")
            if owner is None:
                return redirect(url_for("account.login"), 303)
            _remember(owner, keep=True)
            return redirect(url_for("setup.step", name="server"), 303)
    errors = page_errors(form)
    page = render_template(
        "account/claim.html",
        title="Create your account",
        form=form,
        errors=errors,
        code_is_given=bool(request.args.get("code")) and not form.setup_code.errors,
        worker_missing=is_worker_missing(),
        help=beside("first-run#set-up-code"),
    )
    return page, 422 if errors else 200


@account.route("/login", methods=["GET", "POST"])
@public
@shows_form
def login() -> Answer:
    """Sign in; after too many failed tries the door stays shut for some minutes."""
    if not owners.is_claimed(joined().database):
        return redirect(url_for("account.claim"), 303)
    if request.method != "POST" and owners.signed_in_owner(joined().database, session.get(SIGN_IN, "")):
        return redirect(_safe_next(), 303)
    form = LoginForm()
    if locked := _lock_sentence():
        return _login_page(form, [{"text": locked, "field": ""}], 429)
    if form.validate_on_submit():
        owner = owners.check_password(joined().database, form.username.data or "", form.password.data or "")
        if owner is not None:
            owners.forget_failed_sign_ins(joined().database)
            _remember(owner, keep=form.keep.data)
            return redirect(_safe_next(), 303)
        owners.note_failed_sign_in(joined().database)
        form.password.errors = ["User name or password is wrong"]
    errors = page_errors(form)
    return _login_page(form, errors, 422 if errors else 200)


def _login_page(form: LoginForm, errors: list[dict[str, str]], status: int) -> Answer:
    page = render_template("account/login.html", title="Sign in", form=form, errors=errors, next=_next_given())
    return page, status


def _lock_sentence() -> str:
    until = owners.locked_until(joined().database)
    if until is None:
        return ""
    minutes = max(1, -int((now() - until).total_seconds() // 60))
    return f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'}, until {until:%H:%M} UTC"


@account.post("/logout")
@public
def logout() -> Answer:
    """Sign out of this browser."""
    owners.sign_out(joined().database, session.pop(SIGN_IN, ""))
    session.clear()
    return redirect(url_for("account.login"), 303)


def _remember(owner: owners.Owner, *, keep: bool) -> None:
    agent = request.headers.get("User-Agent", "")
    session.clear()
    session[SIGN_IN] = owners.sign_in(joined().database, owner, agent, keep=keep)
    session.permanent = keep


def _next_given() -> str:
    return str(request.values.get("next", ""))


def _safe_next() -> str:
    wanted = _next_given()
    if not is_ours(wanted) or urlsplit(wanted).path in _WITHOUT_SIGN_IN:
        return url_for("dashboard.show")
    return wanted
