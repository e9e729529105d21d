# SPDX-License-Identifier: Apache-2.0
"""What workers and the control process say to each other over the Unix socket.

Each message is four bytes of length, big-endian, and a MessagePack map with its kind under ``type``. Both ends run the
same version of the program, so the format is private and has no history.
"""

import asyncio
from typing import Any

import msgspec

from stillwatch.errors import IntegrityError

MAX_MESSAGE_BYTES = 1 << 30
"""A snapshot of several million keys; more than this is a broken peer."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """A worker has come up."""

    pid: int


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """Changed keys, pushed to workers. With ``full`` it replaces everything a worker has."""

    version: int
    full: bool
    entries: bytes
    """Encoded by ``access.snapshot``."""
    removed: tuple[str, ...] = ()
    rulebook: bytes | None = None
    """The access policy, encoded by ``access.policy.rulebook``; empty where none is in force, None where it has not
    changed."""
    organisations: bytes = b""
    """What is known of the organisations that changed, encoded likewise; empty where none did."""


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """The control process is alive; sent when nothing else was."""


class Report(msgspec.Struct, frozen=True, tag="report"):
    """What a worker has counted so far, and which standing it goes by."""

    pid: int
    version: int
    is_writable: bool
    meters: dict[str, Any]


Message = Hello | Snapshot | Beat | Report

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def pack(message: Message) -> bytes:
    """One message, framed."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message, or None where the peer has gone.

    Raises:
        IntegrityError: The peer sent something that is not a message.
    """
    try:
        head = await reader.readexactly(4)
        length = int.from_bytes(head, "big")
        if length > MAX_MESSAGE_BYTES:
            raise IntegrityError(f"A peer on the control socket announced a message of {length} bytes.")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise IntegrityError(f"A peer on the control socket sent something that is not a message: {error}.") from None
