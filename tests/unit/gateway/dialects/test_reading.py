# SPDX-License-Identifier: Apache-2.0
"""Whatever a stranger sends is read or refused with a sentence; nothing else is raised."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.reading import Count, Name, is_there, read_json, read_request, text_of


class Thing(msgspec.Struct):
    name: Name
    count: Count | None = None


THING = msgspec.json.Decoder(Thing)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "no body"),
        (b"{", "not JSON"),
        (b"[]", "shape"),
        (b'{"count":1}', "name"),
        (b'{"name":5}', r"\$\.name"),
        (b'{"name":""}', r"\$\.name"),
        (b'{"name":"x","count":1e99}', r"\$\.count"),
        (b'{"name":"x","count":99999999999999999999999}', r"\$\.count"),
        (b'{"name":"x","y":"\xff"}', "UTF-8"),
        (b'{"name":"\\ud800"}', "not JSON"),
        (b'{"name":"x","y":NaN}', "not JSON"),
        (b'{"name":"x","y":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"name":"x","name":"y"}', "more than once"),
        (b'{"name":"x","n\\u0061me":"y"}', "more than once"),
        (b'\xef\xbb\xbf{"name":"x"}', "not JSON"),
        (b'{"name":"x"}{}', "not JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(body: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_request(THING, body)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,ax1\\u \n', max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_bad_input(body: bytes) -> None:
    try:
        read_request(THING, body)
    except BadInput:
        return
    assert json.loads(body)["name"]


def test_unknown_fields_are_no_matter() -> None:
    assert read_json(THING, b'{"name":"x","other":{"deep":[1]}}') == Thing(name="x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"null", ""),
        (b'"hello"', "hello"),
        (b"5", ""),
        (b'[{"type":"text","text":"a"},{"type":"image_url","image_url":{}},{"type":"input_text","text":"b"}]', "a\nb"),
        (b'[{"text":5}]', ""),
        (b'[{"type":"refusal","refusal":"a"},{"type":"thinking","thinking":"b"},{"type":"text","text":""}]', "a\nb"),
        (b'[{"type":"text","text":"a"},{"type":"image_url","text":5},"b",null,7,[],{"text":"c"}]', "a\nb\nc"),
        (b'{"text":"a"}', ""),
        (b'["a"', ""),
        (b'"\xff"', ""),
    ],
)
def test_text_is_gathered_from_any_form_of_content(content: bytes, text: str) -> None:
    assert text_of(msgspec.Raw(content)) == text


@pytest.mark.parametrize(
    ("raw", "expected"), [(b"", False), (b"null", False), (b"0", True), (b'"x"', True), (b"true", True)]
)
def test_null_and_nothing_are_not_there(*, raw: bytes, expected: bool) -> None:
    assert is_there(msgspec.Raw(raw)) is expected
