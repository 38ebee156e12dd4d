"""Secrets at rest: encrypted with a key that lives outside the database."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken


class Vault:
    """Encrypts and decrypts short secrets with a key derived from the installation's secret key."""

    def __init__(self, secret_key: str) -> None:
        derived = hmac.new(secret_key.encode(), b"porthole secrets at rest", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, secret: str) -> str:
        """Encrypted text for the database; empty stays empty."""
        return self._fernet.encrypt(secret.encode()).decode() if secret else ""

    def open(self, sealed: str) -> str:
        """The secret again; empty when there is none, or when the key is another one than when it was sealed."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return ""
