# SPDX-License-Identifier: Apache-2.0
"""Everything this package raises on purpose, sorted by who has to act.

StillwatchError
├── BadInput          the caller or operator gave us something we cannot read   -> 4xx, exit 2
├── UpstreamError     the model behind us failed                                -> 502/504
├── Unavailable       we cannot do what we promise right now (a full disk)      -> 503, exit 3
├── IntegrityError    a checksum, signature or proof did not match: stop        -> page the operator, exit 1
└── SettingsError     the operator's configuration cannot work                  -> exit 2 at start-up

A refusal is not an error: ``Denial`` in ``records/grant.py`` is a value.
"""


class StillwatchError(Exception):
    """Base of every error raised on purpose.

    Args:
        message: One sentence that says what is wrong.
        hint: One sentence that says how to mend it; empty where nothing can be said.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.hint}".rstrip() if self.hint else message


class BadInput(StillwatchError):  # noqa: N818 - the tree reads as a sentence
    """The caller or the operator gave something that cannot be read."""

    exit_code = 2


class UpstreamError(StillwatchError):
    """The model server behind the gateway failed.

    Args:
        message: One sentence that says what happened.
        reason: ``connect``, ``connect_timeout``, ``first_byte_timeout``, ``idle_timeout``, ``closed`` or ``protocol``.
        hint: See the base class.
    """

    exit_code = 3

    def __init__(self, message: str, *, reason: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class Unavailable(StillwatchError):  # noqa: N818 - see BadInput
    """A promise cannot be kept right now, so the work is refused."""

    exit_code = 3


class IntegrityError(StillwatchError):
    """Something stored or received does not match its checksum, signature or proof."""

    exit_code = 1


class SettingsError(StillwatchError):
    """The operator's configuration cannot work."""

    exit_code = 2
