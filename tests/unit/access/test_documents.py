# SPDX-License-Identifier: Apache-2.0
import msgspec
import pytest

from stillwatch.access.documents import read_document
from stillwatch.errors import BadInput


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    names: tuple[str, ...]


@pytest.mark.parametrize("text", ["names: [a, b]", b'{"names": ["a", "b"]}'])
def test_yaml_and_json_are_read(text: str | bytes) -> None:
    assert read_document(text, Thing, name="x", what="a thing").names == ("a", "b")


@pytest.mark.parametrize("text", ["names: [", "names: 5", "name: [a]", "", b"\xff\xfe\x00", "names: [no]", "- a"])
def test_anything_else_is_refused_in_one_line(text: str | bytes) -> None:
    with pytest.raises(BadInput, match=r"^x\.yaml is not a thing: .*\. Look there\.$"):
        read_document(text, Thing, name="x.yaml", what="a thing", hint="Look there.")
