# SPDX-License-Identifier: Apache-2.0
"""The operators' HTTP API of the control process, put together."""

from sqlalchemy import Engine
from starlette.routing import Route

from stillwatch.service.admin_endpoint import bearer, routes
from stillwatch.service.admin_vetting import PREFIX, vetting_endpoints
from stillwatch.service.offices import open_clock_of, open_directory
from stillwatch.service.screening_offices import open_vetting_office
from stillwatch.service.sign_in import open_sign_in
from stillwatch.settings import Settings

TITLE = "Stillwatch: operators"


def open_admin_api(settings: Settings, *, engine: Engine) -> list[Route]:
    """Every route that asks for a sign-in.

    Args:
        settings: The settings in force.
        engine: The database, open and up to date.
    """
    office = open_vetting_office(settings, engine=engine)
    directory = open_directory(settings, engine=engine)
    endpoints = vetting_endpoints(office, directory, now_us=open_clock_of(settings))
    sign_in = bearer(open_sign_in(settings, engine=engine))
    return routes(endpoints, sign_in, title=TITLE, prefix=PREFIX)
