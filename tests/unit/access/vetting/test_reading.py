# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime

import msgspec
import pytest

from fakes.dossiers import whole
from stillwatch.access.vetting.dossier import Identity, Proof
from stillwatch.access.vetting.reading import Misread, read, read_dossier


def test_a_plain_day_is_its_beginning() -> None:
    found = read({"source": "x", "verified_at": "2026-01-02"}, Proof)
    assert found.verified_at == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        ({}, "", "lacks the field legal_name"),
        ({"legal_name": "x", "country": "de", "proof": {}}, "country", "should be str matching regex"),
        ({"legal_name": "x", "country": "DE", "proof": {"source": 1}}, "proof.source", "should be str, got int"),
        ({"legal_name": "x", "shoe_size": 1}, "", "not known: shoe_size"),
        ([], "", "should be a mapping, got array"),
        ({"legal_name": "x", "country": "DE", "proof": {"source": "x", "verified_at": "2026-01-01T00:00:00"}},
         "proof.verified_at", "should be datetime with a timezone"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_with_its_place(value: object, path: str, says: str) -> None:
    with pytest.raises(Misread) as caught:
        read(value, Identity)
    assert caught.value.path == path
    assert says in caught.value.what
    assert str(caught.value.refusal("f.yaml, line 3")).startswith("f.yaml, line 3: " if path else "f.yaml, line 3 ")


def test_a_dossier_that_contradicts_itself_is_not_read() -> None:
    value = msgspec.to_builtins(whole())
    assert read_dossier(value) == whole()
    value["ownership"]["unknown_percent"] = 20
    with pytest.raises(Misread, match="110 per cent"):
        read_dossier(value)
