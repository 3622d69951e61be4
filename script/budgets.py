"""Files and functions stay small enough to be read: fail for each that has outgrown its budget."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LINES = {".py": 400, ".html": 120, ".js": 150}
FUNCTION_LINES = 50  # the aim is 40
EXEMPT = ("/vendor/", "/migrations/")
# Files that may exceed their budget, each with its reason.
ALLOWED: dict[str, str] = {}


def files() -> list[Path]:
    """Return every file of a budgeted kind that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603
    return [
        Path(name)
        for name in names
        if Path(name).suffix in LINES and Path(name).exists() and not any(part in f"/{name}" for part in EXEMPT)
    ]


def long_functions(path: Path, text: str) -> Iterator[str]:
    """Yield a complaint for each overlong function outside tests."""
    if path.suffix != ".py" or "tests" in path.parts:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name} has {length} lines, at most {FUNCTION_LINES}"


def problems() -> Iterator[str]:
    """Yield every complaint, also about exceptions that are not needed any more."""
    for path in files():
        text = path.read_text(encoding="utf-8")
        length = len(text.splitlines())
        too_long = length > LINES[path.suffix]
        if too_long and str(path) not in ALLOWED:
            yield f"{path} has {length} lines, at most {LINES[path.suffix]}"
        if not too_long and str(path) in ALLOWED:
            yield f"{path} keeps its budget now: take it off the list in script/budgets.py"
        yield from long_functions(path, text)


def main() -> int:
    """Print all complaints; 1 when there is one."""
    found = list(problems())
    sys.stdout.writelines(f"{line}\n" for line in found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
