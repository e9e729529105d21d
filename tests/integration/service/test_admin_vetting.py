# SPDX-License-Identifier: Apache-2.0
"""The HTTP API of vetting over a real database, by tokens."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from fakes.asgi import Answer, ask
from fakes.dossiers import NOW_US, whole
from fakes.keys import PEPPERS
from stillwatch.access.adapters.sql_administrators import SqlAdministrators
from stillwatch.access.adapters.sql_directory import SqlDirectory
from stillwatch.access.adapters.sql_vetting import SqlVettings
from stillwatch.access.vetting.grounds import Policy
from stillwatch.service.admin_endpoint import bearer, routes
from stillwatch.service.admin_vetting import PREFIX, vetting_endpoints
from stillwatch.service.vetting_office import VettingOffice

ORG = "/organisations/example-1"
WHY = {"reason": "because"}


class Api:
    """Who signed in may ask."""

    def __init__(self, engine: Engine) -> None:
        administrators = SqlAdministrators(engine, peppers=PEPPERS)
        self._tokens = {name: administrators.create(name, now_us=NOW_US)[1] for name in ("Clerk", "Ann", "Bob")}
        vettings = SqlVettings(engine, policy=Policy)
        office = VettingOffice(vettings, policy=Policy, screen=None, now_us=lambda: NOW_US)
        endpoints = vetting_endpoints(office, SqlDirectory(engine, peppers=PEPPERS), now_us=lambda: NOW_US)
        sign_in = bearer(administrators.signed_in)
        self._app = Starlette(routes=routes(endpoints, sign_in, title="Test", prefix=PREFIX))

    def ask(self, method: str, path: str, body: Any = None, *, by: str = "Clerk") -> Answer:
        headers = {"authorization": f"Bearer {self._tokens[by]}"}
        sent = b"" if body is None else msgspec.json.encode(body)
        return ask(self._app, method, PREFIX + path, headers=headers, body=sent)

    def good(self, method: str, path: str, body: Any = None, *, by: str = "Clerk") -> Any:
        answer = self.ask(method, path, body, by=by)
        assert answer.status == 200, answer.text
        return answer.json


@pytest.fixture
def api(engine: Engine) -> Api:
    return Api(engine)


def test_an_organisation_is_vetted_over_http_by_those_who_signed_in(api: Api) -> None:
    assert api.good("POST", "/dossiers?dry_run=true", [whole()])["added"] == ["example-1"]
    assert api.good("GET", "/organisations") == []
    api.good("POST", "/dossiers", [whole()])
    assert api.good("POST", f"{ORG}/review", WHY)[-1]["state"] == "review"
    for by, state in (("Ann", "review"), ("Bob", "approved")):
        (made,) = api.good("POST", f"{ORG}/approve", WHY | {"tier": 1}, by=by)
        assert (made["state"], made["by"]) == (state, by)
    shown = api.good("GET", ORG)
    assert (shown["organisation"]["name"], shown["vetting"]["tier"]) == ("Example 001 Industries", 1)
    assert api.good("GET", "/organisations?state=approved") == [shown]
    assert api.good("GET", "/organisations?state=review") == []
    for act in ("suspend", "revoke", "apply"):
        api.good("POST", f"{ORG}/{act}", WHY, by="Ann")
    assert [one["by"] for one in api.good("GET", f"{ORG}/history")] == [
        "Clerk", "Clerk", "Clerk", "Ann", "Bob", "Ann", "Ann", "Ann"
    ]  # fmt: skip


def test_one_person_cannot_sign_as_two(api: Api) -> None:
    api.good("POST", "/dossiers", [whole()])
    api.good("POST", f"{ORG}/review", WHY)
    api.good("POST", f"{ORG}/approve", WHY | {"tier": 1}, by="Ann")
    for by, says in (("Ann", "has voted already"), ("Clerk", "recorded its dossier")):
        answer = api.ask("POST", f"{ORG}/approve", WHY | {"tier": 1}, by=by)
        assert answer.status == 400
        assert says in answer.json["error"]


def test_a_dossier_comes_back_as_it_was_sent(api: Api) -> None:
    api.good("POST", "/dossiers", [whole()])
    api.good("POST", "/dossiers", [whole(scope=None)])
    newest, first = api.good("GET", f"{ORG}/dossier"), api.good("GET", f"{ORG}/dossier?version=1")
    assert (newest["version"], "scope" in newest["dossier"]) == (2, False)
    assert first["dossier"] == msgspec.json.decode(msgspec.json.encode(whole()))


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("GET", "/organisations?state=x", None, "no state 'x'"),
        ("GET", "/organisations/nobody", None, "no organisation nobody"),
        ("GET", "/organisations/nobody/history", None, "no dossier"),
        ("GET", f"{ORG}/dossier?version=-1", None, "a number from 1"),
        ("GET", f"{ORG}/dossier?version=9", None, "no version 9"),
        ("POST", f"{ORG}/suspend", WHY, "cannot be given 'suspend'"),
        ("POST", f"{ORG}/suspend", {"reason": ""}, "length >= 1"),
        ("POST", f"{ORG}/approve", WHY, "missing required field `tier`"),
        ("POST", "/dossiers?dry_run=perhaps", [], "true or false"),
        ("POST", "/dossiers", [{"org_id": "x"}], "missing required field `identity`"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(api: Api, method: str, path: str, body: Any, says: str) -> None:
    api.good("POST", "/dossiers", [whole()])
    answer = api.ask(method, path, body)
    assert answer.status == 400
    assert says in answer.json["error"]


def test_a_dossier_that_contradicts_itself_is_named_and_nothing_is_recorded(api: Api) -> None:
    wrong = msgspec.json.decode(msgspec.json.encode(whole("example-2", 2)))
    wrong["ownership"]["unknown_percent"] = 50
    answer = api.ask("POST", "/dossiers", [msgspec.json.decode(msgspec.json.encode(whole())), wrong])
    assert "dossier 2 (example-2): ownership gives 140 per cent" in answer.json["error"]
    assert api.good("GET", "/organisations") == []
