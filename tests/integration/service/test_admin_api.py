# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from starlette.applications import Starlette

from fakes.asgi import ask
from stillwatch.service.admin_api import open_admin_api
from stillwatch.service.offices import open_administrators, open_database
from stillwatch.settings import settings_from


def test_the_api_is_there_for_a_token_and_for_nobody_else(tmp_path: Path) -> None:
    settings = settings_from({"data_dir": "data"}, folder=tmp_path)
    engine = open_database(settings)
    _, token = open_administrators(settings, engine=engine).create("Ann", now_us=1)
    app = Starlette(routes=open_admin_api(settings, engine=engine))
    headers = {"authorization": f"Bearer {token}"}
    document = ask(app, "GET", "/admin/v1/openapi.json", headers=headers).json
    assert "/admin/v1/organisations/{org_id}/approve" in document["paths"]
    assert ask(app, "GET", "/admin/v1/organisations", headers=headers).json == []
    assert ask(app, "GET", "/admin/v1/organisations").status == 401
    engine.dispose()


def test_every_reference_of_the_document_leads_somewhere(tmp_path: Path) -> None:
    settings = settings_from({"data_dir": "data"}, folder=tmp_path)
    engine = open_database(settings)
    _, token = open_administrators(settings, engine=engine).create("Ann", now_us=1)
    app = Starlette(routes=open_admin_api(settings, engine=engine))
    answer = ask(app, "GET", "/admin/v1/openapi.json", headers={"authorization": f"Bearer {token}"})
    names = {part.split('"', 1)[0] for part in answer.text.split("#/components/schemas/")[1:]}
    assert names <= answer.json["components"]["schemas"].keys()
    operations = [one["operationId"] for path in answer.json["paths"].values() for one in path.values()]
    assert len(operations) == len(set(operations)) == 10
    engine.dispose()
