"""The owner, signed-in browsers, the set-up code and the lock-out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.security import check_password_hash, generate_password_hash

from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import FailedSignInRow, MetaRow, OwnerRow, SignInRow

LOCK_AFTER = 8
MIN_PASSWORD = 10
LOCK_MINUTES = 5
_KEEP_DAYS = 60
_BRIEF_HOURS = 12
_SETUP_CODE = "setup-code"
_ONLY = 1  # there is one owner, and the database itself refuses a second one


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is signed in."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """One signed-in browser, for the list in settings."""

    id: str
    agent: str
    created_at: datetime
    seen_at: datetime


def is_claimed(database: Database) -> bool:
    """True when an owner exists."""
    with database.read() as session:
        return session.scalar(select(func.count(OwnerRow.id))) != 0


def setup_code(database: Database) -> str:
    """The set-up code, made on first use and the same ever after."""
    with database.read() as session:
        row = session.get(MetaRow, _SETUP_CODE)
    if row is not None:
        return row.value
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # no look-alikes: people type this from a log
    code = "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
    try:
        with database.write() as session:
            session.add(MetaRow(name=_SETUP_CODE, value=code))
    except IntegrityError:  # another process was first
        return setup_code(database)
    return code


def is_setup_code(database: Database, typed: str) -> bool:
    """Compare a typed set-up code, forgiving case, spaces and dashes."""
    plain = "".join(c for c in typed.lower() if c.isalnum())
    return hmac.compare_digest(plain.encode(), setup_code(database).replace("-", "").encode())


def claim(database: Database, username: str, password: str) -> Owner | None:
    """Make the owner; None when somebody else was first."""
    hashed = generate_password_hash(password)
    try:
        with database.write() as session:
            session.add(OwnerRow(id=_ONLY, username=username, password_hash=hashed, created_at=now()))
    except IntegrityError:
        return None
    return Owner(_ONLY, username)


def check_password(database: Database, username: str, password: str) -> Owner | None:
    """The owner when name and password fit; takes the same time when the name is unknown."""
    with database.read() as session:
        row = session.scalar(select(OwnerRow).where(func.lower(OwnerRow.username) == username.strip().lower()))
    if not check_password_hash(row.password_hash if row else _nobodys_hash(), password) or row is None:
        return None
    return Owner(row.id, row.username)


def set_password(database: Database, username: str, password: str) -> bool:
    """Change a password and sign every browser out; False when there is no such owner."""
    with database.write() as session:
        row = session.scalar(select(OwnerRow).where(func.lower(OwnerRow.username) == username.strip().lower()))
        if row is None:
            return False
        row.password_hash = generate_password_hash(password)
        session.execute(delete(SignInRow).where(SignInRow.owner_id == row.id))
        session.execute(delete(FailedSignInRow))
        return True


def only_owner(database: Database) -> Owner | None:
    """The owner, when claimed."""
    with database.read() as session:
        row = session.scalar(select(OwnerRow).order_by(OwnerRow.id).limit(1))
        return Owner(row.id, row.username) if row else None


def locked_until(database: Database) -> datetime | None:
    """When signing in is possible again after too many failed tries; None when it is possible now."""
    since = now() - timedelta(minutes=LOCK_MINUTES)
    with database.read() as session:
        tries = session.scalars(
            select(FailedSignInRow.at).where(FailedSignInRow.at > since).order_by(FailedSignInRow.at.desc())
        ).all()
    return tries[0] + timedelta(minutes=LOCK_MINUTES) if len(tries) >= LOCK_AFTER else None


def note_failed_sign_in(database: Database) -> None:
    """Remember a failed try, and forget the old ones."""
    with database.write() as session:
        session.execute(delete(FailedSignInRow).where(FailedSignInRow.at < now() - timedelta(days=1)))
        session.add(FailedSignInRow(at=now()))


def forget_failed_sign_ins(database: Database) -> None:
    """A right password ends the counting."""
    with database.write() as session:
        session.execute(delete(FailedSignInRow))


def sign_in(database: Database, owner: Owner, agent: str, *, keep: bool) -> str:
    """Remember a browser; gives the token for its cookie, of which only a hash is kept."""
    token = secrets.token_urlsafe(32)
    lifetime = timedelta(days=_KEEP_DAYS) if keep else timedelta(hours=_BRIEF_HOURS)
    with database.write() as session:
        session.execute(delete(SignInRow).where(SignInRow.expires_at < now()))
        session.add(
            SignInRow(
                token_hash=_hashed(token),
                owner_id=owner.id,
                agent=agent[:200],
                created_at=now(),
                seen_at=now(),
                expires_at=now() + lifetime,
            )
        )
    return token


def signed_in_owner(database: Database, token: str) -> Owner | None:
    """Who a cookie belongs to, or None."""
    with database.read() as session:
        row = session.execute(
            select(SignInRow.seen_at, OwnerRow.id, OwnerRow.username)
            .join(OwnerRow, OwnerRow.id == SignInRow.owner_id)
            .where(SignInRow.token_hash == _hashed(token), SignInRow.expires_at > now())
        ).first()
    if row is None:
        return None
    if now() - row.seen_at > timedelta(minutes=10):  # not on every page: each write takes SQLite's one lock
        with database.write() as session:
            if kept := session.get(SignInRow, _hashed(token)):
                kept.seen_at = now()
    return Owner(row.id, row.username)


def sign_out(database: Database, token: str) -> None:
    """Forget one browser."""
    with database.write() as session:
        session.execute(delete(SignInRow).where(SignInRow.token_hash == _hashed(token)))


def sign_out_others(database: Database, token: str) -> None:
    """Forget every browser but this one."""
    with database.write() as session:
        session.execute(delete(SignInRow).where(SignInRow.token_hash != _hashed(token)))


def list_sign_ins(database: Database) -> list[SignIn]:
    """All signed-in browsers, the latest first."""
    with database.read() as session:
        rows = session.scalars(select(SignInRow).order_by(SignInRow.seen_at.desc())).all()
        return [SignIn(row.token_hash, row.agent, row.created_at, row.seen_at) for row in rows]


@cache
def _nobodys_hash() -> str:
    # made once, so that an unknown user name costs as much time as a wrong password
    return generate_password_hash(secrets.token_hex(16))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
