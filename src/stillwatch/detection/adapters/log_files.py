# SPDX-License-Identifier: Apache-2.0
"""Which files are logs."""

from collections.abc import Sequence
from pathlib import Path

from stillwatch.errors import BadInput

JSON_ENDINGS = (".jsonl", ".ndjson", ".json")


def log_files(paths: Sequence[Path]) -> list[Path]:
    """Give the log files among the paths; a folder stands for every log file below it, hive partitions included.

    Raises:
        BadInput: A path does not exist, is no log file, or nothing was found.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = [
                one for one in sorted(path.rglob("*")) if one.is_file() and _is_log(one) and not _is_hidden(one, path)
            ]
            if not below:
                raise BadInput(
                    f"There is no log file in the folder {path}.", hint="Log files end in .parquet or .jsonl."
                )
            found += below
        elif not path.exists():
            raise BadInput(f"There is no file {path}.")
        elif not _is_log(path):
            raise BadInput(
                f"{path} is not named as a log file.",
                hint="Names end in .parquet, .jsonl, .ndjson or .json, or those and .gz.",
            )
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _is_log(path: Path) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return name.endswith((".parquet", *JSON_ENDINGS))


def _is_hidden(path: Path, root: Path) -> bool:
    """Files that a writer has not finished begin with a dot or an underscore."""
    return any(part.startswith((".", "_")) for part in path.relative_to(root).parts)


def is_json(path: Path) -> bool:
    """Say whether a log file is JSON Lines, told by its name."""
    return path.name.lower().removesuffix(".gz").endswith(JSON_ENDINGS)
