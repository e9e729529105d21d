# SPDX-License-Identifier: Apache-2.0
import ast

from stillwatch.arena.language.code_tasks import Repository, function_task
from stillwatch.arena.language.dice import Dice


def test_every_function_is_python_that_parses() -> None:
    dice = Dice(1)
    for _ in range(300):
        ast.parse(function_task(dice).code)


def test_a_repository_keeps_its_own_files() -> None:
    repository = Repository(Dice(3, "one"))
    said = " ".join(repository.chore() + " " + repository.tool_result() for _ in range(80))
    files = {
        name for name in ("parser", "client", "server", "models", "views", "queue", "auth") if f"{name}.py" in said
    }
    assert 1 <= len(files) <= 4
