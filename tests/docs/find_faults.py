#!/usr/bin/env python3
"""Makes faulty pages, one for each fault that the checks know. A check must find each: find_faults.py DIRECTORY"""
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
GOOD = "# Good\n\nA page with [a link](docs/other.md#its-heading).\n\n    [no link](nowhere.md)\n"
# A check looks for many links, so that it does not pass when it finds none.
MANY = "\n".join("[link](docs/other.md)" for _ in range(120)) + "\n"
FAULTS = {
    "no_file": ("check_links", "[lost](docs/missing.md)", "docs/missing.md: there is no such file"),
    "no_heading": ("check_links", "[lost](docs/other.md#nothing)", "#nothing: the page has no such heading"),
    "own_heading": ("check_links", "[lost](#nothing)", "#nothing: the page has no such heading"),
    "misspelt": ("check_spelling", "This is mispelled.", "'mispelled' is unknown"),
    "needless": ("check_spelling", "", "no page needs 'neverwritten'"),
}


def run(check, root):
    command = [sys.executable, "-B", HERE / f"{check}.py", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def make(root, text):
    shutil.rmtree(root, ignore_errors=True)
    (root / "docs").mkdir(parents=True)
    (root / "page.md").write_text(GOOD + MANY + text, encoding="utf-8")
    (root / "docs/other.md").write_text("# Its heading\n", encoding="utf-8")
    (root / "docs/words.txt").write_text("# Words\nneverwritten\n", encoding="utf-8")


def main():
    root = pathlib.Path(sys.argv[1])
    make(root, "")
    good = run("check_links", root)
    if good.returncode != 0:
        sys.exit(f"check_links refuses good pages:\n{good.stdout}{good.stderr}")
    for name, (check, text, expected) in FAULTS.items():
        make(root, text)
        result = run(check, root)
        if "SKIPPED" not in result.stdout and (result.returncode == 0 or expected not in result.stdout):
            sys.exit(f"{name}: {check} does not say '{expected}':\n{result.stdout}{result.stderr}")


if __name__ == "__main__":
    main()
