"""The living style page: every part in every state, and four sample pages. Exists only where TESTING is on.

Knows nothing of hosts, checks or the database; what it shows is made up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, get_template_attribute, render_template, request, stream_with_context

from wizard.web import pictures
from wizard.web import styles_samples as samples

page = Blueprint("styles", __name__, url_prefix="/_styles")

PARTS = "text/vnd.porthole.parts+json"


def register(app: Flask) -> bool:
    """Add the style page to an application in test mode; elsewhere do nothing. True if added."""
    if not app.config["TESTING"]:
        return False
    app.register_blueprint(page)
    return True


def _theme() -> str:
    return request.args.get("theme", "system")


@page.get("")
def everything() -> str:
    """Every part, in every state."""
    return render_template(
        "styles/everything.html",
        theme=_theme(),
        signed_in=True,
        version="0.1.0",
        samples=samples,
        form=samples.filled_form(),
        failed=samples.failed_form(),
        qr=pictures.qr_code("https://plex.example.com", "QR code for https://plex.example.com"),
        capacities=[pictures.capacity(up, limit) for up, limit in ((20, 8), (40, 4), (5, 8), (20, None), (None, 8))],
    )


@page.get("/step")
def step() -> str:
    """A wizard step with errors and the help column."""
    form = samples.failed_form()
    errors = [{"field": field.id, "text": field.errors[0]} for field in form if field.errors]
    return render_template(
        "styles/step.html", theme=_theme(), signed_in=True, errors=errors, form=form, samples=samples
    )


@page.get("/reader")
def reader() -> str:
    """The help reader."""
    return render_template("styles/reader.html", theme=_theme(), signed_in=True, samples=samples)


@page.get("/run")
def run() -> str:
    """A run page at its very start, with a stream that plays a whole run."""
    return render_template("styles/run.html", theme=_theme(), signed_in=True, **_at(0))


@page.get("/stream")
def stream() -> Response:
    """The run, one message each quarter of a second."""

    def messages() -> Iterator[str]:
        yield "retry: 1000\n\n"
        for moment in range(1, 4):
            time.sleep(0.25)
            yield f"id: {moment}\ndata: {json.dumps(_message(moment))}\n\n"

    answer = Response(stream_with_context(messages()), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@page.route("/retry", methods=["GET", "POST"])
def retry() -> Response:
    """Check again: the failed check passes now."""
    card = {"name": "dns", "fixed": "Fixed: the name points here"}
    parts = {
        "fix-dns": _part("checks", "fix_card", card),
        "check-dns": _part("checks", "check_row", _row("dns", "passed")),
    }
    return _answer({"parts": parts, "say": "Fixed: the name points here", "focus": "fix-dns-title"})


@page.get("/preview")
def preview() -> Response:
    """The capacity bar for the numbers in the address."""
    found = pictures.capacity(_number("upload"), _number("limit"))
    return _answer({"parts": {"capacity": _part("hosts", "capacity_bar", found)}})


@page.get("/help")
def help_section() -> Response:
    """Another section for the help panel."""
    html = render_template("styles/section.html", target=request.args.get("target", ""))
    return _answer({"parts": {"help-panel": html}})


def _number(name: str) -> float | None:
    text = request.args.get(name, "")
    return float(text) if text.replace(".", "", 1).isdigit() else None


def _answer(message: dict[str, object]) -> Response:
    return Response(json.dumps(message), content_type=PARTS)


def _part(file: str, macro: str, value: object) -> str:
    return str(get_template_attribute(f"parts/{file}.html", macro)(value))


def _row(name: str, state: str) -> dict[str, object]:
    shown = {text[0]: (state_name, text) for state_name, text in samples.ROWS.items()}[name][1]
    words = {"waiting": "Waits for: Media server answers", "passed": "Answered in 14 ms", "failed": shown[2]}[state]
    return {"name": name, "title": shown[1], "state": state, "text": words, "card": state == "failed"}


def _at(moment: int) -> dict[str, object]:
    """The sample run at one of four moments: 0 started, 1 and 2 on the way, 3 done with one failure."""
    states = {"upstream": moment >= 1, "dns": moment >= 2, "tls": moment >= 3}
    rows = [
        _row(name, ("failed" if name == "dns" else "passed") if done else "waiting") for name, done in states.items()
    ]
    over = moment == 3
    verdict = {
        "state": "down" if over else "checking",
        "text": "Not working: the name does not point here" if over else f"{moment} of 3 checks done",
        "done": moment,
        "total": 3,
        "url": "#fix-dns-title" if over else "",
    }
    hops = [dict(hop, state="waiting") for hop in samples.HOPS_FAILED] if not over else list(samples.HOPS_FAILED)
    cards = [
        {"name": "upstream"},
        samples.failed_card() if moment >= 2 else {"name": "dns"},
        {"name": "tls"},
    ]
    return {"verdict": verdict, "hops": hops, "rows": rows, "cards": cards}


def _message(moment: int) -> dict[str, object]:
    """Everything as it is at a moment; the page swaps only what changed."""
    now = _at(moment)
    parts = {
        "verdict": _part("checks", "verdict_line", now["verdict"]),
        "hops": _part("checks", "hop_picture", now["hops"]),
    }
    for kind, macro, word in (("rows", "check_row", "check"), ("cards", "fix_card", "fix")):
        for value in now[kind]:  # type: ignore[attr-defined]  # a sample's lists, typed as object
            parts[f"{word}-{value['name']}"] = _part("checks", macro, value)
    say = {
        1: "Checks started, 3 in all",
        2: "Failed: Name points here",
        3: "Not working: the name does not point here",
    }
    return {"parts": parts, "say": say[moment], "urgent": moment >= 2, "done": moment == 3}
