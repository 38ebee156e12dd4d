"""The throw-away authority: each kind of certificate fails, or not, for its own reason."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.fakes.authority import Authority, Leaf, issue_self_signed


def shake_hands(leaf: Leaf, authority: Authority, name: str) -> str:
    """What a client that trusts `authority` makes of `leaf`: "ok", or OpenSSL's reason."""
    near, far = socket.socketpair()
    near.settimeout(10)
    far.settimeout(10)

    def serve() -> None:
        try:
            leaf.server_context().wrap_socket(far, server_side=True).close()
        except (ssl.SSLError, OSError):
            far.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        with near, authority.client_context().wrap_socket(near, server_hostname=name) as secured:
            return "ok" if secured.getpeercert() else "no certificate"
    except ssl.SSLCertVerificationError as refused:
        return refused.verify_message
    finally:
        server.join(10)
        far.close()


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        (("plex.example.org",), "plex.example.org"),
        (("*.abc.plex.direct",), "127-0-0-1.abc.plex.direct"),
        (("a.example", "127.0.0.1"), "127.0.0.1"),
        (("::1",), "::1"),
        ((f"{'a' * 63}.{'b' * 63}.example.org",), f"{'a' * 63}.{'b' * 63}.example.org"),
    ],
)
def test_a_leaf_is_trusted_for_its_names(authority: Authority, names: tuple[str, ...], asked: str) -> None:
    assert shake_hands(authority.issue(*names), authority, asked) == "ok"


def test_a_leaf_under_an_intermediate_is_trusted_with_the_chain_and_not_without(authority: Authority) -> None:
    leaf = authority.create_intermediate().issue("plex.example.org")
    assert shake_hands(leaf, authority, "plex.example.org") == "ok"
    alone = shake_hands(leaf.without_intermediates(), authority, "plex.example.org")
    assert alone == "unable to get local issuer certificate"


def test_each_broken_leaf_breaks_for_its_own_reason(authority: Authority) -> None:
    name = "plex.example.org"
    assert shake_hands(authority.issue_expired(name), authority, name) == "certificate has expired"
    assert shake_hands(authority.issue_not_yet_valid(name), authority, name) == "certificate is not yet valid"
    assert shake_hands(issue_self_signed(name), authority, name) == "self-signed certificate"
    assert shake_hands(authority.issue("other.example"), authority, name).startswith("Hostname mismatch")
    stranger = Authority.create("Somebody else")
    assert shake_hands(stranger.issue(name), authority, name) == "unable to get local issuer certificate"


def test_a_leaf_lasts_as_long_as_asked(authority: Authority) -> None:
    assert shake_hands(authority.issue("a.example", lasts=timedelta(hours=2)), authority, "a.example") == "ok"


@pytest.mark.parametrize("kind", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL])
def test_an_existing_intermediate_signs_leaves_with_its_chain(
    authority: Authority, tmp_path: Path, kind: serialization.PrivateFormat
) -> None:
    intermediate = authority.create_intermediate()
    key = serialization.load_pem_private_key(intermediate.key_pem.encode(), password=None)
    (tmp_path / "intermediate.crt").write_text(intermediate.certificate_pem)
    (tmp_path / "intermediate.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    )
    loaded = Authority.load(tmp_path / "intermediate.crt", tmp_path / "intermediate.key")
    assert shake_hands(loaded.issue("plex.example.org"), authority, "plex.example.org") == "ok"


def test_a_loaded_root_sends_no_chain(authority: Authority) -> None:
    loaded = Authority.load(authority.certificate_pem, authority.key_pem)
    leaf = loaded.issue("plex.example.org")
    assert leaf.intermediates_pem == ""
    assert shake_hands(leaf, authority, "plex.example.org") == "ok"


def test_a_key_of_another_kind_is_refused(authority: Authority) -> None:
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(TypeError):
        Authority.load(authority.certificate_pem, key.decode())


def test_written_files_hold_chain_and_private_key(authority: Authority, tmp_path: Path) -> None:
    files = authority.create_intermediate().issue("plex.example.org").write(tmp_path, "plex")
    assert files.certificate.read_text().count("BEGIN CERTIFICATE") == 2
    assert files.key.stat().st_mode & 0o077 == 0
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    assert files.key.name == "plex.key"


def test_fingerprints_tell_certificates_apart(authority: Authority) -> None:
    one, other = authority.issue("a.example"), authority.issue("a.example")
    assert len(one.fingerprint_sha256) == 64
    assert one.fingerprint_sha256 != other.fingerprint_sha256
