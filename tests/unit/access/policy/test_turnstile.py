# SPDX-License-Identifier: Apache-2.0
import msgspec

from fakes.keys import empty_keyring, entry_for
from fakes.policy import GOOD, MODEL, NOW, ORG, book, shipped_rules
from stillwatch.access.policy.book import Book
from stillwatch.access.policy.facts import ModelFacts, OrgFacts
from stillwatch.access.policy.judge import Judge
from stillwatch.access.policy.turnstile import Turnstile
from stillwatch.records.grant import Denial, Grant, Wanted

API_KEY, ENTRY = entry_for("acct-1")
KEYRING = empty_keyring().with_delta([ENTRY], version=1)
OPEN_MODEL = ModelFacts(model="open", version=1, digest="sha256:open", classes=())
WANTED = Wanted(model="frontier", country=GOOD.country)


def granted() -> Grant:
    answer = KEYRING.authorize(API_KEY, client_ip=None, model=None, now_us=NOW)
    assert isinstance(answer, Grant)
    return answer


def turnstile(rules: Book, *organisations: OrgFacts) -> Turnstile:
    return Turnstile(
        Judge(rules),
        KEYRING,
        organisations={one.org_id: one for one in organisations},
        models={MODEL.model: MODEL, OPEN_MODEL.model: OPEN_MODEL},
        appeal="Write to us.",
    )


def test_a_grant_comes_back_with_the_rules_and_the_facts_that_decided() -> None:
    rules = book("permit(principal, action, resource) when { principal.organisation.tier > 1 }")
    answer = turnstile(rules, ORG).ask(granted(), WANTED, now_us=NOW)
    assert isinstance(answer, Grant)
    assert answer.verdict is not None
    assert answer.verdict.rules == "0"
    facts = dict(part.split("=") for part in answer.verdict.facts.split())
    assert facts["rules"] == rules.digest
    assert facts["organisation"] == ORG.digest
    assert facts["model"] == MODEL.digest
    assert facts["list:csl"] == "sha256:csl"
    assert msgspec.structs.replace(answer, verdict=None) == granted()


def test_every_action_that_is_wanted_must_be_permitted() -> None:
    rules = book('permit(principal, action in [Action::"invoke", Action::"stream"], resource)')
    gate = turnstile(rules, ORG)
    assert isinstance(gate.ask(granted(), msgspec.structs.replace(WANTED, stream=True), now_us=NOW), Grant)
    for more in ({"reasoning": True}, {"logprobs": True}):
        answer = gate.ask(granted(), msgspec.structs.replace(WANTED, **more), now_us=NOW)
        assert isinstance(answer, Denial)
        assert (answer.code, answer.status) == ("policy_denied", 403)


def test_a_refusal_says_how_to_appeal_and_not_what_is_known() -> None:
    rules = book(
        "permit(principal, action, resource); forbid(principal, action, resource) when "
        "{ principal.organisation.open_hits > 0 }"
    )
    answer = turnstile(rules, msgspec.structs.replace(ORG, open_hits=1)).ask(granted(), WANTED, now_us=NOW)
    assert isinstance(answer, Denial)
    assert answer.message == "The access policy of this service does not permit this. Write to us."
    assert answer.verdict is not None
    assert answer.verdict.rules == "1"
    assert (answer.key_id, answer.account_id) == (ENTRY.key_id, "acct-1")


def test_an_organisation_or_model_of_which_nothing_is_known_is_denied_by_the_shipped_rules() -> None:
    rules = Book(shipped_rules())
    assert isinstance(turnstile(rules).ask(granted(), WANTED, now_us=NOW), Denial)
    assert isinstance(turnstile(rules, ORG).ask(granted(), Wanted(model="never heard of"), now_us=NOW), Denial)


def test_an_answer_ends_when_a_rule_does() -> None:
    noted = '@id("a") @says("s") @source("t") @in_force("2026-01-01/2026-12-01")'
    rules = book(f"{noted} permit(principal, action, resource)")
    gate = turnstile(rules, ORG)
    until = rules.changes()[-1]
    assert isinstance(gate.ask(granted(), WANTED, now_us=until - 1), Grant)
    assert isinstance(gate.ask(granted(), WANTED, now_us=until), Denial)
    # A clock that steps back is answered by what held then.
    assert isinstance(gate.ask(granted(), WANTED, now_us=until - 1), Grant)


def test_the_same_is_answered_from_memory() -> None:
    gate = turnstile(book("permit(principal, action, resource)"), ORG)
    assert gate.ask(granted(), WANTED, now_us=NOW) is gate.ask(granted(), WANTED, now_us=NOW + 1)


def test_what_was_said_of_the_address_counts_and_what_was_not_said_is_not_known() -> None:
    gate = turnstile(book('permit(principal, action, resource) when { context.hosting == "no" }'), ORG)
    answers = [
        isinstance(gate.ask(granted(), msgspec.structs.replace(WANTED, is_hosted=one), now_us=NOW), Grant)
        for one in (False, True, None)
    ]
    assert answers == [True, False, False]
