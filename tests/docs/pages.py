"""The pages of the documentation as plain files, for the tests beside this file."""
import pathlib
import re

FENCE = re.compile(r"^( *)(```+)(.*?)\n.*?^\1\2`* *$", re.MULTILINE | re.DOTALL)


def pages_of(source_dir):
    """All pages of people: those of docs/, and those at the root."""
    root = pathlib.Path(source_dir)
    return sorted(root.glob("*.md")) + sorted((root / "docs").rglob("*.md"))


def without_fences(text):
    """The text with empty lines in place of fences, so that line numbers stay."""
    return FENCE.sub(lambda match: "\n" * match[0].count("\n"), text)


def without_code(text):
    """The text without fences, indented blocks and inline code."""
    lines = without_fences(text).split("\n")
    for number, line in enumerate(lines):
        before = next((earlier for earlier in reversed(lines[:number]) if earlier.strip()), "")
        is_code = line.startswith("    ") and not re.match(r"\s*([-*]|\d+\.) ", before)
        lines[number] = "" if is_code else line
    return re.sub(r"`[^`]+`", " ", "\n".join(lines))
