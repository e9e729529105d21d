# SPDX-License-Identifier: Apache-2.0
"""Client certificates, known by their thumbprint, and the ways in which proxies tell of them.

A proxy that ends TLS verifies the client's certificate and passes it on in a header. Four forms are read: RFC 9440
(``:<base64 DER>:``), PEM with percent signs (nginx's ``$ssl_client_escaped_cert``, AWS load balancers), Envoy's
``x-forwarded-client-cert`` (``Hash=<hex>``), and a bare SHA-256 in hex or base64url. Anything else, and a header that
tells of more than one certificate, is none: which of them counts could be read in two ways.

Source:
    RFC 8705, section 3.1 (``x5t#S256``). RFC 9440, section 2.
"""

import base64
import binascii
import hashlib
import re
from functools import lru_cache
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from stillwatch.access import jws
from stillwatch.errors import BadInput

LENGTH = 16_384
"""Characters a header may have."""

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_ENCODED = re.compile(r"[A-Za-z0-9_-]{43}")
_HASH = re.compile(r"(?:^|;)\s*Hash=([0-9a-fA-F]{64})(?=;|$)", re.IGNORECASE)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


@lru_cache(maxsize=4_096)
def thumbprint_in(header: str) -> str | None:
    """The thumbprint of the one certificate that a proxy's header tells of; None where it tells of none or of several.

    Example:
        >>> thumbprint_in("Hash=" + "00" * 32 + ';Subject="CN=client"')
        'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
        >>> thumbprint_in("Hash=" + "00" * 32 + ", Hash=" + "11" * 32)
    """
    header = header.strip()
    if len(header) > LENGTH:
        return None
    if _HEX.fullmatch(header):
        return jws.encoded(bytes.fromhex(header))
    if _ENCODED.fullmatch(header):
        return header
    if header.startswith(":") and header.endswith(":"):
        return _of_base64(header[1:-1])
    pem = _PEM.fullmatch(unquote(header))
    if pem is not None:
        return _of_base64("".join(pem[1].split()))
    # Of Envoy's elements, joined by commas, each tells of one hop's certificate.
    found = _HASH.findall(header) if "," not in _unquoted(header) else []
    return jws.encoded(bytes.fromhex(found[0])) if len(found) == 1 else None


def thumbprint_of(pem: bytes) -> str:
    """The thumbprint of a certificate that somebody wants to enrol.

    Raises:
        BadInput: It is not one certificate in PEM.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        found = []
    if len(found) != 1:
        raise BadInput("The file does not hold one certificate.", hint="Give the client's certificate alone, in PEM.")
    return _thumbprint(found[0].public_bytes(Encoding.DER))


def _of_base64(text: str) -> str | None:
    try:
        return _thumbprint(base64.b64decode(text, validate=True)) if text else None
    except (binascii.Error, ValueError):
        return None


def _thumbprint(der: bytes) -> str:
    return jws.encoded(hashlib.sha256(der).digest())


def _unquoted(header: str) -> str:
    """Without what stands in quotes: a subject may hold commas."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', "", header)
