# SPDX-License-Identifier: Apache-2.0
"""What the readers have in common: strict UTF-8, strict CSV, countries, dates. Nothing is guessed or skipped."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from rigour.territories import get_territory, lookup_territory

from stillwatch.errors import BadInput

MAX_BYTES = 256_000_000
MAX_NAME_LENGTH = 500
DOS_END = "\x1a"
"""The character that ends a file of the US Treasury's."""
_MENDED = {
    **{code: bytes([code]).decode("windows-1252", "ignore") for code in range(0x80, 0xA0)},
    **dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF)),
}
"""Characters that published lists really hold: quotes that another encoding left behind, and marks that show
nothing."""


def text_of(data: bytes) -> str:
    """The text of a file.

    Raises:
        BadInput: It is empty or too large, is not UTF-8, or holds null characters.
    """
    if not data.strip():
        raise BadInput("The list is empty.")
    if len(data) > MAX_BYTES:
        raise BadInput(f"The list has {len(data):,} bytes.", hint=f"A list may have {MAX_BYTES:,}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput(
            f"The list is not UTF-8: line {line} holds the byte {data[error.start]:#04x}.",
            hint="Fetch it again, or convert it, for example: iconv -f WINDOWS-1252 -t UTF-8.",
        ) from None
    if "\0" in text:
        raise BadInput("The list holds null characters.", hint="It may be UTF-16: convert it to UTF-8.")
    return text


def rows_of(text: str, *, columns: int) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line it ends on.

    Raises:
        BadInput: A row is cut short, has more or fewer fields, or its quotes do not close; the last line has no end,
        and
            nothing else would tell that it was cut within its last field.
    """
    if not text.endswith("\n") and DOS_END not in text[-40:]:
        raise BadInput(
            "The list's last line has no end: it may be cut short.", hint="Fetch it again, or end it with a newline."
        )
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip(f" {DOS_END}")):
                continue
            if len(row) != columns:
                raise BadInput(
                    f"Line {reader.line_num} of the list has {len(row)} fields where {columns} belong.",
                    hint="It may be cut short: fetch it again.",
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise BadInput(
            f"Line {reader.line_num} of the list is no CSV: {error}.", hint="It may be cut short: fetch it again."
        ) from None


def table_of(text: str, *, header: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row as a dict, of a file whose first line is exactly this header (once more below it does no harm).

    Raises:
        BadInput: The header is another, or see ``rows_of``.
    """
    rows = rows_of(text, columns=len(header))
    first = text.partition("\n")[0].rstrip("\r")
    found = next(csv.reader([first]), [])
    if [name.strip() for name in found] != list(header):
        raise BadInput(
            f"The list's first line is not the header of this format: {first[:80]!a}.",
            hint=f"It must begin with: {','.join(header)[:80]}.",
        )
    for line, row in rows:
        if row != found:
            yield line, dict(zip(header, (cell.strip() for cell in row), strict=True))


def name_of(text: str, *, line: int) -> str:
    """A name, its white space put in order, without invisible marks; Windows' own characters become what they show.

    Raises:
        BadInput: It is empty, too long, or holds what cannot be printed.
    """
    name = " ".join(text.translate(_MENDED).split())
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise BadInput(
            f"Line {line} of the list has a name that cannot be used: {name[:60]!a}.",
            hint=f"A name has 1 to {MAX_NAME_LENGTH} characters that can be printed.",
        )
    return name


def names_of(principal: str, others: Sequence[str], *, line: int) -> tuple[str, ...]:
    """The name to show, then the others, each once."""
    given = [name_of(principal, line=line)]
    given += [name_of(other, line=line) for other in others if other.strip(" ;,")]
    return tuple(dict.fromkeys(given))


def split(text: str, separator: str = ";") -> list[str]:
    """The parts between separators, without white space, none empty."""
    return [part.strip() for part in text.split(separator) if part.strip()]


@lru_cache(maxsize=4_096)
def country_code(text: str) -> str:
    """ISO 3166-1 alpha-2 in small letters for a code or a country's name in any usual spelling; empty where unknown."""
    text = text.strip()
    found = get_territory(text.lower()) if len(text) == 2 else lookup_territory(text)
    return "" if found is None or len(found.code) != 2 else found.code


def countries_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The countries that can be recognised, each once, in order."""
    return tuple(sorted({code for code in map(country_code, texts) if code}))


def day_of(text: str, *, line: int) -> str:
    """An ISO day, or nothing.

    Raises:
        BadInput: It is something else.
    """
    text = text.strip()
    if not text:
        return ""
    if re.fullmatch(r"\d{4}", text):
        return f"{text}-01-01"
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise BadInput(
            f"Line {line} of the list has the date {text[:20]!a}.", hint="Write it like 2026-06-30."
        ) from None
