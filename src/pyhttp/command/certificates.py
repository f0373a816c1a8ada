"""RFC 9110 §4.2.2, §4.3.3: the certificate that the command serves by, read from files, and the errors in them."""

import ssl
from typing import Final

from pyhttp.command.values import CertificateFiles

__all__ = ["load"]

_MISMATCH: Final = frozenset({"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED"})
"""The errors of OpenSSL for a key that belongs to another certificate."""


def load(files: CertificateFiles) -> ssl.SSLContext:
    """A context for a server, with the certificate that `files` hold now (safety line X3).

    Raises:
        ValueError: They hold no usable certificate; the message is one line, which names the file.
    """
    key_file = files.key or files.certificate
    password = _read(files.password_file, "password").decode("utf-8", "replace").strip() if files.password_file else ""
    if b"-----BEGIN CERTIFICATE-----" not in _read(files.certificate, "certificate"):
        raise ValueError(f"{files.certificate} holds no certificate in PEM form")
    if b" PRIVATE KEY-----" not in _read(key_file, "key"):
        hint = "" if files.key else "; name the file of its key by --tls-key"
        raise ValueError(f"{key_file} holds no private key in PEM form{hint}")
    asked = False

    def tell_password() -> str:
        nonlocal asked
        asked = True
        return password  # without it OpenSSL would ask for a password at the terminal

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(files.certificate, key_file, tell_password)
    except (ssl.SSLError, ValueError) as error:  # ValueError: a password that is too long
        named = error.reason if isinstance(error, ssl.SSLError) else None
        if named in _MISMATCH:
            why = f"the key in {key_file} is not that of the certificate in {files.certificate}"
        elif asked and files.password_file:
            why = f"the password in {files.password_file} does not open the key in {key_file}"
        elif asked:
            why = f"the key in {key_file} is encrypted; name a file with its password by --tls-password-file"
        else:
            reason = (named or "it is malformed").lower().replace("_", " ")
            why = f"cannot use the certificate in {files.certificate} with the key in {key_file}: {reason}"
        raise ValueError(why) from error
    return context


def _read(path: str, what: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ValueError(f"cannot read the {what} file {path}: {error.strerror}") from error
