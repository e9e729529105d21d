# SPDX-License-Identifier: Apache-2.0
"""Prints the ten longest files and the ten longest functions, for review to ask about."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print both tables."""
    files, functions = [], []
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = path.read_text()
        files.append((text.count("\n"), str(path.relative_to(ROOT))))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                functions.append((length, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"))
    for title, rows in (("files", files), ("functions", functions)):
        print(f"longest {title}")
        for length, name in sorted(rows, reverse=True)[:10]:
            print(f"  {length:5d}  {name}")


if __name__ == "__main__":
    main()
