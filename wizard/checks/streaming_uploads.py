"""The findings about a large body that was sent towards the server, part of the `streaming` check. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.checks.streaming_seen import Upload
from wizard.checks.words import HERE, could_not_look, reason, remedy
from wizard.core.faults import Fault
from wizard.core.verdicts import Level, Verdict

if TYPE_CHECKING:
    from wizard.checks.streaming import Subject

_TOO_LARGE = 413


def judge_upload(subject: Subject, upload: Upload | None) -> list[Verdict]:
    """Refused, changed, too slow to tell; else a note where the way in is known to stop at a size."""
    if upload is None:
        return []
    if upload.is_ours and upload.is_right:
        return [_cap(subject)] if subject.way_in.upload_cap_mb is not None else []
    if upload.is_ours:
        return [_changed(upload)]
    if upload.fault is Fault.TIMED_OUT or (upload.fault is not None and upload.fault.is_ours):
        return [could_not_look("streaming-could-not-look", upload.fault, _detail(upload))]
    return [_refused(subject, upload)]


def _detail(upload: Upload) -> str:
    server = f", server {upload.server}" if upload.server else ""
    return (
        f"{HERE} Sent {upload.sent / 1e6:.1f} of {upload.size / 1e6:.1f} MB to our test address: "
        f"status {upload.status or 'none'}{server} {upload.detail}".rstrip()
    )


def _refused(subject: Subject, upload: Upload) -> Verdict:
    size = f"{upload.size / 1e6:.0f} MB"
    if upload.status == _TOO_LARGE:
        summary = f"A hop on the way refuses uploads of {size} (status {_TOO_LARGE})"
    elif upload.status:
        summary = f"An upload of {size} was answered with status {upload.status}"
    else:
        summary = f"An upload of {size} did not get through: {reason(upload.fault)}"
    cap = subject.way_in.upload_cap_mb
    known = f" {subject.way_in.title} itself stops only at {cap} MB." if cap else ""
    return Verdict(
        "streaming-upload-refused",
        Level.WARNING,
        summary,
        f"Watching works. Uploads of pictures, posters and camera films fail.{known}",
        _detail(upload),
        remedy(
            "streaming-upload-refused",
            "Raise the limit for request bodies at the hop that refuses.",
            "In nginx that is client_max_body_size; other proxies call it body or upload limit.",
            "In hand-written parts of Caddy's configuration look for request_body max_size.",
            "Check again.",
        ),
    )


def _changed(upload: Upload) -> Verdict:
    return Verdict(
        "streaming-wrong-bytes",
        Level.FAILURE,
        "Something on the way changes uploads: other bytes arrived than were sent",
        "Uploaded pictures and films would be broken.",
        _detail(upload),
        remedy(
            "streaming-wrong-bytes",
            "Take the hop that rewrites requests out of the way of this name.",
            "If a security product opens the encryption on the way, leave this name out of it.",
            "Check again.",
        ),
    )


def _cap(subject: Subject) -> Verdict:
    return Verdict(
        "streaming-upload-cap",
        Level.NOTE,
        f"Uploads stop at {subject.way_in.upload_cap_mb} MB on this way in ({subject.way_in.title})",
        "Watching is not affected. Large uploads, such as camera films, work at home only.",
        HERE,
    )
