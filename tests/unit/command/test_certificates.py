"""The certificate of the command: a valid one is used, and a fault is reported in one line."""

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from pyhttp.command.certificates import load
from pyhttp.command.values import CertificateFiles
from tests.helpers.tls import authority

PASSWORD: Final = b"with space \xc3\xa4"


class Folder:
    """A folder with the files that a certificate needs, some of them right and some wrong."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        one, other = (authority().issue_cert("localhost") for _ in range(2))
        rsa = authority().issue_cert("localhost", key_type=trustme.KeyType.RSA)
        self.write("cert", *(blob.bytes() for blob in one.cert_chain_pems))
        self.write("key", one.private_key_pem.bytes())
        self.write("both", one.private_key_and_cert_chain_pem.bytes())
        self.write("other", other.private_key_pem.bytes())
        self.write("rsa", rsa.private_key_pem.bytes())
        key = load_pem_private_key(one.private_key_pem.bytes(), None)
        self.write("locked", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)))
        self.write("password", PASSWORD, b"\n")
        self.write("wrong", b"wrong")
        self.write("long", b"x" * 5000)
        self.write("empty")
        self.write("broken", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")

    def write(self, name: str, *data: bytes) -> None:
        (self._folder / name).write_bytes(b"".join(data))

    def load(self, cert: str, key: str = "", password: str = "") -> ssl.SSLContext:
        paths = [str(self._folder / name) if name else "" for name in (cert, key, password)]
        return load(CertificateFiles(certificate=paths[0], key=paths[1], password_file=paths[2]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize(
    "names", [("cert", "key"), ("both",), ("cert", "locked", "password"), ("both", "key", "wrong")]
)
def test_X3_a_certificate_is_served_by_a_default_context(folder: Folder, names: tuple[str, ...]) -> None:
    context = folder.load(*names)
    default = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    assert context.protocol is ssl.PROTOCOL_TLS_SERVER
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.minimum_version, context.options) == (default.minimum_version, default.options)
    assert context.get_ciphers() == default.get_ciphers()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("gone",), "cannot read the certificate file {}/gone: No such file or directory"),
        (("",), "cannot read the certificate file : No such file or directory"),
        (("cert", "gone"), "cannot read the key file {}/gone: No such file or directory"),
        (("cert", "key", "gone"), "cannot read the password file {}/gone: No such file or directory"),
        (("empty",), "{}/empty holds no certificate in PEM form"),
        (("key",), "{}/key holds no certificate in PEM form"),
        (("cert",), "{}/cert holds no private key in PEM form; name the file of its key by --tls-key"),
        (("cert", "cert"), "{}/cert holds no private key in PEM form"),
        (("cert", "other"), "the key in {}/other is not that of the certificate in {}/cert"),
        (("cert", "rsa"), "the key in {}/rsa is not that of the certificate in {}/cert"),
        (("cert", "locked"), "the key in {}/locked is encrypted; name a file with its password by --tls-password-file"),
        (("cert", "locked", "wrong"), "the password in {}/wrong does not open the key in {}/locked"),
        (("cert", "locked", "empty"), "the password in {}/empty does not open the key in {}/locked"),
        (("cert", "locked", "long"), "the password in {}/long does not open the key in {}/locked"),
        (("broken", "key"), "cannot use the certificate in {}/broken with the key in {}/key: "),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: Folder, names: tuple[str, ...], why: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(why.replace("{}", str(folder._folder)))) as caught:
        folder.load(*names)
    assert "\n" not in str(caught.value)


def test_nobody_is_asked_for_a_password(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL would ask at the terminal, and a server that starts by itself would wait there for ever."""
    given: list[object] = []
    load_cert_chain = ssl.SSLContext.load_cert_chain

    def noting(context: ssl.SSLContext, cert: str, key: str, password: Callable[[], str]) -> None:
        given.append(password())
        load_cert_chain(context, cert, key, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", noting)
    with pytest.raises(ValueError, match=r" is encrypted; name a file with its password by --tls-password-file$"):
        folder.load("cert", "locked")
    assert given == [""]
