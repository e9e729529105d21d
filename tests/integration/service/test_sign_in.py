# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from starlette.applications import Starlette

from fakes.asgi import ask
from fakes.identity_provider import IdentityProvider
from stillwatch.errors import Unavailable
from stillwatch.service.admin_api import open_admin_api
from stillwatch.service.clock import wall_now_us
from stillwatch.service.offices import open_administrators, open_database
from stillwatch.service.sign_in import open_sign_in
from stillwatch.settings import settings_from


def test_both_kinds_of_token_open_the_api_and_nothing_else_does(tmp_path: Path) -> None:
    with IdentityProvider() as provider:
        sign_in = {"issuer": provider.issuer, "administrators": ["safety"]}
        settings = settings_from({"data_dir": "data", "access": {"sign_in": sign_in}}, folder=tmp_path)
        engine = open_database(settings)
        _, own = open_administrators(settings, engine=engine).create("Ann", now_us=1)
        app = Starlette(routes=open_admin_api(settings, engine=engine))
        now_us = wall_now_us()
        tokens = {
            own: 200,
            provider.token(now_us): 200,
            provider.token(now_us, groups=["everybody"]): 401,
            provider.token(now_us - 900_000_000): 401,
            provider.token(now_us, header={"alg": "none"}): 401,
            "a.b.c": 401,
            own + "x": 401,
            "": 401,
        }
        for token, status in tokens.items():
            headers = {"authorization": f"Bearer {token}"}
            assert ask(app, "GET", "/admin/v1/organisations", headers=headers).status == status, token
        engine.dispose()


def test_an_outage_of_the_provider_locks_nobody_out_who_holds_a_token_of_ours(tmp_path: Path) -> None:
    with IdentityProvider() as provider:
        token, sign_in = provider.token(wall_now_us()), {"issuer": provider.issuer, "administrators": ["safety"]}
    settings = settings_from({"data_dir": "data", "access": {"sign_in": sign_in}}, folder=tmp_path)
    engine = open_database(settings)
    _, own = open_administrators(settings, engine=engine).create("Ann", now_us=1)
    signed_in = open_sign_in(settings, engine=engine)
    assert signed_in(own) == "Ann"
    with pytest.raises(Unavailable):
        signed_in(token)
    engine.dispose()
