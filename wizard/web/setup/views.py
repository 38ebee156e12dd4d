"""One generic view for every step: look it up, build its form, validate, save, compute the next, redirect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from wizard.core.flow import Answers, is_reachable, next_after, next_unfinished, number_of
from wizard.core.refusal import Refusal
from wizard.store import drafts, hosts
from wizard.web.forms import page_errors
from wizard.web.guard import is_forged, shows_form
from wizard.web.help_beside import beside
from wizard.web.host_pages import saved_host
from wizard.web.joined import joined
from wizard.web.setup import answers as given
from wizard.web.setup.applying import apply_answers, run_since
from wizard.web.setup.pages import BY_NAME, STEPS, Page
from wizard.web.tokens import read_token

setup = Blueprint("setup", __name__)

Answer = str | Response | tuple[str, int]
_NEVER_KEPT = frozenset({"csrf_token", "leave", "anyway", "token", "forget_token"})


@setup.get("/hosts/new")
def start() -> Response:
    """The first step, for whoever shortens an address."""
    return _go(STEPS[0].name, drafts.NEW)


@setup.route("/hosts/new/<word:name>", methods=["GET", "POST"], defaults={"host_key": drafts.NEW})
@setup.route("/hosts/<key:host_key>/edit/<word:name>", methods=["GET", "POST"])
@shows_form
def step(name: str, host_key: str) -> Answer:
    """Show or take one step of the wizard."""
    page = BY_NAME.get(name) or abort(404)
    draft = _load(host_key)
    if request.method == "POST" and page.step is STEPS[-1] and not _is_open(page, draft.answers):
        return _sent_twice(host_key, None)
    if not _is_open(page, draft.answers):
        return _go(next_unfinished(STEPS, draft.answers).name, host_key)
    if request.method != "POST":
        typed = draft.answers.get(given.TYPED, {}).get(name)
        form = page.form(data=typed or page.fill(draft.answers))
        return _show(page, form, draft, host_key)
    form = page.form()
    if is_forged():
        form.validate()  # puts the sentence on the page; nothing is kept of what may not be the owner's answer
        return _show(page, form, draft, host_key), 422
    return _apply(page, form, draft, host_key) if page.step is STEPS[-1] else _take(page, form, draft, host_key)


def _take(page: Page, form: Any, draft: drafts.Draft, host_key: str) -> Answer:
    if form.leave.data:
        _save(draft, page, form, {}, keeps_typed=True)
        return _left(host_key)
    changes = page.submit(form, draft.answers) if form.validate_on_submit() else None
    if changes is None:
        _save(draft, page, form, {}, keeps_typed=True)
        return _show(page, form, draft, host_key), 422
    saved = _save(draft, page, form, changes, keeps_typed=False)
    wants_review = request.args.get("from") == STEPS[-1].name
    following = next_after(STEPS, page.step.name, saved.answers, from_review=wants_review)
    return _go(following.name, host_key)


def _left(host_key: str) -> Response:
    flash("Your answers are kept. Continue whenever you like")
    return redirect(url_for("hosts.overview", host_key=host_key) if host_key else url_for("dashboard.show"), 303)


def _apply(page: Page, form: Any, draft: drafts.Draft, host_key: str) -> Answer:
    """The last step changes no answer, so it saves no draft: saved again it could be applied twice."""
    if form.leave.data:
        return _left(host_key)
    try:
        run_id = apply_answers(joined().place, draft)
    except hosts.DomainTakenError as taken:
        url = url_for("setup.step", name="connect", host_key=host_key or None) + f"?from={STEPS[-1].name}"
        form.elsewhere = [{"text": f"{taken} is the external domain of another proxy host already", "url": url}]
        return _show(page, form, draft, host_key), 422
    if run_id is None:
        return _sent_twice(host_key, draft.updated_at)
    return redirect(url_for("runs.show", host_key=draft.answers["key"], run_id=run_id), 303)


def _save(draft: drafts.Draft, page: Page, form: Any, changes: dict[str, Any], *, keeps_typed: bool) -> drafts.Draft:
    answers = {**draft.answers, **changes}
    answers.setdefault("key", hosts.new_key())
    typed = dict(answers.get(given.TYPED, {}))
    if keeps_typed:
        typed[page.step.name] = {name: value for name, value in form.data.items() if name not in _NEVER_KEPT}
    else:
        typed.pop(page.step.name, None)
    answers[given.TYPED] = typed
    saved = drafts.Draft(draft.host_key, answers, _sealed(draft, form))
    drafts.save_draft(joined().database, saved)
    return saved


def _sealed(draft: drafts.Draft, form: Any) -> str:
    """The media token, sealed as soon as it is typed; `-` takes a saved one away."""
    if "token" not in form:
        return draft.sealed
    if form.forget_token.data:
        return drafts.FORGET
    token = read_token(form.token.data or "")
    return draft.sealed if isinstance(token, Refusal) else joined().place.vault.seal(token)


def _load(host_key: str) -> drafts.Draft:
    draft = drafts.load_draft(joined().database, host_key)
    if host_key == drafts.NEW:
        return draft if draft.answers else drafts.Draft(drafts.NEW, joined().first_answers)
    saved = saved_host(host_key)  # a draft that outlived its proxy host must not bring it back
    return draft if draft.answers else drafts.Draft(host_key, given.answers_of(saved.host, saved.server))


def _is_open(page: Page, answers: Answers) -> bool:
    return is_reachable(STEPS, page.step.name, answers)


def _sent_twice(host_key: str, drafted_at: datetime | None) -> Answer:
    """The same answers were applied already: lead to what came of them."""
    key = host_key or request.form.get("key", "")
    saved = hosts.load_host(joined().database, key)
    if saved is None:
        return _go(STEPS[0].name, drafts.NEW)
    run_id = run_since(joined().place, key, drafted_at or saved.updated_at)
    if run_id is not None:
        return redirect(url_for("runs.show", host_key=key, run_id=run_id), 303)
    return redirect(url_for("hosts.overview", host_key=key), 303)


def _go(name: str, host_key: str) -> Response:
    where = url_for("setup.step", name=name, host_key=host_key or None)
    returns = request.args.get("from") == STEPS[-1].name != name
    return redirect(f"{where}?from={STEPS[-1].name}" if returns else where, 303)


def _show(page: Page, form: Any, draft: drafts.Draft, host_key: str) -> str:
    number = number_of(STEPS, page.step.name)
    errors = [*page_errors(form), *getattr(form, "elsewhere", ())]
    details = page.context(form, draft.answers)
    return render_template(
        f"setup/{page.step.name}.html",
        title=page.step.title,
        form=form,
        errors=errors,
        step={"number": number, "total": len(STEPS)},
        back=_back(number, host_key),
        help=beside(str(details.get("help_target") or page.help), details.get("values")),
        go_on=page.button,
        busy=page.busy,
        answers=draft.answers,
        has_token=_has_token(draft),
        is_stale=_is_stale(draft),
        host_key=host_key,
        nav_here="" if host_key else "add",
        **details,
    )


def _is_stale(draft: drafts.Draft) -> bool:
    """True when the proxy host was changed elsewhere after these answers were given."""
    saved = hosts.load_host(joined().database, draft.host_key) if draft.host_key else None
    return saved is not None and draft.updated_at is not None and saved.updated_at > draft.updated_at


def _has_token(draft: drafts.Draft) -> bool:
    if draft.sealed == drafts.FORGET:
        return False
    saved = hosts.load_host(joined().database, draft.host_key) if draft.host_key else None
    return bool(draft.sealed) or (saved is not None and saved.has_token)


def _back(number: int, host_key: str) -> dict[str, str]:
    if request.args.get("from") == STEPS[-1].name:
        return {
            "url": url_for("setup.step", name=STEPS[-1].name, host_key=host_key or None),
            "text": "Back to review",
        }
    if number > 1:
        return {"url": url_for("setup.step", name=STEPS[number - 2].name, host_key=host_key or None), "text": "Back"}
    if host_key:
        return {"url": url_for("hosts.overview", host_key=host_key), "text": "Back to the proxy host"}
    return {"url": url_for("dashboard.show"), "text": "Back to the dashboard"}
