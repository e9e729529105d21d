# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

from fakes.dossiers import NOW_US, whole
from stillwatch.service.offices import open_vettings
from stillwatch.service.screening_offices import open_known
from stillwatch.settings import settings_from


def test_what_is_known_is_asked_for_only_where_a_policy_is_enforced(tmp_path: Path) -> None:
    for enforce, expected in ((False, []), (True, ["example-1"])):
        settings = settings_from({"access": {"policy": {"enforce": enforce}}}, folder=tmp_path / str(enforce))
        (tmp_path / str(enforce)).mkdir()
        open_vettings(settings).record([whole()], by="clerk", now_us=NOW_US)
        assert [one.facts.org_id for one in open_known(settings)(0, NOW_US)] == expected


def test_a_command_that_has_nothing_to_do_with_lists_does_not_wait_for_them() -> None:
    program = "import sys, stillwatch.cli.directive; print('scipy' in sys.modules, 'pyarrow' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
