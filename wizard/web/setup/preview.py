"""Parts of a step that are redrawn while a person fills it in. Nothing is saved."""

from __future__ import annotations

from flask import Blueprint, Response, get_template_attribute, request

from wizard.web.parts_answer import parts_answer
from wizard.web.pictures import capacity
from wizard.web.setup.forms import MAX_UPLOAD, MIN_UPLOAD, parse_mbps

previews = Blueprint("previews", __name__)


@previews.get("/hosts/new/preview/capacity")
def capacity_bar() -> Response:
    """The capacity bar for what stands in the fields."""
    upload, limit = _number("upload_mbps"), _number("stream_limit_mbps")
    draw = get_template_attribute("parts/hosts.html", "capacity_bar")
    return parts_answer({"capacity": draw(capacity(upload, limit))})


def _number(name: str) -> float | None:
    number = parse_mbps(request.args.get(name))
    return number if number is not None and MIN_UPLOAD <= number <= MAX_UPLOAD else None
