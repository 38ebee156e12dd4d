"""Forms outside the wizard: claim, sign in, password, and the form of a lone button."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, PasswordField, RadioField, StringField, ValidationError
from wtforms.validators import StopValidation

from wizard.store.owners import MIN_PASSWORD

MAX_USERNAME = 64
OPEN_TOO_LONG = "This page was open for a long time. Your answers are still here. Continue again."
_COMMON = frozenset(
    """1234567890 0123456789 qwertyuiop password12 password123 password1234 passwordpassword 1111111111 0000000000
    qwerty12345 qwerty123456 iloveyou12 1q2w3e4r5t 1qaz2wsx3edc letmein1234 administrator adminadmin admin12345
    welcome1234 football123 baseball123 abcdefghij abcd123456 1234512345 9876543210 asdfghjkl1 zxcvbnm123
    changeme123 plexplexplex jellyfin123 porthole123 homelab1234 mediaserver sunshine123 princess123""".split()  # noqa: SIM905 -- reads as a list of words
)


def say(text: str) -> Any:
    """A validator that asks for an answer in its own words."""

    def check(_form: Form, field: Any) -> None:
        if not (field.data or "").strip():
            raise ValidationError(text)

    return check


def no_common_password(_form: Form, field: Any) -> None:
    """Length first, then the list; no rules on kinds of characters."""
    text = field.data or ""
    if not text:
        raise ValidationError("Enter a password")
    if len(text) < MIN_PASSWORD:
        raise ValidationError(f"Password must be {MIN_PASSWORD} characters or more")
    if text.lower() in _COMMON or len(set(text)) < 3:
        raise ValidationError("That password is on the list of common ones. Choose another")


def _short_name(_form: Form, field: Any) -> None:
    if len((field.data or "").strip()) > MAX_USERNAME:
        raise ValidationError(f"User name must be {MAX_USERNAME} characters or less")


class OneOf(RadioField):
    """A radio group whose only complaint is our own sentence."""

    def __init__(self, label: str, asks: str, choices: dict[str, str], **named: Any) -> None:
        super().__init__(label, choices=choices, **named)
        self._asks, self._known = asks, frozenset(choices)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 -- WTForms' signature
        if self.data not in self._known:
            self.data = None
            if self._asks:
                raise StopValidation(self._asks)


class ClaimForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """First run: the set-up code proves that this person can read the log."""

    setup_code = StringField("Set-up code", [say("Enter the set-up code from the log")])
    username = StringField("User name", [say("Enter a user name"), _short_name], default="admin")
    password = PasswordField("Password", [no_common_password])


class LoginForm(FlaskForm):  # type: ignore[misc]  # as above
    """Sign in."""

    username = StringField("User name", [say("Enter a user name")])
    password = PasswordField("Password", [say("Enter a password")])
    keep = BooleanField("Keep me signed in on this device", default=True)


class PasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """Change the password."""

    current = PasswordField("Current password", [say("Enter your current password")])
    password = PasswordField("New password", [no_common_password])


class AppearanceForm(FlaskForm):  # type: ignore[misc]  # as above
    """Light or dark."""

    theme = OneOf(
        "Colours", "Select a colour scheme", {"system": "As the device says", "light": "Light", "dark": "Dark"}
    )


class ActionForm(FlaskForm):  # type: ignore[misc]  # as above
    """A lone button: nothing but the CSRF token."""


def page_errors(form: FlaskForm) -> list[dict[str, str]]:
    """Errors for the summary: one a field, and one for the page when the CSRF token no longer holds."""
    found = []
    for name, errors in form.errors.items():
        if name == "csrf_token":
            found.append({"text": OPEN_TOO_LONG, "field": ""})
        elif errors:
            found.append({"text": str(errors[0]), "field": form[name].id})
    return found
