# SPDX-License-Identifier: Apache-2.0
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct
from starlette.applications import Starlette

from fakes.asgi import Answer, ask
from stillwatch.errors import BadInput, IntegrityError, StillwatchError, Unavailable
from stillwatch.service.admin_endpoint import MAX_BODY, Call, Endpoint, bearer, openapi, routes


class Given(Struct, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=1)]


class Back(Struct):
    said: str


def _fail(error: StillwatchError) -> Any:
    def run(_call: Call) -> Any:
        raise error

    return run


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/a/things/{thing}",
        name="show_thing",
        summary="Show.",
        query={"version": "Which."},
        run=lambda call: Back(f"{call.by} {call.path['thing']} {call.query.get('version')}"),
        answers=Back,
    ),
    Endpoint(
        method="POST",
        path="/a/things",
        name="make_thing",
        summary="Make.",
        takes=Given,
        run=lambda call: Back(f"{call.by} {call.body.count}"),
        answers=Back,
    ),
    Endpoint(
        method="GET", path="/a/bad", name="bad", summary="s", run=_fail(BadInput("No.", hint="Do.")), answers=Back
    ),
    Endpoint(method="GET", path="/a/down", name="down", summary="s", run=_fail(Unavailable("Down.")), answers=Back),
    Endpoint(method="GET", path="/a/hurt", name="hurt", summary="s", run=_fail(IntegrityError("Hurt.")), answers=Back),
)
APP = Starlette(routes=routes(ENDPOINTS, bearer({"good": "Ann"}.get), title="Test", prefix="/a"))


def sent(method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    return ask(APP, method, path, headers={"authorization": "Bearer good"} | headers, body=body)


def test_who_signed_in_is_who_does_it() -> None:
    answer = sent("GET", "/a/things/7?version=2")
    assert (answer.status, answer.json) == (200, {"said": "Ann 7 2"})
    assert answer.headers["cache-control"] == "no-store"
    assert sent("POST", "/a/things", b'{"count": 3}').json == {"said": "Ann 3"}


@pytest.mark.parametrize("value", [None, "", "good", "Basic good", "Bearer", "Bearer bad", "Bearer good x"])
@pytest.mark.parametrize("path", ["/a/things/7", "/a/openapi.json"])
def test_nothing_is_there_for_who_did_not_sign_in(value: str | None, path: str) -> None:
    answer = ask(APP, "GET", path, headers={} if value is None else {"authorization": value})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json["error"] == "Nobody is signed in."


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b'{"count": 0}', ">= 1"),
        (b'{"count": 1, "x": 1}', "unknown field"),
        (b'{"count": "\xc3\xa9"}', "Expected `int`"),
        (b"\xff", "cannot be read"),
        (b" " * (MAX_BODY + 1), "longer than 8 MB"),
    ],
)
def test_a_body_at_fault_is_named(body: bytes, says: str) -> None:
    answer = sent("POST", "/a/things", body)
    assert answer.status == 400
    assert says in answer.json["error"]


def test_a_body_of_another_kind_or_cut_short_is_refused() -> None:
    assert "not JSON" in sent("POST", "/a/things", b"{}", **{"content-type": "text/plain"}).json["error"]
    headers = {"authorization": "Bearer good"}
    cut = ask(APP, "POST", "/a/things", headers=headers, body=b'{"count": 3}', cut=True)
    assert (cut.status, cut.json["error"]) == (400, "The body was cut short.")


def test_a_query_that_is_not_known_is_refused() -> None:
    assert "no parameter 'x'" in sent("GET", "/a/things/7?x=1").json["error"]


def test_errors_say_who_must_act() -> None:
    bad = sent("GET", "/a/bad")
    assert (bad.status, bad.json) == (400, {"error": "No.", "hint": "Do."})
    assert [sent("GET", path).status for path in ("/a/down", "/a/hurt", "/a/other")] == [503, 500, 404]
    assert sent("PUT", "/a/things", b"{}").status == 405


def test_the_document_describes_every_operation() -> None:
    document = sent("GET", "/a/openapi.json").json
    assert document == msgspec.json.decode(msgspec.json.encode(openapi(ENDPOINTS, title="Test")))
    assert document["openapi"] == "3.1.0"
    show = document["paths"]["/a/things/{thing}"]["get"]
    assert [(one["name"], one["in"], one["required"]) for one in show["parameters"]] == [
        ("thing", "path", True),
        ("version", "query", False),
    ]
    made = document["paths"]["/a/things"]["post"]
    assert made["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Given"}
    assert document["components"]["schemas"]["Given"]["properties"]["count"] == {"type": "integer", "minimum": 1}
