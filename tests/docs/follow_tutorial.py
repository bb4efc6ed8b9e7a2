#!/usr/bin/env python3
"""Follows a tutorial word for word, and pages that go on from there: follow_tutorial.py DIRECTORY PAGE...

The directory is made anew. Of each page, these fences count, in their order:

  sh, bash  commands for bash. They must succeed, unless a fence `text` with their output follows.
  text      lines that the commands before print, in this order. A line `...` stands for any lines, and `...` in a line
         for any text. The first and the last
         line of the output are compared too, unless `...` stands there.
  c, cpp    after "In `FILE`, replace": a part of the file, which must be there once. After "with": what replaces it.
            On pages after the first, the test package.documented_examples has these.
  ini       is not tried: a unit of systemd.

The commands run in a network namespace of their own, where nobody else sends packets. Needs root.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

COMMANDS = ("sh", "bash")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps_of(page):
    """Returns (language, text, the line of prose before) of each fence."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    steps = []
    for fence in FENCE.finditer(text):
        before = text[: fence.start()].rstrip().rsplit("\n", 1)[-1]
        steps.append((fence[1], fence[2], before))
    return steps


def fits(expected, printed):
    """Whether the printed lines are the expected ones, where `...` stands for any lines."""
    if not expected:
        return not printed
    if expected[0] == "...":
        return any(fits(expected[1:], printed[number:]) for number in range(len(printed) + 1))
    pattern = re.escape(expected[0].rstrip()).replace(re.escape("..."), ".*")
    return bool(printed) and re.fullmatch(pattern, printed[0].rstrip()) is not None and fits(expected[1:], printed[1:])


class Follower:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.replaced = None
        self.commands = 0
        self.edits = 0
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        if shutil.which("sudo") is None:
            self.make_sudo()

    def make_sudo(self):
        """The reader has sudo. Root on a small system may do without."""
        tools = self.directory.parent / (self.directory.name + " tools")
        tools.mkdir(exist_ok=True)
        sudo = tools / "sudo"
        sudo.write_text('#!/bin/sh\n[ "$1" = -v ] || exec "$@"\n', encoding="utf-8")
        sudo.chmod(0o755)
        os.environ["PATH"] = f"{tools}:{os.environ['PATH']}"

    def run(self, commands, expected, attempts=3):
        self.commands += attempts == 3
        where = self.directory.parent / (self.directory.name + ".where")
        script = commands if expected is not None else f"set -e\n{commands}"
        result = subprocess.run(
            ["bash", "-c", f'trap \'pwd > "$0"\' EXIT\n{script}', str(where)],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if expected is None and result.returncode != 0:
            sys.exit(f"These commands failed with {result.returncode}:\n{commands}\n{result.stdout}")
        if expected is not None and not fits(expected.splitlines(), result.stdout.splitlines()):
            if "sleep " in commands and attempts > 1:
                # On a busy machine, the reader's packet may come before the program is loaded. A reader tries again.
                self.run(commands, expected, attempts - 1)
                return
            sys.exit(f"These commands:\n{commands}\nprint:\n{result.stdout}\nThe page shows:\n{expected}")
        self.directory = pathlib.Path(where.read_text(encoding="utf-8").strip())

    def edit(self, text, before):
        match = re.search(r"In `([^`]+)`, replace$", before)
        if match:
            self.replaced = self.directory / match[1], text
        elif before == "with" and self.replaced:
            file, old = self.replaced
            content = file.read_text(encoding="utf-8")
            if content.count(old) != 1:
                sys.exit(f"{file} has this {content.count(old)} times, not once:\n{old}")
            file.write_text(content.replace(old, text), encoding="utf-8")
            self.edits += 1
        else:
            sys.exit(f"The page does not say what to do with this:\n{text}")


def follow(follower, page, is_tutorial):
    steps = steps_of(page)
    for number, (language, text, before) in enumerate(steps):
        following = steps[number + 1] if number + 1 < len(steps) else ("", "", "")
        if language in COMMANDS:
            follower.run(text, following[1] if following[0] == "text" else None)
        elif language in ("c", "cpp"):
            if is_tutorial:
                follower.edit(text, before)
        elif language == "text":
            if number == 0 or steps[number - 1][0] not in COMMANDS:
                sys.exit(f"{page}: no commands stand before this output:\n{text}")
        elif language != "ini":
            sys.exit(f"{page}: a fence of this kind does not belong here: {language}\n{text}")


def main():
    directory, *pages = sys.argv[1:]
    if os.getuid() != 0:
        print("SKIPPED: loading programs needs root")
        return
    if "EBPFKIT_OWN_NETWORK" not in os.environ:
        if subprocess.run(["unshare", "--net", "true"], check=False).returncode != 0:
            print("SKIPPED: root may not make namespaces")
            return
        os.environ["EBPFKIT_OWN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    follower = Follower(directory)
    for page in pages:
        commands_before = follower.commands
        follow(follower, page, is_tutorial=page == pages[0])
        if follower.commands == commands_before:
            sys.exit(f"{page} has no commands")
    if follower.commands < 5 or follower.edits < 3:
        sys.exit(f"{pages[0]} has {follower.commands} commands and {follower.edits} edits: too few")
    print(f"{follower.commands} commands, {follower.edits} edits")


if __name__ == "__main__":
    main()
