# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

from fakes.exchanges import START_US, an_exchange
from stillwatch.gateway.interface import Recorder
from stillwatch.service.record_room import open_recorder, open_tail
from stillwatch.settings import settings_from


async def test_the_tail_follows_what_the_recorder_of_the_same_settings_writes(tmp_path: Path) -> None:
    settings = settings_from({"data_dir": "data"}, folder=tmp_path)
    recorder = open_recorder(settings, now_us=lambda: START_US)
    as_the_gateway_sees_it: Recorder = recorder
    await as_the_gateway_sees_it.finish(an_exchange(1))
    await recorder.aclose()
    assert list(open_tail(settings).poll()) == [an_exchange(1)]
    assert (tmp_path / "data" / "record" / "spool").is_dir()


def test_a_worker_loads_neither_arrow_nor_duckdb() -> None:
    """Each would cost every worker tens of megabytes."""
    program = "import sys, stillwatch.service.record_room; print({'pyarrow', 'duckdb'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert shown.stdout == "set()\n"
