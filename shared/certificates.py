"""The one door to X.509: who a machine is, said by an authority that both ends trust. Pure: PEM and times in and out.

A company has an authority of its own: a **root** that everybody trusts and that signs nothing but an **issuing**
certificate, which signs those of stations and servers. Keys are P-256, signatures ECDSA with SHA-256 (RFC 5280,
RFC 5480). A certificate says one thing alone: a station's common name is its id, a server's names are its hosts.
Times are UTC milliseconds; certificates themselves know whole seconds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from shared.errors import Misread

_SLACK: Final = timedelta(hours=1)
"""Before its first moment, for clocks that are a little behind."""
_LONGEST_REQUEST: Final = 16_384


class CertificateMisread(Misread):
    """A certificate, a request for one or a key can't be read, or says what it must not."""


class CertificateFacts(Struct, frozen=True):
    """What a certificate says."""

    name: str
    """The common name: a station's id."""
    serial: str
    """Hexadecimal."""
    fingerprint: bytes
    """SHA-256 of the whole, 32 bytes."""
    key: bytes
    """SHA-256 of the public key, 32 bytes."""
    not_before: int
    not_after: int
    hosts: tuple[str, ...] = ()


class Signer(Struct, frozen=True):
    """A certificate with its private key, both PEM. Signs others."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return f"Signer({read(self.certificate).name!r})"  # a key must never get into a log


# ── Keys and requests: the machine that wants to be somebody ──────────────────────────────────────────────────────────


def new_key() -> str:
    """A new private key, PEM. It is a secret: it never leaves the machine that made it."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def request(key: str, name: str) -> str:
    """A request for a certificate of this name, PEM, signed with the key that it is for (RFC 2986)."""
    wanted = x509.CertificateSigningRequestBuilder().subject_name(_named(name))
    return wanted.sign(_private(key), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def key_of_request(pem: str) -> bytes:
    """SHA-256 of the key that a request is for. :exc:`CertificateMisread` unless that is P-256 and has signed it."""
    return sha256(_spki(_requested(pem))).digest()


# ── Certificates: the authority ───────────────────────────────────────────────────────────────────────────────────────


def root(name: str, now: int, days: int) -> Signer:
    """A new authority that trusts itself."""
    key = new_key()
    public = _private(key).public_key()
    named = _named(name)
    built = _certificate(named, named, public, now, days, _signs(1), x509.KeyUsage(**_usage(signs=True)))
    return Signer(_pem(built.sign(_private(key), hashes.SHA256())), key)


def issuing(parent: Signer, name: str, now: int, days: int) -> Signer:
    """What signs day by day in the root's name."""
    key = new_key()
    extension = x509.KeyUsage(**_usage(signs=True))
    return Signer(_signed(parent, name, _private(key).public_key(), now, days, _signs(0), extension), key)


def for_station(by: Signer, request: str, name: str, now: int, days: int) -> str:
    """A station's certificate for the key of its request, PEM. The name is ours: the one in the request is not read."""
    extensions = (_signs(None), x509.KeyUsage(**_usage(signs=False)), _use(ExtendedKeyUsageOID.CLIENT_AUTH))
    return _signed(by, name, _requested(request), now, days, *extensions)


def for_server(by: Signer, key: str, hosts: Sequence[str], now: int, days: int) -> str:
    """A server's certificate for these names and addresses, PEM; good for a client, too, as a cluster's nodes are."""
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    use = _use(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    extensions = (_signs(None), x509.KeyUsage(**_usage(signs=False)), use, names)
    return _signed(by, hosts[0], _private(key).public_key(), now, days, *extensions)


def revocation_list(by: Signer, revoked: Sequence[tuple[str, int]], now: int, days: int) -> str:
    """PEM of the list of revoked certificates (RFC 5280, 5), each by serial and time: for who can't ask the books."""
    begins = datetime.fromtimestamp(now // 1000, UTC)
    built = x509.CertificateRevocationListBuilder(
        issuer_name=_load(by.certificate).subject,
        last_update=begins - _SLACK,
        next_update=begins + timedelta(days=days),
        revoked_certificates=[
            x509.RevokedCertificateBuilder(int(serial, 16), datetime.fromtimestamp(at // 1000, UTC)).build()
            for serial, at in revoked
        ],
    )
    return built.sign(_private(by.key), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def read(pem: str) -> CertificateFacts:
    """What the first certificate in this text says; :exc:`CertificateMisread` when there is none of ours."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return CertificateFacts(
            name=str(names[0].value) if names else "",
            serial=f"{certificate.serial_number:x}",
            fingerprint=certificate.fingerprint(hashes.SHA256()),
            key=sha256(public).digest(),
            not_before=_milliseconds(certificate.not_valid_before_utc),
            not_after=_milliseconds(certificate.not_valid_after_utc),
            hosts=_hosts(certificate),
        )
    except (ValueError, TypeError, x509.ExtensionNotFound) as why:
        raise CertificateMisread(f"This is no certificate: {why}") from why


def belongs(pem: str, key: str) -> bool:
    """Whether this private key is the one of this certificate."""
    return read(pem).key == sha256(_spki(_private(key).public_key())).digest()


# ── What they are made of ─────────────────────────────────────────────────────────────────────────────────────────────


def _signed(
    by: Signer,
    name: str,
    public: ec.EllipticCurvePublicKey,
    now: int,
    days: int,
    *extensions: x509.ExtensionType,
) -> str:
    issuer = _load(by.certificate)
    built = _certificate(_named(name), issuer.subject, public, now, days, *extensions)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(_private(by.key).public_key())
    return _pem(built.add_extension(known, critical=False).sign(_private(by.key), hashes.SHA256()))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: int,
    days: int,
    *extensions: x509.ExtensionType,
) -> x509.CertificateBuilder:
    begins = datetime.fromtimestamp(now // 1000, UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - _SLACK)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    for extension in extensions:
        built = built.add_extension(extension, critical=not isinstance(extension, _MAY_BE_OVERLOOKED))
    return built


_MAY_BE_OVERLOOKED = (x509.ExtendedKeyUsage, x509.SubjectAlternativeName)


def _signs(below: int | None) -> x509.BasicConstraints:
    return x509.BasicConstraints(ca=below is not None, path_length=below)


def _usage(*, signs: bool) -> dict[str, bool]:
    words = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    nothing = dict.fromkeys((*words, "encipher_only", "decipher_only"), False)
    return nothing | {"digital_signature": not signs, "key_cert_sign": signs, "crl_sign": signs}


def _use(*purposes: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage(purposes)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _hosts(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return (*names.get_values_for_type(x509.DNSName), *addresses)


def _requested(pem: str) -> ec.EllipticCurvePublicKey:
    try:
        wanted = x509.load_pem_x509_csr(pem.encode()[:_LONGEST_REQUEST])
        public, signed = wanted.public_key(), wanted.is_signature_valid
    except (ValueError, TypeError, InvalidSignature) as why:
        raise CertificateMisread(f"This is no request for a certificate: {why}") from why
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1) or not signed:
        raise CertificateMisread("A request for a certificate must be for a P-256 key, and be signed with it.")
    return public


def _private(pem: str) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as why:
        raise CertificateMisread(f"This is no private key: {why}") from why
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CertificateMisread("This is no P-256 key.")
    return key


def _load(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as why:
        raise CertificateMisread(f"This is no certificate: {why}") from why


def _spki(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
