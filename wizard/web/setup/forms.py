"""The forms of the five steps. They clean and refuse text; what the answers mean is decided elsewhere."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField, SubmitField, ValidationError
from wtforms.validators import Optional

from wizard.core.hosts import VerifyKind
from wizard.media import MEDIA
from wizard.methods import METHODS, choosable
from wizard.web.forms import OneOf

STREAM_LIMITS = {
    "": "No limit",
    "20": "20 Mbit/s",
    "12": "12 Mbit/s",
    "8": "8 Mbit/s (good 1080p)",
    "4": "4 Mbit/s",
    "3": "3 Mbit/s",
    "2": "2 Mbit/s",
}
VERIFY_CHOICES = {
    VerifyKind.SYSTEM.value: "A public authority, for the server's own name",
    VerifyKind.SERVER_NAME.value: "A public authority, for another name",
    VerifyKind.PINNED.value: "Exactly the certificate it shows now",
    VerifyKind.OFF.value: "Not at all",
}
MIN_UPLOAD, MAX_UPLOAD = 0.5, 10_000


class StepForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """What every step has: going on, or leaving with the answers kept."""

    leave = SubmitField("Save and leave")


class ServerForm(StepForm):
    """Step 1."""

    media = OneOf(
        "Which media server?",
        "Select Plex, Jellyfin, Emby or another",
        {media.key: media.title for media in MEDIA.values()},
    )
    server_url = StringField(
        "Home address", description="What you type in a browser at home, such as 192.168.1.20:32400"
    )
    server_choice = StringField("Which media server?")  # one that was found, as "kind address", or another
    offers = StringField()  # whether the page offered any that were found
    shown_url = StringField()  # what stood in the address field when the page was drawn
    anyway = SubmitField("Continue anyway")

    def validate(self, extra_validators: Any = None) -> bool:
        """A server that was found brings its kind along. Where some are offered, one of them or another is chosen."""
        if self.offers.data and not (self.server_choice.data or self.server_url.data or self.media.data):
            super().validate(extra_validators)
            self.media.errors = self.server_url.errors = []
            self.server_choice.errors = ["Select a media server, or choose Another address"]
            return False
        if (picked := picked_in(self)) is not None:
            self.media.data = picked[0]
        return bool(super().validate(extra_validators))


def picked_in(form: ServerForm) -> tuple[str, str] | None:
    """The kind and the address of the found server that was chosen. What is typed newly counts more."""
    kind, _, url = (form.server_choice.data or "").partition(" ")
    typed = (form.server_url.data or "").strip()
    is_typed = bool(typed) and typed != (form.shown_url.data or "").strip()
    return (kind, url) if kind in MEDIA and url and not is_typed else None


class RouteForm(StepForm):
    """Step 2."""

    method = OneOf("Way in", "Select how people will reach it", {method.key: method.title for method in choosable()})
    consent = BooleanField("I know and agree")

    def validate_consent(self, field: Any) -> None:
        """Some ways in must be agreed to first."""
        method = METHODS.get(self.method.data or "")
        if method is not None and method.consent and not field.data:
            raise ValidationError(f"Tick that you know the terms of {method.title}, or select another way in")


class ConnectForm(StepForm):
    """Step 3."""

    domain = StringField("External domain", description="The name people will open, such as plex.yourdomain.org")
    # offered only where there is more than one
    edge = RadioField("Which Caddy serves it?", choices=[], validate_choice=False)


class MediaForm(StepForm):
    """Step 4: Media server settings."""

    plex_mode = BooleanField("Enable Plex Mode")
    forward_client_ip = BooleanField("Forward client IP headers (recommended)")
    websocket = BooleanField("Enable WebSocket support")
    # asked only for https, so the step itself complains when it is missing
    verify_kind = OneOf("How is the server's certificate verified?", "", VERIFY_CHOICES)
    verify_name = StringField("Name in its certificate", [Optional()])
    upload_mbps = StringField("Upload speed in Mbit/s", [Optional()])
    stream_limit_mbps = SelectField("Limit for one remote stream", choices=STREAM_LIMITS, validate_choice=False)
    token = PasswordField("Token", [Optional()])
    forget_token = BooleanField("Forget the saved token")

    def validate_upload_mbps(self, field: Any) -> None:
        """A number of Mbit/s, with a dot or a comma."""
        if parse_mbps(field.data) is None:
            raise ValidationError("Upload speed must be a number, like 20")
        if not MIN_UPLOAD <= (parse_mbps(field.data) or 0) <= MAX_UPLOAD:
            raise ValidationError("Upload speed must be between 0.5 and 10000")

    def validate_stream_limit_mbps(self, field: Any) -> None:
        """One of the offered limits."""
        if (field.data or "") not in STREAM_LIMITS:
            raise ValidationError("Select a limit")


class ReviewForm(StepForm):
    """Step 5. The key makes sending it twice give the same run."""

    key = StringField()


def parse_mbps(text: str | None) -> float | None:
    """Mbit/s as typed: `20`, `20.5`, `20,5`, with or without the unit; None for anything else."""
    plain = (text or "").lower().replace("mbit/s", "").replace("mbps", "").replace(",", ".").strip()
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None  # noqa: PLR0124 -- nan is not itself
