# SPDX-License-Identifier: Apache-2.0
"""Reads YAML (and so JSON) documents of a known shape, with one sentence for whatever is wrong with them."""

from typing import TypeVar

import msgspec

from stillwatch.errors import BadInput

T = TypeVar("T")


def read_document(text: str | bytes, shape: type[T], *, name: str, what: str, hint: str = "") -> T:
    """Read a document.

    Args:
        text: The document.
        shape: A ``msgspec.Struct`` or a type made of such.
        name: What to call the document in errors.
        what: What it should be, with its article: ``a directive``.
        hint: Ends the sentence.

    Raises:
        BadInput: It is not YAML, or not of this shape; the place in it is named.
    """
    try:
        return msgspec.yaml.decode(text, type=shape)
    except msgspec.MsgspecError as error:
        raise BadInput(f"{name} is not {what}: {' '.join(str(error).split()).rstrip('.')}.", hint=hint) from None
