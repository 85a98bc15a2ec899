"""An authority of our own: real TLS believes whom it names, and nobody else."""

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import certificates
from shared.certificates import CertificateMisread, Signer

NOW = time.time_ns() // 1_000_000_000 * 1_000
DAY = 86_400_000


@pytest.fixture(scope="module")
def root() -> Signer:
    return certificates.root("Test root", NOW, 7_300)


@pytest.fixture(scope="module")
def issuing(root: Signer) -> Signer:
    return certificates.issuing(root, "Test issuing", NOW, 1_825)


def test_a_certificate_says_whose_it_is_and_how_long(issuing: Signer) -> None:
    key = certificates.new_key()
    wanted = certificates.request(key, "somebody-else")
    pem = certificates.for_station(issuing, wanted, "s1", NOW, 90)
    facts = certificates.read(pem)
    assert facts.name == "s1", "the name is head office's, whatever the machine asked for"
    assert facts.not_after == NOW + 90 * DAY
    assert facts.not_before < NOW, "a clock that is a little behind does no harm"
    assert facts.key == certificates.key_of_request(wanted)
    assert certificates.belongs(pem, key)
    assert not certificates.belongs(pem, certificates.new_key())


def test_a_private_key_is_never_shown(root: Signer) -> None:
    assert "PRIVATE" not in f"{root!r} {root}"
    assert "Test root" in repr(root)


def test_no_two_certificates_have_one_serial(issuing: Signer) -> None:
    wanted = certificates.request(certificates.new_key(), "s1")
    serials = {certificates.read(certificates.for_station(issuing, wanted, "s1", NOW, 90)).serial for _ in range(20)}
    assert len(serials) == 20


@given(st.text(max_size=400))
@settings(max_examples=60)
def test_whatever_is_no_certificate_says_so(text: str) -> None:
    for read in (certificates.read, certificates.key_of_request):
        with pytest.raises(CertificateMisread):
            read(text)


def test_a_request_that_was_changed_on_its_way_is_refused() -> None:
    lines = certificates.request(certificates.new_key(), "s1").splitlines()
    body = lines[3]
    lines[3] = body[:10] + ("A" if body[10] != "A" else "B") + body[11:]
    with pytest.raises(CertificateMisread):
        certificates.key_of_request("\n".join(lines))


def test_a_key_of_another_kind_is_refused() -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding

    weak = rsa.generate_private_key(65_537, 1_024)
    wanted = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(weak, hashes.SHA256())
    with pytest.raises(CertificateMisread, match="P-256"):
        certificates.key_of_request(wanted.public_bytes(Encoding.PEM).decode())


def test_real_tls_believes_our_stations_and_our_servers(tmp_path: Path, root: Signer, issuing: Signer) -> None:
    shown = _shake(tmp_path, root, _station(issuing), "localhost", _server(issuing, "localhost"))
    assert certificates.read(ssl.DER_cert_to_PEM_cert(shown)).name == "s1"


def test_real_tls_refuses_a_server_with_another_name(tmp_path: Path, root: Signer, issuing: Signer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake(tmp_path, root, _station(issuing), "localhost", _server(issuing, "elsewhere.example"))


def test_a_station_cannot_play_the_server(tmp_path: Path, root: Signer, issuing: Signer) -> None:
    """Whoever steals a forecourt's disk can't stand between other stations and their broker."""
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake(tmp_path, root, _station(issuing), "s1", _station(issuing))


def test_a_station_cannot_make_stations(tmp_path: Path, root: Signer, issuing: Signer) -> None:
    key, pem = _station(issuing)
    wanted = certificates.request(certificates.new_key(), "s2")
    forged = certificates.for_station(Signer(pem, key), wanted, "s2", NOW, 90)
    with pytest.raises(ssl.SSLError):
        _shake(tmp_path, root, (key, forged + pem), "localhost", _server(issuing, "localhost"))


def _station(issuing: Signer) -> tuple[str, str]:
    key = certificates.new_key()
    pem = certificates.for_station(issuing, certificates.request(key, "s1"), "s1", NOW, 90)
    return key, pem + issuing.certificate


def _server(issuing: Signer, host: str) -> tuple[str, str]:
    key = certificates.new_key()
    return key, certificates.for_server(issuing, key, [host, "127.0.0.1"], NOW, 90) + issuing.certificate


def _shake(tmp_path: Path, root: Signer, client: tuple[str, str], name: str, server: tuple[str, str]) -> bytes:
    """A handshake over a real socket pair; the certificate that the server has seen."""
    (tmp_path / "root.pem").write_text(root.certificate)
    ours = ssl.create_default_context(cafile=str(tmp_path / "root.pem"))
    ours.load_cert_chain(*_files(tmp_path, "client", client))
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "root.pem"))
    theirs.verify_mode = ssl.CERT_REQUIRED
    theirs.load_cert_chain(*_files(tmp_path, "server", server))
    here, there = socket.socketpair()
    seen: list[bytes | ssl.SSLError | OSError] = []

    def serve() -> None:
        try:
            with theirs.wrap_socket(there, server_side=True) as accepted:
                seen.append(accepted.getpeercert(binary_form=True) or b"")
                accepted.sendall(b"come in")
        except (ssl.SSLError, OSError) as why:
            seen.append(why)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ours.wrap_socket(here, server_hostname=name) as connected:
            connected.recv(100)
    finally:
        here.close()
        thread.join()
        there.close()
    if not isinstance(seen[0], bytes):
        raise seen[0]
    return seen[0]


def _files(directory: Path, name: str, pair: tuple[str, str]) -> tuple[str, str]:
    key, pem = directory / f"{name}.key", directory / f"{name}.pem"
    key.write_text(pair[0])
    pem.write_text(pair[1])
    return str(pem), str(key)
