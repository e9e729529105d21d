# SPDX-License-Identifier: Apache-2.0
"""Reads JSON that strangers sent: whatever is wrong with it becomes one ``BadInput`` with a sentence for its sender."""

from collections.abc import Iterator
from typing import Annotated, TypeVar

import msgspec

from stillwatch.errors import BadInput
from stillwatch.gateway.dialects.splice import expect_no_repetition

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=-(1 << 62), le=1 << 62)]
"""A whole number that every column and every model server can hold."""
ABSENT = msgspec.Raw()
"""A field that passes unread, and that is not there."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class TextPart(msgspec.Struct, gc=False):
    """One part of a message; only text is read, whatever its type is called.

    Model servers show the model the text of any part in any message, so a prompt may come as a refusal.
    """

    text: str | None = None
    refusal: str | None = None
    thinking: str | None = None

    def texts(self) -> list[str]:
        """What there is of it."""
        return [text for text in (self.text, self.refusal, self.thinking) if text]


Content = str | list[TextPart] | None

_CONTENT = msgspec.json.Decoder(Content)
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
_PART = msgspec.json.Decoder(TextPart | str)


def read_request(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """Read a request that policy will judge.

    Two readers may differ on a name that stands twice, so such a body is refused: what was judged is then also what
    the model server sees.

    Raises:
        BadInput: It is empty, not UTF-8, not JSON, nested too deep, of the wrong shape, or a name stands twice in it.
    """
    if not body:
        raise BadInput("The request has no body.", hint="Send a JSON object.")
    request = read_json(decoder, body)
    expect_no_repetition(body)
    return request


def read_json(decoder: "msgspec.json.Decoder[T]", body: bytes) -> T:
    """Read JSON text of a known shape.

    Raises:
        BadInput: It is not UTF-8, not JSON, nested too deep, or not of that shape.
    """
    try:
        if not body.isascii():
            body.decode()
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BadInput(f"The JSON does not have the expected shape: {error}.") from None
    except msgspec.DecodeError as error:
        raise BadInput(f"The body is not JSON: {error}.") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None
    except RecursionError:
        raise BadInput("The JSON is nested too deep.") from None


def is_there(raw: msgspec.Raw) -> bool:
    """Whether a field that passes unread holds anything but null."""
    return len(raw) > len(b"null") or (len(raw) > 0 and bytes(raw) != b"null")


def text_of(content: msgspec.Raw) -> str:
    """All text of a message, parts joined by a line end; empty where there is none or it has another shape."""
    if not len(content):
        return ""
    try:
        read = _CONTENT.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "\n".join(_texts_of_odd(content))
    if read is None:
        return ""
    if isinstance(read, str):
        return read
    return "\n".join([text for part in read for text in part.texts()])


def _texts_of_odd(content: msgspec.Raw) -> Iterator[str]:
    """Text of parts of which some are not as they should be: those must not hide the others from the record."""
    try:
        parts = _PARTS.decode(content)
    except (msgspec.MsgspecError, RecursionError):
        return
    for part in parts:
        try:
            read = _PART.decode(part)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
        yield from [read] if isinstance(read, str) else read.texts()
