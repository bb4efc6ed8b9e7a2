"""Counts the tests of one or more runs of ctest, lists the skipped ones with their reasons, and compares them with
the skips that are expected. scripts/test calls it.

usage: test_summary.py [--help] [--strict] [--partial] [--nightly] EXPECTED-SKIPS JUNIT-FILE...

  EXPECTED-SKIPS  tests/expected_skips.txt; that file describes its format
  JUNIT-FILE      what `ctest --output-junit` wrote
  --strict        a skip that is not expected, a line of EXPECTED-SKIPS that fits no test, or a test that did not
                  run at all, is an error; without it, it is a notice
  --partial       not all tests ran: say nothing about lines of EXPECTED-SKIPS for which nothing was skipped
  --nightly       the tests of the night ran, too; without it, lines of EXPECTED-SKIPS with the condition 'nightly' need
                  no test that they fit

Exit status: 0; 1 for an error of --strict; 2 when a file cannot be read.
"""

import os
import platform
import re
import shutil
import sys
import xml.etree.ElementTree


class UsageError(Exception):
    pass


def kernel_version():
    return tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])


def condition_holds(condition, where):
    """Whether this machine is one on which the line of tests/expected_skips.txt applies."""
    kind, _, value = condition.partition(":")
    if kind in ("sometimes", "nightly") and not value:
        return True
    if kind == "no-root" and not value:
        return os.geteuid() != 0
    if kind == "no-path" and value:
        return not os.path.exists(value)
    if kind == "no-command" and value:
        return shutil.which(value) is None
    if kind == "kernel-before" and re.fullmatch(r"\d+\.\d+", value):
        return kernel_version() < tuple(int(number) for number in value.split("."))
    raise UsageError(f"{where}: unknown condition '{condition}'.")


class ExpectedSkip:
    def __init__(self, line, where):
        columns = line.split(None, 2)
        if len(columns) != 3:
            raise UsageError(f"{where}: three columns are needed: condition, test, reason.")
        self.where = where
        self.applies = condition_holds(columns[0], where)
        self.is_certain = columns[0] not in ("sometimes", "nightly")
        self.is_nightly = columns[0] == "nightly"
        try:
            self.test = re.compile(columns[1])
        except re.error as error:
            raise UsageError(f"{where}: '{columns[1]}' is not a regular expression: {error}.") from error
        self.line = line
        self.reason = columns[2]
        self.happened = False

    def fits(self, name, reason):
        return self.applies and self.test.fullmatch(name) and self.reason in reason


def read_expected_skips(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return [
        ExpectedSkip(line, f"{path}:{number}")
        for number, line in enumerate(lines, 1)
        if line and not line.startswith("#")
    ]


def reason_of(output):
    """Why a skipped test was skipped: a case prints 'SKIPPED: reason', GoogleTest prints the reason below the
    line that ends with 'Skipped'."""
    match = re.search(r"^SKIPPED: (.+)", output, re.MULTILINE)
    if not match:
        match = re.search(r": Skipped\n(.+)", output)
    return match.group(1).strip() if match else "no reason is given"


def read_results(path):
    """The tests of a run as (name, 'passed' | 'failed' | 'skipped' | 'not run', output)."""
    results = []
    for test in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        output = test.findtext("system-out") or ""
        skipped = test.find("skipped")
        if test.get("status") == "run":
            state = "passed"
        elif test.get("status") == "fail":
            state = "failed"
        # ctest writes which property says so: SKIP_RETURN_CODE or SKIP_REGULAR_EXPRESSION.
        elif skipped is not None and skipped.get("message", "").startswith("SKIP_"):
            state = "skipped"
        else:
            state = "not run"
        results.append((test.get("name"), state, output))
    return results


def main(arguments):
    if "--help" in arguments:
        print(__doc__.strip())
        return 0
    options = [argument for argument in arguments if argument.startswith("--")]
    files = [argument for argument in arguments if not argument.startswith("--")]
    if len(files) < 2 or set(options) - {"--strict", "--partial", "--nightly"}:
        raise UsageError(f"wrong arguments: {' '.join(arguments)}; see --help.")

    expected_skips = read_expected_skips(files[0])
    results = [result for path in files[1:] for result in read_results(path)]
    names = {state: [] for state in ("passed", "failed", "skipped", "not run")}
    for name, state, _ in results:
        names[state].append(name)

    unexpected = []
    print("\n" + ", ".join(f"{len(tests)} {state}" for state, tests in names.items()))
    for name, state, output in results:
        if state != "skipped":
            continue
        reason = reason_of(output)
        fitting = [skip for skip in expected_skips if skip.fits(name, reason)]
        for skip in fitting:
            skip.happened = True
        if not fitting:
            unexpected.append(name)
        print(f"  skipped{'' if fitting else ' (not expected)'}: {name}: {reason}")

    for name in names["not run"]:
        print(f"  not run: {name}")
    kind = "error" if "--strict" in options else "notice"
    without_test = []
    if "--partial" not in options:
        # A test that has got another name must get it here too, even if no machine of today skips it.
        without_test = [
            skip
            for skip in expected_skips
            if not any(skip.test.fullmatch(name) for name, _, _ in results)
            and ("--nightly" in options or not skip.is_nightly)
        ]
        for skip in without_test:
            print(f"{kind}: {skip.where}: no test has a name like this: {skip.test.pattern}")
        for skip in expected_skips:
            if skip.applies and skip.is_certain and not skip.happened:
                print(f"notice: {skip.where}: nothing was skipped for this line: {skip.line}")
    if unexpected:
        print(
            f"{kind}: {len(unexpected)} skipped tests are not in {files[0]}.\n"
            "  Make them run, or add a line there that says under which condition they are skipped, and why."
        )
    return 1 if "--strict" in options and (unexpected or without_test or names["not run"]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (UsageError, OSError, xml.etree.ElementTree.ParseError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
