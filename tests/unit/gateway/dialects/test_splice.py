# SPDX-License-Identifier: Apache-2.0
"""Edits touch what they name and leave every other byte; names that stand twice are found however they are written."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.splice import (
    Edit,
    apply,
    expect_no_repetition,
    insertion,
    items,
    members,
    removals,
    replacement,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=6)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"separators": (" ,\t", "\r\n: ")}])


def written(value: object, layout: dict[str, object], *, is_ascii: bool) -> bytes:
    return json.dumps(value, ensure_ascii=is_ascii, **layout).encode("utf-8", "surrogatepass")  # type: ignore[arg-type]


@given(value=OBJECTS, layout=LAYOUTS, is_ascii=st.booleans())
def test_members_are_found_where_they_stand(
    *, value: dict[str, object], layout: dict[str, object], is_ascii: bool
) -> None:
    text = written(value, layout, is_ascii=is_ascii)
    found = members(text)
    assert [member.name for member in found] == list(value)
    for member in found:
        assert json.loads(text[member.value : member.end]) == value[member.name]


@given(OBJECTS.filter(bool), LAYOUTS, st.data())
def test_a_replaced_value_leaves_every_other_byte(
    value: dict[str, object], layout: dict[str, object], data: st.DataObject
) -> None:
    text = written(value, layout, is_ascii=True)
    found = members(text)
    chosen = data.draw(st.sampled_from(found))
    after = apply(text, [replacement(chosen, b'"put"')])
    assert after == text[: chosen.value] + b'"put"' + text[chosen.end :]
    assert json.loads(after) == {**value, chosen.name: "put"}


@given(OBJECTS, LAYOUTS, st.data())
def test_removed_members_are_gone_and_the_rest_is_whole(
    value: dict[str, object], layout: dict[str, object], data: st.DataObject
) -> None:
    text = written(value, layout, is_ascii=True)
    unwanted = data.draw(st.sets(st.sampled_from(list(value)))) if value else set()
    after = apply(text, removals(members(text), lambda member: member.name in unwanted))
    assert json.loads(after) == {name: each for name, each in value.items() if name not in unwanted}
    for member in members(after):
        assert after[member.value : member.end] in text


@given(st.lists(VALUES, max_size=5), LAYOUTS, st.data())
def test_removed_items_are_gone_and_the_rest_is_whole(
    value: list[object], layout: dict[str, object], data: st.DataObject
) -> None:
    text = b' {"at" : ' + written(value, layout, is_ascii=True) + b"}"
    outer = members(text)[0]
    found = items(text, outer.value, outer.end)
    assert [json.loads(text[item.value : item.end]) for item in found] == value
    unwanted = data.draw(st.sets(st.sampled_from(range(len(found))))) if found else set()
    starts = {found[at].start for at in unwanted}
    after = apply(text, removals(found, lambda item: item.start in starts))
    assert json.loads(after) == {"at": [each for at, each in enumerate(value) if at not in unwanted]}


@given(OBJECTS.filter(bool), LAYOUTS)
def test_an_inserted_member_comes_last(value: dict[str, object], layout: dict[str, object]) -> None:
    text = written(value, layout, is_ascii=True)
    after = apply(text, [insertion(members(text), b"new member", b"1")])
    assert list(json.loads(after).items()) == list({**value, "new member": 1}.items())
    assert after.replace(b',"new member":1', b"") == text


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":12,"a":1}',
        b'{"model":"x","b":0,"mod\\u0065l":"y"}',
        b'{"a":"x","b":{"c":1,"c":2},"a":"x"}',
        b'{"a":"1, \\"b\\": 2}", "b": 0, "a": "1"}',
    ],
)
def test_a_name_that_stands_twice_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="more than once"):
        members(text)


def test_a_name_that_stands_twice_deeper_down_is_found_there() -> None:
    text = b'{"a":{"b":1,"b":2}}'
    outer = members(text)[0]
    with pytest.raises(BadInput, match="'b'"):
        members(text, outer.value, outer.end)


@pytest.mark.parametrize("text", [b"", b"[]", b"1", b'{"a":', b'{"a":NaN}', b'{"\xff":1}', b"{}}"])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput):
        members(text)


def test_what_is_no_array_is_refused() -> None:
    with pytest.raises(BadInput):
        items(b"{}", 0, 2)


@given(st.binary(max_size=40))
def test_bytes_of_any_kind_give_members_or_bad_input(text: bytes) -> None:
    try:
        found = members(text)
    except BadInput:
        return
    assert all(re.match(rb'"', text[member.start :]) for member in found)


def test_edits_are_made_in_any_order() -> None:
    assert apply(b"abcdef", [Edit(4, 5, b"E"), Edit(1, 2, b"")]) == b"acdEf"


@given(
    st.lists(
        st.tuples(st.sampled_from(['"a"', '"b"', '"\\u0061"', '"é"', '""']), st.sampled_from(["1", '"x"', "[1, 2]"]))
    ),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,", "\n:")]),
)
def test_a_name_that_stands_twice_is_found_however_the_text_is_spaced(
    pairs: list[tuple[str, str]], marks: tuple[str, str]
) -> None:
    text = ("{" + marks[0].join(name + marks[1] + value for name, value in pairs) + "}").encode()
    names = [json.loads(name) for name, _ in pairs]
    if len(set(names)) == len(names):
        expect_no_repetition(text)
    else:
        with pytest.raises(BadInput):
            expect_no_repetition(text)
