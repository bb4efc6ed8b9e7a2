"""Prints the coverage of each folder of the sources. scripts/coverage calls it.

usage: coverage_table.py SOURCE-DIR SUMMARY

  SUMMARY  what `llvm-cov export -summary-only` wrote
"""

import json
import pathlib
import sys


def folder_of(path):
    """src/btf for src/btf/type_graph.cpp, and src/runtime/maps for src/runtime/maps/pins.cpp."""
    depth = 3 if path.parts[:2] == ("src", "runtime") else 2
    return "/".join(path.parent.parts[:depth])


def main():
    source_dir, summary = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    folders = {}
    for file in summary["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).resolve().relative_to(source_dir.resolve())
        for folder in (folder_of(path), "all"):
            row = folders.setdefault(folder, {"lines": [0, 0], "functions": [0, 0]})
            for kind, sums in row.items():
                sums[0] += file["summary"][kind]["count"]
                sums[1] += file["summary"][kind]["covered"]
    every = folders.pop("all")
    print(f"{'folder':24} {'lines':>7} {'run':>7} {'lines':>7} {'functions':>10}")
    for folder, row in [*sorted(folders.items()), ("all", every)]:
        lines, functions = row["lines"], row["functions"]
        print(f"{folder:24} {lines[0]:7} {lines[1]:7} {100 * lines[1] / lines[0]:5.1f} % "
              f"{100 * functions[1] / functions[0]:8.1f} %")


main()
