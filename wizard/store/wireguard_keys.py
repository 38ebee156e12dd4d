"""Keys for both ends of a WireGuard tunnel, made here (X25519, RFC 7748; the preshared key is 32 random bytes)."""

from __future__ import annotations

import base64
import json
import secrets

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wizard.core.wireguard import Keys

_BYTES = 32


def make_keys() -> Keys:
    """Fresh pairs for both ends."""
    home, vps = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    return Keys(*_pair(home), *_pair(vps), _text(secrets.token_bytes(_BYTES)))


def keys_text(keys: Keys) -> str:
    """The secret ones as text for the vault; the public ones follow from them."""
    return json.dumps({"home": keys.home_private, "vps": keys.vps_private, "shared": keys.shared})


def keys_of(text: str) -> Keys | None:
    """The keys that were kept. None when there are none, or when the vault could not open them."""
    try:
        kept = json.loads(text)
        home, vps = (X25519PrivateKey.from_private_bytes(base64.b64decode(kept[end])) for end in ("home", "vps"))
        return Keys(*_pair(home), *_pair(vps), str(kept["shared"]))
    except (ValueError, KeyError, TypeError):
        return None


def _pair(key: X25519PrivateKey) -> tuple[str, str]:
    return _text(key.private_bytes_raw()), _text(key.public_key().public_bytes_raw())


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
