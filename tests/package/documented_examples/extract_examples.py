#!/usr/bin/env python3
"""Makes sources out of the examples of the documentation: extract_examples.py KIT_DIR OUTPUT_DIR

  cpp    the body of a function of examples.cpp. `scene` has the variables that an example takes for granted
  cmake  a directory of its own, cmake/<number>/CMakeLists.txt. Targets get the number, because many examples have the
         same names. What an example takes for granted is made first
  c      lines of the BPF sources beside this file. They must be there word for word

The tests package.coming_from and docs.tutorial have the examples of their own pages.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
FENCE = re.compile(r"^```(cpp|cmake|c)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHER_TESTS = {"docs/coming-from.md", "docs/tutorial.md"}

PROGRAM = "ebpf_add_program({name} SOURCES ../../{file}.bpf.c)"
EXECUTABLE = "add_executable({name} ../../application.cpp)"
# How to make what an example takes for granted, and what that needs.
GRANTED = {
    "packets": (PROGRAM, []),
    "tasks": (PROGRAM, []),
    "flows": (PROGRAM.replace("{file}", "tasks"), []),
    "watcher": (PROGRAM, []),
    "shared": (PROGRAM, []),
    "packets_skeleton": ("ebpf_add_skeleton({name} PROGRAM {packets})", ["packets"]),
    "kernels": ("ebpf_embed_btf({name} PROGRAMS {packets} NON_PORTABLE)", ["packets"]),
    "application": (EXECUTABLE, []),
    "loader": (EXECUTABLE, []),
    "app": (EXECUTABLE, []),
}
MADE = re.compile(
    r"^(?:ebpf_add_(?:program|skeleton|load_test|vm_test)|ebpf_embed_btf|ebpf_export_types|add_\w+)\((\w+)",
    re.MULTILINE,
)


def examples(kit):
    """Returns (page, language, text) of each example."""
    for page in [kit / "README.md", *sorted((kit / "docs").rglob("*.md"))]:
        name = page.relative_to(kit).as_posix()
        if name not in OTHER_TESTS:
            for fence in FENCE.finditer(page.read_text(encoding="utf-8")):
                yield name, fence[1], fence[2]


def cmake_text(number, page, text):
    made = set(MADE.findall(text))
    needed = []

    def need(name):
        if name not in made and name not in needed:
            for other in GRANTED[name][1]:
                need(other)
            needed.append(name)

    for name in GRANTED:
        if re.search(rf"\b{name}\b(?![.:/])", re.sub(r"#.*", "", text)):
            need(name)
    numbered = {name: f"{name}_{number}" for name in made | set(needed)}
    before = [GRANTED[name][0].format(**{**numbered, "name": numbered[name], "file": name}) for name in needed]
    for name, new in numbered.items():
        text = re.sub(rf"(?<![\w/]){name}\b(?![.:/])", new, text)
    text = re.sub(r"\b(\w+\.(?:bpf\.c|cpp|h))\b", r"../../\1", re.sub(r"#.*", "", text))
    return f"# {page}\n" + "\n".join(before) + "\n" + text


def make_inputs(directory, text):
    """Makes the files and directories that an example names. Configuring does not read them."""
    for name in re.findall(r"\$\{CMAKE_CURRENT_SOURCE_DIR\}/([\w.-]+)", text):
        if "." in name:
            (directory / name).write_text("", encoding="utf-8")
        else:
            (directory / name).mkdir(exist_ok=True)


def cpp_text(number, page, text):
    """Returns the includes and the function."""
    includes = "".join(re.findall(r"^#include .*\n", text, re.MULTILINE))
    body = re.sub(r"^#include .*\n", "", text, flags=re.MULTILINE)
    body = re.sub(r"\{ \.\.\. \}", "{}", body)
    body = re.sub(r"^(if .*\)) \.\.\.$", r"\1 {}", body, flags=re.MULTILINE)
    return includes, f"// {page}\nvoid example_{number}(scene& given) {{\n  SCENE(given)\n  {{\n{body}  }}\n}}\n"


def main():
    kit, output = (pathlib.Path(argument) for argument in sys.argv[1:])
    sources = [*sorted(HERE.glob("*.bpf.c")), *sorted(HERE.glob("*.h"))]
    known = "".join(path.read_text(encoding="utf-8") for path in sources)
    includes, functions, directories = '#include "scene.hpp"\n', "", 0
    for number, (page, language, text) in enumerate(examples(kit)):
        if language == "c":
            for line in text.splitlines():
                if f"{line}\n" not in known:
                    sys.exit(f"No source of this case has a line of {page}: {line}")
        elif language == "cpp":
            more, function = cpp_text(number, page, text)
            includes, functions = includes + more, functions + function
        else:
            directory = output / "cmake" / str(number)
            directory.mkdir(parents=True, exist_ok=True)
            make_inputs(directory, text)
            (directory / "CMakeLists.txt").write_text(cmake_text(number, page, text), encoding="utf-8")
            directories += 1
    for file in HERE.iterdir():
        if file.suffix in (".c", ".h", ".cpp"):
            (output / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    headers = sorted((kit / "include/ebpfkit").glob("*.hpp"))
    all_headers = "".join(f"#include <ebpfkit/{header.name}>\n" for header in headers)
    (output / "all_headers.hpp").write_text(f"#pragma once\n\n{all_headers}", encoding="utf-8")
    (output / "examples.cpp").write_text(includes + functions, encoding="utf-8")
    count = functions.count("\nvoid example_")
    if directories < 12 or count < 15:
        sys.exit(f"Only {directories} examples of CMake and {count} of C++ were found.")


if __name__ == "__main__":
    main()
