# SPDX-License-Identifier: Apache-2.0
"""The Legal Entity Identifier: twenty characters whose last two are a check."""

import re

_FORM = re.compile(r"[0-9A-Z]{18}[0-9]{2}")


def is_lei(text: str) -> bool:
    """Whether a text has the form of an LEI and its check digits are right. It may still belong to nobody.

    Source:
        ISO 17442-1, with the check of ISO/IEC 7064, MOD 97-10: letters count from A = 10, and the whole number leaves 1
        when it is divided by 97.

    Example:
        >>> is_lei("5493001KJTIIGC8Y1R12"), is_lei("5493001KJTIIGC8Y1R13")
        (True, False)
    """
    return _FORM.fullmatch(text) is not None and _remainder(text) == 1


def lei_with_check(stem: str) -> str:
    """Complete the first 18 characters (digits and capital letters) of an LEI by its check digits.

    Raises:
        ValueError: There are more or fewer, or other characters.
    """
    if _FORM.fullmatch(stem + "00") is None:
        raise ValueError("an LEI begins with 18 digits or capital letters")
    return f"{stem}{98 - _remainder(stem + '00'):02}"


def _remainder(text: str) -> int:
    return int("".join(str(int(character, 36)) for character in text)) % 97
