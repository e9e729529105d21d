# SPDX-License-Identifier: Apache-2.0
import json
from typing import Any

import pytest

from stillwatch.access.adapters.lists import csl_json
from stillwatch.access.screening.entry import Kind
from stillwatch.errors import BadInput

EXAMPLE: dict[str, Any] = {
    "id": "1",
    "name": "Example Works",
    "type": "Entity",
    "source": "Entity List",
    "programs": ["X"],
    "alt_names": ["EW"],
    "addresses": [{"country": "CN", "city": "Beijing"}],
    "nationalities": None,
    "ids": [{"type": "Tax ID", "number": "123456789"}],
    "start_date": "2024-01-01",
    "end_date": None,
    "federal_register_notice": "unused",
}


def test_an_entry_keeps_what_is_screened_against() -> None:
    (entry,) = csl_json.read(json.dumps({"total": 1, "results": [EXAMPLE]}).encode())
    assert (entry.entry_id, entry.kind, entry.names) == ("1", Kind.ORGANISATION, ("Example Works", "EW"))
    assert (entry.countries, entry.ids, entry.programme) == (("cn",), ("123456789",), "Entity List: X")


def test_wherever_the_file_is_cut_it_is_refused() -> None:
    data = json.dumps({"results": [EXAMPLE]}).encode()
    for end in range(1, len(data)):
        with pytest.raises(BadInput):
            csl_json.read(data[:end])


@pytest.mark.parametrize("data", [b"[]", b'{"results": [{"id": 1}]}', b'{"results": {}}'])
def test_json_of_another_shape_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="no such JSON"):
        csl_json.read(data)
