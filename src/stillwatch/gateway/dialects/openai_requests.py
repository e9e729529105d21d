# SPDX-License-Identifier: Apache-2.0
"""Policy's edits to the requests of OpenAI's chat and text completions."""

import msgspec

from stillwatch.gateway.dialects.splice import Edit, Member, apply, insertion, members, removals, replacement


class StreamOptions(msgspec.Struct, gc=False):
    """The ``stream_options`` object."""

    include_usage: bool | None = None


_ASKS_FOR_REASONING = ("reasoning", "include_reasoning")


def edited(body: bytes, *, model: str | None, withhold: bool, ask_usage: bool) -> bytes:
    """Make the edits asked for; see ``Endpoint.edit``."""
    if model is None and not withhold and not ask_usage:
        return body
    found = members(body)
    edits = [] if model is None else [rename(found, model)]
    if ask_usage:
        edits.append(_usage_edit(body, found))
    if withhold:
        edits += removals(found, _is_withheld)
    return apply(body, edits)


def rename(found: list[Member], model: str) -> Edit:
    """Put the upstream's name for the model in its place."""
    return next(replacement(member, msgspec.json.encode(model)) for member in found if member.name == "model")


def _is_withheld(member: Member) -> bool:
    return member.name.endswith("logprobs") or member.name in _ASKS_FOR_REASONING


def _usage_edit(body: bytes, found: list[Member]) -> Edit:
    options = next((member for member in found if member.name == "stream_options"), None)
    if options is None:
        return insertion(found, b"stream_options", b'{"include_usage":true}')
    if body[options.value] != ord("{"):
        return replacement(options, b'{"include_usage":true}')
    inner = members(body, options.value, options.end)
    asked = next((member for member in inner if member.name == "include_usage"), None)
    if asked is not None:
        return replacement(asked, b"true")
    return insertion(inner, b"include_usage", b"true") if inner else replacement(options, b'{"include_usage":true}')
