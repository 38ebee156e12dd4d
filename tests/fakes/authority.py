"""A throw-away certificate authority, with every kind of leaf a check has to tell apart.

Must not know who serves the certificates.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A leaf on disk: the chain as it is sent (leaf first) and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Leaf:
    """A server certificate with its key and the intermediates sent along, all PEM."""

    certificate_pem: str
    key_pem: str
    intermediates_pem: str = ""

    @property
    def fingerprint_sha256(self) -> str:
        """SHA-256 of the certificate's DER form, 64 lower-case hex digits."""
        return x509.load_pem_x509_certificate(self.certificate_pem.encode()).fingerprint(hashes.SHA256()).hex()

    def without_intermediates(self) -> Leaf:
        """The same certificate sent alone, as by a server whose owner forgot the chain file."""
        return replace(self, intermediates_pem="")

    def write(self, folder: Path, stem: str = "leaf") -> CertificateFiles:
        """Write `<stem>.crt` (with chain) and `<stem>.key` (mode 600) into an existing folder."""
        files = CertificateFiles(folder / f"{stem}.crt", folder / f"{stem}.key")
        files.certificate.write_text(self.certificate_pem + self.intermediates_pem)
        files.key.touch(mode=0o600)
        files.key.write_text(self.key_pem)
        return files

    def server_context(self) -> ssl.SSLContext:
        """A TLS server context that presents this certificate and offers HTTP/1.1 only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads chains from files only
            files = self.write(Path(folder))
            context.load_cert_chain(files.certificate, files.key)
        return context


class Authority:
    """A CA that signs leaves: a fresh root, an intermediate under one, or one loaded from PEM."""

    def __init__(
        self,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        *,
        chain: tuple[x509.Certificate, ...] = (),
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._chain = chain  # what its leaves send along

    @classmethod
    def create(cls, name: str = "Throw-away root") -> Self:
        """A fresh self-signed root."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(_sign(_subject(name), key, _subject(name), key, is_authority=True), key)

    @classmethod
    def load(cls, certificate_pem: str | Path, key_pem: str | Path) -> Self:
        """An existing CA from PEM text or files, such as the intermediate of Caddy's local CA.

        Raises TypeError when the key is not an elliptic-curve one.
        """
        certificates = x509.load_pem_x509_certificates(_text(certificate_pem).encode())
        key = serialization.load_pem_private_key(_text(key_pem).encode(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is not an elliptic-curve key")
        chain = tuple(one for one in certificates if one.issuer != one.subject)
        return cls(certificates[0], key, chain=chain)

    @property
    def certificate_pem(self) -> str:
        """This authority's own certificate."""
        return _pem(self._certificate)

    @property
    def certificate_der(self) -> bytes:
        """This authority's own certificate, as it is published for those who miss it."""
        return self._certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> str:
        """This authority's key, unencrypted."""
        return _key_pem(self._key)

    def create_intermediate(self, name: str = "Throw-away intermediate") -> Authority:
        """An authority signed by this one; its leaves send its certificate along."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(_subject(name), key, self._certificate.subject, self._key, is_authority=True)
        return Authority(certificate, key, chain=(certificate, *self._chain))

    def issue(
        self,
        *names: str,
        lasts: timedelta = timedelta(days=30),
        age: timedelta = timedelta(hours=1),
        issuer_url: str = "",
    ) -> Leaf:
        """A leaf for DNS names (wildcards too) and IP addresses, issued `age` ago, running for `lasts` from now on.

        A negative `lasts` makes one that has expired. `issuer_url` says in it where this authority's own certificate
        lies (RFC 5280, section 4.2.2.1).
        """
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _sign(
            _subject(names[0]),
            key,
            self._certificate.subject,
            self._key,
            names=names,
            lasts=lasts,
            age=age,
            issuer_url=issuer_url,
        )
        return Leaf(_pem(certificate), _key_pem(key), "".join(_pem(one) for one in self._chain))

    def issue_expired(self, *names: str) -> Leaf:
        """A leaf that ran out yesterday."""
        return self.issue(*names, lasts=timedelta(days=-1), age=timedelta(days=30))

    def issue_not_yet_valid(self, *names: str) -> Leaf:
        """A leaf that starts tomorrow, as seen by a machine whose clock is behind."""
        return self.issue(*names, age=timedelta(days=-1))

    def client_context(self) -> ssl.SSLContext:
        """A TLS client context that trusts this authority and nobody else."""
        return ssl.create_default_context(cadata=self.certificate_pem)


def issue_self_signed(*names: str) -> Leaf:
    """A leaf that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _subject(names[0])
    return Leaf(_pem(_sign(subject, key, subject, key, names=names)), _key_pem(key))


def _sign(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    names: tuple[str, ...] = (),
    is_authority: bool = False,
    lasts: timedelta = timedelta(days=30),
    age: timedelta = timedelta(days=60),
    issuer_url: str = "",
) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - age)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    if issuer_url:
        place = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subject(name: str) -> x509.Name:
    # a common name holds at most 64 characters; longer server names live in the alternative names only
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[-64:])])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _text(source: str | Path) -> str:
    return source.read_text() if isinstance(source, Path) else source
