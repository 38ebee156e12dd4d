"""The five steps: one row each, with its form, its template and what a submit does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from flask_wtf import FlaskForm

from wizard.core.domain import Domain
from wizard.core.flow import Answers, Step
from wizard.core.hosts import HERE, Upstream, Verify, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.upstreams import parse_home, parse_upstream
from wizard.looking import look_at
from wizard.media import MEDIA
from wizard.store import hosts
from wizard.store.clock import now
from wizard.web.joined import joined
from wizard.web.setup import answers as given
from wizard.web.setup import context, forms
from wizard.web.tokens import take_token

Change = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One step as a page. `submit` gives the changed answers, or None after putting errors on the form.

    `help` stands beside it; `shows` are sections that explain what else is on it, besides its fields.
    """

    step: Step
    form: type[FlaskForm]
    help: str
    fill: Callable[[Answers], dict[str, Any]]
    submit: Callable[[Any, Answers], Change | None]
    context: Callable[[Any, Answers], Mapping[str, Any]]
    button: str = "Continue"
    busy: str = ""
    shows: tuple[str, ...] = ()


def _submit_server(form: Any, answers: Answers) -> Change | None:
    media, picked = MEDIA[form.media.data], forms.picked_in(form)
    upstream = parse_upstream(
        picked[1] if picked else form.server_url.data or "",
        media=media.key,
        default_port=media.default_port,
        in_container=joined().in_container,
    )
    if isinstance(upstream, Refusal):
        form.server_url.errors = [upstream.message]
        form.server_url.suggestion = upstream.suggestion
        return None
    look = look_at(joined().place.net, upstream)
    may_go_on = look.may_go_on or joined().settings.demo  # the demo shows what a failing check says
    if look.identity is None and not (may_go_on and form.anyway.data):
        form.server_url.errors = [look.sentence]
        form.may_go_on = may_go_on
        return None
    return {
        **_media_defaults(answers, media.key),
        "upstream": given.upstream_answer(upstream),
        "server": msgspec.to_builtins(look.identity) if look.identity else None,
        "goes_on": look.identity is None,
        "certificate": look.certificate,
        "verify": _verify_after_look(answers, upstream, look.certificate),
        "media_seen": bool(answers.get("media_seen")),
    }


def _media_defaults(answers: Answers, media: str) -> Change:
    if answers.get("media") == media:
        return {"media": media}
    settings = joined().settings
    return {
        "media": media,
        "plex_mode": MEDIA[media].has_plex_mode,
        "forward_client_ip": settings.demo_forward_ip,
        "websocket": settings.demo_websocket,
    }


def _verify_after_look(answers: Answers, upstream: Upstream, certificate: Change | None) -> Change | None:
    """Keep a choice that still fits what the server shows; choose by itself only what needs no thought."""
    if upstream.scheme != "https":
        return None
    kept = answers.get("verify")
    if kept and answers.get("upstream") == given.upstream_answer(upstream):
        return dict(kept)
    if certificate and certificate["trusted"]:
        return {"kind": VerifyKind.SYSTEM.value}
    return None


def _submit_route(form: Any, answers: Answers) -> Change | None:
    agreed = now().isoformat() if form.consent.data else ""
    kept = answers.get("consent_at", "") if answers.get("method") == form.method.data else ""
    return {"method": form.method.data, "consent_at": kept or agreed}


def _submit_connect(form: Any, answers: Answers) -> Change | None:
    domain = Domain.parse(form.domain.data or "")
    if isinstance(domain, Refusal):
        form.domain.errors = [domain.message]
        return None
    other = hosts.find_host(joined().database, domain.name)
    if other is not None and other.host.key != answers.get("key"):
        form.domain.errors = [f"{domain} is the external domain of another proxy host already"]
        return None
    known = joined().place.edges()
    edge = form.edge.data or answers.get("edge", HERE)
    if edge not in known:
        form.edge.errors = ["Select the Caddy that serves this domain"]
        return None
    return {"domain": domain.name, "edge": edge}


def _submit_media(form: Any, answers: Answers) -> Change | None:
    verify = _chosen_verify(form, answers) if answers["upstream"]["scheme"] == "https" else None
    if form.errors or not _takes_token(form, answers, verify):
        return None
    limit = form.stream_limit_mbps.data
    return {
        "plex_mode": form.plex_mode.data,
        "forward_client_ip": form.forward_client_ip.data,
        "websocket": form.websocket.data,
        "verify": verify,
        "upload_mbps": forms.parse_mbps(form.upload_mbps.data),
        "stream_limit_mbps": float(limit) if limit else None,
        "media_seen": True,
    }


