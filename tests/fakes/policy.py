# SPDX-License-Identifier: Apache-2.0
"""An example organisation that every shipped rule lets through, its key, a controlled model; questions about them."""

from importlib.resources import files
from typing import Any

import msgspec

from stillwatch.access.periods import parse_instant
from stillwatch.access.policy.book import Book, Rule, parse_rules
from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.facts import (
    Action,
    Circumstances,
    ControlClass,
    Credential,
    KeyFacts,
    ModelFacts,
    OrgFacts,
    PersonFacts,
    Reseller,
    ScreenedList,
    Vetting,
)
from stillwatch.records.binding import Binding, ExportClass

NOW = parse_instant("2026-11-21")
PACKS = ("house", "us", "eu", "uk")

ORG = OrgFacts(
    org_id="org-1",
    version=1,
    digest="sha256:org",
    vetting=Vetting.APPROVED,
    tier=4,
    hq_country="DE",
    parent_countries=("DE",),
    ownership_clear=("us-ofac-50", "us-bis-affiliates", "eu-50", "uk-50", "house-unsupported-regions"),
    screened=tuple(ScreenedList(name=name, digest=f"sha256:{name}") for name in ("csl", "eu-fsf", "uk-sanctions")),
    open_hits=0,
    confirmed_hits=0,
    credentials=(Credential(scheme="soc2"), Credential(scheme="rand_sl3")),
    terms="2026-09",
    models=("*",),
    uses=("research",),
    end_uses=("research",),
    reseller=Reseller.DIRECT,
)
KEY = KeyFacts(
    key_id="key-1",
    account_id="acct-1",
    org_id="org-1",
    version=1,
    digest="sha256:key",
    scopes=("*",),
    models=("*",),
    binding=Binding.MTLS,
)
PERSON = PersonFacts(person_id="p-1", org_id="org-1", version=1, digest="sha256:person", roles=("administrator",))
MODEL = ModelFacts(model="frontier", version=1, digest="sha256:model", classes=(ControlClass(control_class="4E091"),))
GOOD = Circumstances(country="DE", hosting="no", binding=Binding.MTLS, person_class=ExportClass.US_PERSON, standing=0)


def question(**changes: Any) -> Question:
    """The question that every shipped rule lets through, but for what is changed.

    ``org``, ``key``, ``model`` and ``circumstances`` are changes of that record; ``principal`` and ``action`` stand for
    themselves.
    """
    organisation = msgspec.structs.replace(ORG, **changes.get("org", {}))
    key = msgspec.structs.replace(KEY, **changes.get("key", {}))
    return Question(
        principal=changes.get("principal", key),
        organisation=organisation,
        action=changes.get("action", Action.INVOKE),
        model=msgspec.structs.replace(MODEL, **changes.get("model", {})),
        circumstances=msgspec.structs.replace(GOOD, **changes.get("circumstances", {})),
    )


def shipped_rules(*packs: str) -> tuple[Rule, ...]:
    """The rules of the packs in the package; all of them where none is named."""
    folder = files("stillwatch.access.policy") / "packs"
    texts = {name: (folder / name / "rules.cedar").read_text() for name in packs or PACKS}
    return tuple(rule for name, text in texts.items() for rule in parse_rules(text, pack=name, name=name))


def book(text: str) -> Book:
    """A book of rules written down without their annotations: the n-th is called ``n``."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    noted = (
        part if part.startswith("@id") else f'@id("{number}") @says("rule {number}") @source("test") {part}'
        for number, part in enumerate(parts)
    )
    return Book(parse_rules("".join(f"{part};\n" for part in noted), pack="test", name="test"))
