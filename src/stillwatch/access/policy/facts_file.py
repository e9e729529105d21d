# SPDX-License-Identifier: Apache-2.0
"""Facts as people write them: a YAML document of organisations, keys, persons and models.

Field names are those of the records. Days and instants are written as such (``vetted_until: 2027-01-01``), periods as
``in_force: 2026-06-01/``. Versions and digests are left out: the digest is that of the row itself.
"""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from stillwatch.access.documents import read_document
from stillwatch.access.periods import parse_instant, parse_periods
from stillwatch.access.policy.facts import (
    AccountFacts,
    Circumstances,
    ControlClass,
    KeyFacts,
    ModelFacts,
    OrgFacts,
    PersonFacts,
)
from stillwatch.errors import BadInput

T = TypeVar("T")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known, by id."""

    organisations: Mapping[str, OrgFacts] = {}
    keys: Mapping[str, KeyFacts] = {}
    accounts: Mapping[str, AccountFacts] = {}
    persons: Mapping[str, PersonFacts] = {}
    models: Mapping[str, ModelFacts] = {}
    circumstances: tuple[Circumstances, ...] = ()


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    organisations: tuple[dict[str, Any], ...] = ()
    keys: tuple[dict[str, Any], ...] = ()
    accounts: tuple[dict[str, Any], ...] = ()
    persons: tuple[dict[str, Any], ...] = ()
    models: tuple[dict[str, Any], ...] = ()
    circumstances: tuple[dict[str, Any], ...] = ()


def parse_facts(text: str | bytes, *, name: str) -> Known:
    """Read facts.

    Raises:
        BadInput: The text is something else, a field is unknown or of another type, an id stands twice, or a key,
            account or person belongs to an organisation that is not there; the place is named.
    """
    written = read_document(text, _Document, name=name, what="a list of facts")
    known = Known(
        organisations=_rows(written.organisations, OrgFacts, "org_id", f"{name}, organisations"),
        keys=_rows(written.keys, KeyFacts, "key_id", f"{name}, keys"),
        accounts=_rows(written.accounts, AccountFacts, "account_id", f"{name}, accounts"),
        persons=_rows(written.persons, PersonFacts, "person_id", f"{name}, persons"),
        models={one.model: one for one in _models(written.models, f"{name}, models")},
        circumstances=tuple(
            _record(row, Circumstances, f"{name}, circumstances {number}")
            for number, row in enumerate(written.circumstances, 1)
        ),
    )
    for group in (known.keys, known.accounts, known.persons):
        for who, one in group.items():
            if one.org_id not in known.organisations:
                raise BadInput(f'{name}: "{who}" belongs to the organisation "{one.org_id}", which is not there.')
    return known


def _rows(rows: tuple[dict[str, Any], ...], shape: type[T], id_field: str, where: str) -> dict[str, T]:
    found: dict[str, T] = {}
    for row in rows:
        who = str(row.get(id_field, ""))
        if who in found:
            raise BadInput(f'{where}: "{who}" stands there twice.')
        found[who] = _record({**row, "version": 1, "digest": _digest(row)}, shape, f'{where} "{who}"')
    return found


def _models(rows: tuple[dict[str, Any], ...], where: str) -> list[ModelFacts]:
    found: list[ModelFacts] = []
    for row in rows:
        name = str(row.get("model", ""))
        here = f'{where} "{name}"'
        classes = row.get("classes", [])
        if not isinstance(classes, list) or not all(isinstance(one, dict) for one in classes):
            raise BadInput(f"{here}: classes is not a list of classes.")
        if name in {one.model for one in found}:
            raise BadInput(f'{where}: "{name}" stands there twice.')
        if unknown := set(row) - {"model", "classes"}:
            raise BadInput(f"{here}: there is no field {min(unknown)}.")
        read = tuple(one for each in classes for one in _classes(each, here))
        found.append(ModelFacts(model=name, version=1, digest=_digest(row), classes=read))
    return found


def _classes(written: Mapping[str, Any], where: str) -> list[ControlClass]:
    """A class for each period that it is in force."""
    if set(written) - {"control_class", "in_force"} or not isinstance(written.get("control_class"), str):
        raise BadInput(f"{where}: a class has a control_class, a text, and may say when it is in_force.")
    periods = parse_periods(str(written.get("in_force", "/")))
    return [ControlClass(control_class=written["control_class"], period=period) for period in periods]


def _record(row: Mapping[str, Any], shape: type[T], where: str) -> T:
    try:
        return msgspec.convert(_instants(row), shape)
    except msgspec.ValidationError as error:
        raise BadInput(f"{where}: {str(error).rstrip('.')}.") from None


def _instants(written: Any) -> Any:
    """The same with every ``until`` as the records have it."""
    if isinstance(written, list | tuple):
        return [_instants(one) for one in written]
    if not isinstance(written, Mapping):
        return written
    found: dict[str, Any] = {}
    for name, value in written.items():
        if name == "until" or str(name).endswith("_until"):
            text = value.isoformat() if isinstance(value, date) else str(value)
            found[f"{name}_us"] = None if value is None else parse_instant(text)
        else:
            found[name] = _instants(value)
    return found


def _digest(row: Mapping[str, Any]) -> str:
    packed = msgspec.json.encode(row, order="deterministic")
    return f"sha256:{sha256(packed).hexdigest()}"