def _takes_token(form: Any, answers: Answers, verify: Change | None) -> bool:
    """A typed token is asked for at once; a server that gives no answer now may take it later."""
    if not (form.token.data or "").strip() or form.forget_token.data:
        return True
    token = take_token(form, given.build_upstream({**answers, "verify": verify}), may_be_silent=True)
    form.token.data = token  # what stood around it in a pasted address is not kept
    return bool(token)


def _chosen_verify(form: Any, answers: Answers) -> Change | None:
    certificate = answers.get("certificate") or {}
    match form.verify_kind.data:
        case VerifyKind.SERVER_NAME.value:
            name = parse_home(form.verify_name.data or "") if form.verify_name.data else Refusal("")
            if isinstance(name, Refusal):
                form.verify_name.errors = ["Enter the name that stands in the server's certificate"]
                return None
            return {"kind": VerifyKind.SERVER_NAME.value, "server_name": name}
        case VerifyKind.PINNED.value:
            names, pem = certificate.get("names") or (), certificate.get("pem", "")
            if not (names and pem):
                form.verify_kind.errors = ["This server showed no certificate that can be pinned. Choose another way"]
                return None
            pinned = Verify(VerifyKind.PINNED, str(names[0]).replace("*", "porthole", 1), pem)
            return dict(msgspec.to_builtins(pinned))
        case VerifyKind.SYSTEM.value | VerifyKind.OFF.value as kind:
            return {"kind": kind}
        case _:
            form.verify_kind.errors = ["Select how the server's certificate is verified"]
            return None


def _fill(*names: str) -> Callable[[Answers], dict[str, Any]]:
    return lambda answers: {name: answers[name] for name in names if name in answers}


def _fill_server(answers: Answers) -> dict[str, Any]:
    filled: dict[str, Any] = {"media": answers.get("media"), "server_url": ""}
    if answers.get("upstream"):
        upstream = given.build_upstream({**answers, "verify": None})
        filled["server_url"] = upstream.url if upstream.scheme == "https" or upstream.base_path else upstream.dial
        filled["shown_url"] = filled["server_url"]
        filled["server_choice"] = f"{upstream.media} {upstream.url}"
    return filled


def _fill_route(answers: Answers) -> dict[str, Any]:
    return {"method": answers.get("method"), "consent": bool(answers.get("consent_at"))}


def _fill_connect(answers: Answers) -> dict[str, Any]:
    return {"domain": answers.get("domain"), "edge": answers.get("edge", HERE)}


def _fill_media(answers: Answers) -> dict[str, Any]:
    verify = answers.get("verify") or {}
    certificate = answers.get("certificate")
    upload, limit = answers.get("upload_mbps"), answers.get("stream_limit_mbps")
    return {
        "plex_mode": answers.get("plex_mode", False),
        "forward_client_ip": answers.get("forward_client_ip", True),
        "websocket": answers.get("websocket", True),
        "verify_kind": verify.get("kind") or given.suggested_verify(certificate),
        "verify_name": verify.get("server_name") or given.plex_direct_name(certificate or {}),
        "upload_mbps": f"{upload:g}" if upload else "",
        "stream_limit_mbps": f"{limit:g}" if limit else "",
    }


def _nothing(_form: Any, _answers: Answers) -> Change:
    return {}


PAGES: tuple[Page, ...] = (
    Page(
        Step("server", "Your media server", given.server_is_settled),
        forms.ServerForm,
        "find-your-server#home-address",
        _fill_server,
        _submit_server,
        context.server,
        button="Test and continue",
        busy="Testing…",
    ),
    Page(
        Step("route", "How people will reach it", given.route_is_settled),
        forms.RouteForm,
        "routes#choose",
        _fill_route,
        _submit_route,
        context.route,
        shows=("cgnat#evidence",),
    ),
    Page(
        Step("connect", "Your external domain", given.connect_is_settled),
        forms.ConnectForm,
        "connect#external-domain",
        _fill_connect,
        _submit_connect,
        context.connect,
    ),
    Page(
        Step("media", "Media server settings", given.media_is_settled),
        forms.MediaForm,
        "plex-mode#what-it-does",
        _fill_media,
        _submit_media,
        context.media,
    ),
    Page(
        Step("review", "Check your answers", given.never_settled),
        forms.ReviewForm,
        "apply#what-changes",
        _fill("key"),
        _nothing,
        context.review,
        button="Apply and run checks",
        busy="Applying…",
    ),
)
STEPS: tuple[Step, ...] = tuple(page.step for page in PAGES)
BY_NAME: dict[str, Page] = {page.step.name: page for page in PAGES}
