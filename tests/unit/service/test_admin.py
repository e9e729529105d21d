# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from fakes.asgi import Answer, ask
from stillwatch.service.admin import admin_app


def _get(path: str, *, ready: bool = True) -> Answer:
    """Ask the application as a server would."""
    app = admin_app(is_ready=lambda: ready, metrics=lambda: b"x_total 1.0\n", status=lambda: {"observed": 3})
    return ask(app, "GET", path)


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_ready_is_what_it_is_told(ready: bool, status: int) -> None:  # noqa: FBT001 - a parametrised claim
    assert _get("/readyz", ready=ready).status == status


def test_alive_does_not_depend_on_ready() -> None:
    assert _get("/healthz", ready=False).status == 200


def test_metrics_are_in_prometheus_s_text_format() -> None:
    answer = _get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.text == "x_total 1.0\n"


def test_status_is_json() -> None:
    assert json.loads(_get("/status").text) == {"observed": 3}


def test_nothing_else_is_there() -> None:
    assert _get("/admin").status == 404
