# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from fakes.gate import GOOD_KEY
from fakes.gateway_server import World

PATH = "/access/v1/token"
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": GOOD_KEY,
}


async def post(world: World, form: Any, **options: Any) -> tuple[int, Mapping[str, str], Any]:
    async with aiohttp.ClientSession() as session, session.post(world.url + PATH, data=form, **options) as answer:
        return answer.status, answer.headers, await answer.json()


async def test_a_client_gets_a_token_that_no_cache_keeps(world: World) -> None:
    status, headers, body = await post(world, FORM)
    assert (status, body) == (200, {"access_token": GOOD_KEY, "token_type": "Bearer", "expires_in": 600})
    assert headers["cache-control"] == "no-store"
    assert not world.recorder.rows


async def test_a_client_that_is_not_known_is_refused_in_the_words_of_oauth(world: World) -> None:
    status, headers, body = await post(world, FORM | {"client_assertion": "x"})
    assert (status, body["error"]) == (401, "invalid_client")
    assert headers["x-stillwatch-refusal"] == "invalid_client_assertion"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (FORM | {"grant_type": "password"}, "unsupported_grant_type"),
        (FORM | {"client_assertion_type": "saml"}, "invalid_request"),
        (FORM | {"client_assertion": ""}, "invalid_request"),
        ({}, "unsupported_grant_type"),
        (urlencode(FORM) + "&grant_type=client_credentials", "invalid_request"),
        ("&".join(f"a{n}=b" for n in range(20)), "invalid_request"),
        (b"\xff\xfe", "invalid_request"),
        ("no form", "invalid_request"),
    ],
)
async def test_what_is_no_such_form_is_refused(world: World, form: Any, error: str) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    status, _, body = await post(world, form, headers=headers)
    assert (status, body["error"]) == (400, error)


async def test_json_get_and_floods_are_refused(world: World) -> None:
    assert (await post(world, None, json=FORM))[0] == 400
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await post(world, "x" * 40_000, headers=headers))[0] == 413
    async with aiohttp.ClientSession() as session, session.get(world.url + PATH) as answer:
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
