"""What has to stand in the data folder before any part starts: the folders, and the key that signs sessions.

Must not know which parts there are.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from pathlib import Path

from wizard.core.refusal import Refusal
from wizard.settings import Settings

_PRIVATE = 0o700


def make_folders(settings: Settings) -> Refusal | None:
    """Make the data folder and, when its path is too long for sockets, their short folder; both for this user only.

    Folders that exist keep their mode, except that a short folder somebody else owns is refused.
    """
    try:
        settings.data.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        settings.caddy_logs.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as problem:
        return Refusal(
            f"The folder {problem.filename} cannot be made ({problem.strerror}). "
            "Set PORTHOLE_DATA to a folder that this user may write to."
        )
    if not os.access(settings.data, os.W_OK | os.X_OK):
        return Refusal(f"This user may not write to {settings.data}. Set PORTHOLE_DATA to another folder.")
    for folder in sorted({path.parent for path in socket_paths(settings)}):
        if (refused := _make_private(folder, inside=settings.data)) is not None:
            return refused
    return None


def socket_paths(settings: Settings) -> tuple[Path, ...]:
    """The unix sockets that our own parts make; an address given from outside is not ours."""
    paths = []
    if "PORTHOLE_CADDY_ADMIN" not in settings.given:
        paths.append(Path(settings.caddy_admin.removeprefix("unix/")))
    if "PORTHOLE_BROKER_URL" not in settings.given:
        paths.append(Path(settings.broker_url.removeprefix("redis+socket://")))
    return tuple(paths)


# what a start may decide by itself, or was told in its own terminal only; nothing of it is secret
_DECIDED = (
    "PORTHOLE_LISTEN",
    "PORTHOLE_CADDY_HTTP_PORT",
    "PORTHOLE_CADDY_HTTPS_PORT",
    "PORTHOLE_PUBLIC_HTTPS_PORT",
)


def keep_decided(settings: Settings) -> None:
    """Write down the ports of this start, for commands that are typed in another terminal."""
    environ = settings.environ()
    _decided_path(settings).write_text(json.dumps({name: environ[name] for name in _DECIDED if name in environ}))


def read_decided(settings: Settings) -> dict[str, str]:
    """What the latest start wrote down, as an environment; empty when there was none in this data folder."""
    try:
        kept = json.loads(_decided_path(settings).read_text())
    except (OSError, ValueError):
        return {}
    return {name: str(kept[name]) for name in _DECIDED if name in kept}


def _decided_path(settings: Settings) -> Path:
    return settings.data / "run" / "decided.json"


def _make_private(folder: Path, inside: Path) -> Refusal | None:
    if folder.is_relative_to(inside):
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        return None
    folder.mkdir(mode=_PRIVATE, exist_ok=True)
    found = folder.lstat()
    # a folder under /tmp has a name others can guess: it counts only when it is really ours and closed to them
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        return Refusal(f"Somebody else holds the folder {folder}. Remove it, or set PORTHOLE_DATA to a shorter path.")
    return None


def load_secret_key(settings: Settings) -> str:
    """The key that signs sessions: the setting, else the one kept in the data folder, made on first use.

    Safe when several processes start at once: the first file that is complete wins and all of them read it.
    Raises OSError when the data folder cannot be written or the file belongs to another user.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.data / "secret-key"
    if not path.exists():
        draft = settings.data / f".secret-key-{os.getpid()}-{secrets.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)  # unlike a rename, a link never replaces a key that is already in use
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
