# SPDX-License-Identifier: Apache-2.0
"""A server that says exactly the bytes it is told to, when it is told to: for clients that must survive bad ones.

A script is a plain function that is called with each accepted connection, in a thread of its own. It keeps no rule of
HTTP by itself, so it can break any of them, and it runs while the client's event loop is blocked.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A request as it came."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Give the only value of a header, or None."""
        values = [value for key, value in self.headers if key.lower() == name]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


class RawConnection:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, index: int) -> None:
        self.index = index
        """Nought for the first connection that was accepted."""
        self._socket = sock
        self._unread = b""

    def read_head(self) -> bytes:
        """Read up to and with the empty line; empty where the client closed instead."""
        while b"\r\n\r\n" not in self._unread:
            data = self._receive()
            if not data:
                return b""
            self._unread += data
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def read_body(self, length: int) -> bytes:
        """Read a body, or as much of it as the client sent."""
        pieces, size = [self._unread], len(self._unread)
        while size < length:
            data = self._receive()
            if not data:
                break
            pieces.append(data)
            size += len(data)
        whole = b"".join(pieces)
        self._unread = whole[length:]
        return whole[:length]

    def read_request(self) -> RawRequest | None:
        """Read a request; None where the client closed instead."""
        head = self.read_head()
        if not head:
            return None
        line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in lines)]
        request = RawRequest(line=line, headers=headers, body=b"")
        length = int(request.header("content-length") or 0)
        return RawRequest(line=line, headers=headers, body=self.read_body(length))

    def send(self, data: bytes) -> bool:
        """Send; False where the client is gone."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def dribble(self, data: bytes, *, every_seconds: float = 0.0) -> bool:
        """Send byte by byte, each in a packet of its own."""
        for position in range(len(data)):
            if not self.send(data[position : position + 1]):
                return False
            time.sleep(every_seconds)
        return True

    def is_closed_by_client(self, *, within_seconds: float = 5.0) -> bool:
        """Wait for the client's end of the connection; whatever it still sends is thrown away."""
        self._socket.settimeout(within_seconds)
        try:
            while self._socket.recv(65_536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            self._socket.settimeout(None)
        return True

    def reset(self) -> None:
        """Close with a reset in place of an orderly end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close, also where another thread is reading."""
        # A TLS socket says goodbye first where it can; close alone would leave a reader in another thread asleep.
        try:
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.settimeout(1.0)
                self._socket.unwrap()
        except (OSError, ValueError):
            pass
        self._socket.close()

    def break_off(self) -> None:
        """Wake whoever is reading, by ending both directions."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(262_144)
        except OSError:
            return b""


Script = Callable[[RawConnection], None]


@dataclass
class RawServer:
    """Runs a script for each connection until the ``with`` block ends. What a script raises is raised there."""

    script: Script
    tls: ssl.SSLContext | None = None
    receive_buffer_bytes: int | None = None
    """A small one makes a slow reader felt at once."""
    connections: list[RawConnection] = field(default_factory=list)
    _failures: list[BaseException] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.socket()
        if self.receive_buffer_bytes is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer_bytes)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(256)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Base URL without a path."""
        return f"https://localhost:{self.port}" if self.tls else f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.break_off()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a script did not end"
        if error is None and self._failures:
            raise self._failures[0]

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            index = len(self.connections)
            connection = RawConnection(sock, index)
            self.connections.append(connection)
            self._start(lambda connection=connection, sock=sock: self._run(connection, sock))  # type: ignore[misc]

    def _run(self, connection: RawConnection, sock: socket.socket) -> None:
        try:
            if self.tls is not None:
                # Known before the handshake, so that the end of the test can break it off.
                secured = self.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                connection._socket = secured
                secured.do_handshake()
            self.script(connection)
        except OSError:
            return  # The client did not like the certificate, or is gone; that is for the client's test to see.
        except BaseException as error:  # noqa: BLE001 - raised again where the test can see it
            self._failures.append(error)
        finally:
            connection.close()


def answering(*answers: bytes) -> Script:
    """Give a script that answers each request of a connection with the next of ``answers``, the last one for ever."""

    def script(connection: RawConnection) -> None:
        count = 0
        while connection.read_request() is not None:
            if not connection.send(answers[min(count, len(answers) - 1)]):
                return
            count += 1

    return script
