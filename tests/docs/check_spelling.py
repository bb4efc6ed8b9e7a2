#!/usr/bin/env python3
"""Checks the spelling of the documentation with aspell: check_spelling.py SOURCE_DIR [--add]

docs/words.txt has the words that aspell does not know. A word of that list that no page has is an error, so that the
list stays short. --add puts the unknown words into the list: look at each of them.
"""
import pathlib
import re
import shutil
import subprocess
import sys

from pages import pages_of, without_code

WORDS = "docs/words.txt"


def words_of(text):
    """The words of prose: no code, no targets of links, no names in the forms of code."""
    text = re.sub(r"\]\([^)]*\)", "]", without_code(text))
    text = re.sub(r"<!--.*?-->|https?://\S+", " ", text, flags=re.DOTALL)
    words = re.findall(r"(?<![\w/.:_-])[A-Za-z]+(?:'[A-Za-z]+)?(?![\w/_(:]|\.\w|-\d)", text)
    return {word.removesuffix("'s") for word in words}


def main():
    root = pathlib.Path(sys.argv[1])
    if shutil.which("aspell") is None:
        print("SKIPPED: there is no aspell")
        return
    where = {}
    for page in pages_of(root):
        for word in words_of(page.read_text(encoding="utf-8")):
            where.setdefault(word, page.relative_to(root))
    result = subprocess.run(
        ["aspell", "--lang=en_GB", "--encoding=utf-8", "list"],
        input="\n".join(sorted(where)),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        sys.exit(f"aspell failed: {result.stderr}")
    unknown = set(result.stdout.split())
    lines = (root / WORDS).read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    known = set(lines) - set(comments)
    if "--add" in sys.argv:
        print("\n".join(sorted(unknown - known)))
        words = sorted((known | unknown) & set(where))
        (root / WORDS).write_text("\n".join([*comments, *words]) + "\n", encoding="utf-8")
        return
    faults = [f"{where[word]}: '{word}' is unknown to aspell and not in {WORDS}" for word in sorted(unknown - known)]
    faults += [f"{WORDS}: no page needs '{word}'" for word in sorted(known - set(where))]
    print("\n".join(faults))
    if len(where) < 1000:
        faults.append(f"only {len(where)} words were found")
    sys.exit(f"{len(faults)} faults" if faults else 0)


if __name__ == "__main__":
    main()
