# SPDX-License-Identifier: Apache-2.0
import urllib.request
from pathlib import Path

import pytest

from stillwatch.arena.population import populate
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.schedule import START_US
from stillwatch.arena.stage import Stage
from stillwatch.errors import BadInput, Unavailable
from stillwatch.service.offices import open_directory


def test_everything_starts_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    plan, _ = populate(accounts=60, days=1, seed=1, library=GeneratedLibrary())
    with Stage(tmp_path / "stage", seed=1) as stage:
        stage.write_settings()
        stage.start_teacher()
        api_keys = stage.enrol(plan.callers[:5])
        stage.start_product()
        facts = stage.await_teacher()
        assert facts.perplexity < facts.unigram_perplexity / 20
        request = urllib.request.Request(  # noqa: S310 - our own http address
            f"{stage.gateway_url}/models",
            headers={"authorization": f"Bearer {api_keys[plan.callers[0].account_id]}"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
            assert b"teacher-1" in answer.read()
        assert stage.clock.now_us() == START_US
        pids = stage.processes
        assert len(pids) == 2
        account = open_directory(stage.settings).account(plan.callers[3].account_id)
    assert (account.payment_fp, account.created_us) == (plan.callers[3].payment_fp, plan.callers[3].signup_us)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_used_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stillwatch.toml").write_text("")
    with pytest.raises(BadInput, match="holds a rehearsal already"):
        Stage(tmp_path, seed=1)


def test_product_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    with Stage(tmp_path, seed=1) as stage:
        stage.write_settings()
        stage.config.write_text(stage.config.read_text() + "\n[nonsense]\n")
        with pytest.raises(Unavailable, match="nonsense"):
            stage.start_product()
