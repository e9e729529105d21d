# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from stillwatch.gateway.adapters.upstream_aiohttp import AiohttpUpstream
from stillwatch.gateway.adapters.upstream_httptools import HttptoolsUpstream
from stillwatch.service.upstreams import open_upstreams
from stillwatch.settings import settings_from


def test_each_upstream_gets_the_client_its_settings_name() -> None:
    raw = {
        "upstreams": {
            "near": {"base_url": "http://127.0.0.1:1/v1"},
            "far": {"base_url": "http://127.0.0.1:2/v1", "client": "aiohttp"},
        }
    }
    opened = open_upstreams(settings_from(raw, folder=Path("/nowhere")))
    assert isinstance(opened["near"], HttptoolsUpstream)
    assert isinstance(opened["far"], AiohttpUpstream)
