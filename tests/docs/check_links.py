#!/usr/bin/env python3
"""Checks that links between files of the repository lead somewhere: check_links.py SOURCE_DIR

A link names a file or directory, and perhaps a heading of a page. Links to other sites are not followed.
"""
import pathlib
import re
import sys

from pages import pages_of, without_code, without_fences

LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")


def anchors_of(text):
    """The anchors of a page's headings, as GitHub and MyST make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+?) *$", without_fences(text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (slug if number == 0 else f"{slug}-{number}") in found:
            number += 1
        found.add(slug if number == 0 else f"{slug}-{number}")
    return found


def fault_of(page, target):
    """Returns what is wrong with a link, or None."""
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    file = (page.parent / path) if path else page
    if not file.exists():
        return "there is no such file"
    if anchor and file.suffix == ".md" and anchor not in anchors_of(file.read_text(encoding="utf-8")):
        return "the page has no such heading"
    return None


def main():
    root = pathlib.Path(sys.argv[1])
    count = 0
    faults = []
    for page in pages_of(root):
        text = page.read_text(encoding="utf-8")
        for match in LINK.finditer(without_code(re.sub(r"\[`([^`\]]+)`\]", r"[\1]", text))):
            count += 1
            fault = fault_of(page, match[1])
            if fault:
                faults.append(f"{page.relative_to(root)}: {match[1]}: {fault}")
    print("\n".join(faults))
    if count < 100:
        faults.append(f"only {count} links were found")
    sys.exit(f"{len(faults)} of {count} links lead nowhere" if faults else 0)


if __name__ == "__main__":
    main()
