# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access.binding.certificate import thumbprint_in, thumbprint_of
from stillwatch.access.jws import encoded
from stillwatch.errors import BadInput

PEM = (Path(__file__).parents[3] / "vectors" / "tls" / "localhost.pem").read_bytes()
PEM = PEM[PEM.index(b"-----BEGIN") : PEM.index(b"-----END CERTIFICATE-----") + 26]
DER = x509.load_pem_x509_certificate(PEM).public_bytes(Encoding.DER)
SHA = hashlib.sha256(DER).digest()
X5T = encoded(SHA)


def test_a_certificate_is_enrolled_by_its_thumbprint() -> None:
    assert thumbprint_of(PEM) == X5T


@pytest.mark.parametrize("content", [b"", b"no certificate", PEM + b"\n" + PEM])
def test_only_one_certificate_can_be_enrolled(content: bytes) -> None:
    with pytest.raises(BadInput, match="one certificate"):
        thumbprint_of(content)


@pytest.mark.parametrize(
    "header",
    [
        f":{base64.b64encode(DER).decode()}:",
        quote(PEM.decode()),
        quote(PEM.decode(), safe=""),
        SHA.hex(),
        SHA.hex().upper(),
        X5T,
        f'By=spiffe://a;Hash={SHA.hex()};Subject="CN=client, O=\\"x\\"";URI=spiffe://b',
        f" hash={SHA.hex()}",
    ],
)
def test_each_proxys_form_is_read(header: str) -> None:
    assert thumbprint_in(header) == X5T


@pytest.mark.parametrize(
    "header",
    [
        "",
        "(null)",
        "::",
        ":not base64:",
        f"{SHA.hex()}, {SHA.hex()}",
        f"Hash={SHA.hex()},Hash={SHA.hex()}",
        f"Hash={SHA.hex()};Hash={SHA.hex()}",
        'Subject="Hash=' + SHA.hex() + '"',
        SHA.hex()[:-1],
        quote(PEM.decode() + PEM.decode()),
        f":{base64.b64encode(DER).decode()}:, :{base64.b64encode(DER).decode()}:",
        "x" * 20_000,
    ],
)
def test_what_tells_of_none_or_of_several_tells_of_none(header: str) -> None:
    assert thumbprint_in(header) is None


@given(st.text())
def test_no_header_raises(header: str) -> None:
    thumbprint_in(header)
