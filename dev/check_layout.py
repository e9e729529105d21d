# SPDX-License-Identifier: Apache-2.0
"""Fails where the layout of the house is broken.

Every source module has a test of the same name in ``tests/unit`` or ``tests/integration``; every such test has a source
module; every Python file carries its SPDX line.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "stillwatch"
MIRRORS = (ROOT / "tests" / "unit", ROOT / "tests" / "integration")
NO_BEHAVIOUR = {"__init__.py", "__main__.py", "interface.py", "settings.py", "catalog.py", "conftest.py"}
"""Files that declare and do nothing; what they declare is tested where it is used."""
SPDX = "# SPDX-License-Identifier: Apache-2.0"


def needs_a_test(module: Path) -> bool:
    """Vocabulary and migrations have no behaviour of their own."""
    inside = module.relative_to(SOURCE)
    return module.name not in NO_BEHAVIOUR and inside.parts[0] != "records" and "migrations" not in inside.parts


def own_files() -> list[Path]:
    """Every Python file of the project that is there, whether committed yet or not."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in sorted(listed) if (ROOT / name).exists()]


def complaints() -> list[str]:
    """Every broken rule, one sentence each."""
    found = []
    modules = {path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if needs_a_test(path)}
    for inside in sorted(modules):
        mirrored = inside.with_name(f"test_{inside.name}")
        if not any((mirror / mirrored).exists() for mirror in MIRRORS):
            found.append(f"src/stillwatch/{inside} has no tests/unit/{mirrored} nor tests/integration/{mirrored}")
    for mirror in MIRRORS:
        for test in sorted(mirror.rglob("test_*.py")):
            inside = test.relative_to(mirror)
            source = SOURCE / inside.with_name(inside.name.removeprefix("test_"))
            if not source.exists():
                found.append(f"{test.relative_to(ROOT)} tests no module: {source.relative_to(ROOT)} does not exist")
    for path in own_files():
        is_bare = path.stat().st_size and not path.read_text().startswith(SPDX)
        found += [f"{path.relative_to(ROOT)} lacks its first line: {SPDX}"] if is_bare else []
    return found


if __name__ == "__main__":
    broken = complaints()
    print("\n".join(broken) or "layout: every module has its test, every file its licence line")
    sys.exit(1 if broken else 0)
