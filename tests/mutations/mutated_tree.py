"""The copy of the sources that has the mutations: makes it, builds it and runs its tests."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import mutation_list

# A test that takes this many times as long as without a mutation hangs.
SLOW_FACTOR = 5
SLOW_SECONDS = 60


class BuildError(Exception):
    """A step before the tests failed."""


@dataclasses.dataclass
class Test:
    """One test of ctest."""

    name: str
    command: list
    properties: dict
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    seconds: float = 0.0
    result: str = ""  # without a mutation


class MutatedTree:
    """A copy of the sources in <directory>/source, and its build in <directory>/source/build."""

    def __init__(self, source_dir, directory):
        self.original_dir = source_dir
        self.source_dir = directory / "source"
        self.build_dir = self.source_dir / "build"
        self.prefix = self.build_dir / "tests" / "prefix"
        self.log_dir = directory / "logs"
        self.tests = {}

    def copy(self, entries):
        """Makes the copy. Writes only files that change, so the next build compiles only these."""
        mutated = mutation_list.mutated_files(self.original_dir, entries)
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=self.original_dir, capture_output=True, check=True, text=True).stdout
        files = {file for file in listing.split("\0") if file and (self.original_dir / file).exists()}
        for file in sorted(files):
            source, target = self.original_dir / file, self.source_dir / file
            content = mutated[file].encode() if file in mutated else source.read_bytes()
            if not target.exists() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                shutil.copymode(source, target)
        for root, directories, names in os.walk(self.source_dir):
            directories[:] = [name for name in directories if pathlib.Path(root, name) != self.build_dir]
            for name in names:
                path = pathlib.Path(root, name)
                if str(path.relative_to(self.source_dir)) not in files:
                    path.unlink()

    def build(self, jobs):
        """Configures and builds the copy. Reads the list of its tests."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._run_step("configure", ["cmake", "-S", self.source_dir, "-B", self.build_dir, "-G", "Ninja",
                                     "-DCMAKE_BUILD_TYPE=Release", "-DEBPFKIT_BUILD_TESTS=ON"])
        self._run_step("build", ["cmake", "--build", self.build_dir, "--parallel", str(jobs), "--", "-k", "0"])
        listing = subprocess.run(["ctest", "--test-dir", self.build_dir, "--show-only=json-v1"],
                                 capture_output=True, check=True, text=True).stdout
        for test in json.loads(listing)["tests"]:
            properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
            self.tests[test["name"]] = Test(test["name"], test.get("command", []), properties)

    def _run_step(self, name, command):
        log = self.log_dir / f"{name}.log"
        with open(log, "wb") as output:
            status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False,
                                    env=environment()).returncode
        if status != 0:
            raise BuildError(f"The step '{name}' of the copy failed.\n  See {log}")

    def tests_of(self, entry):
        """The tests that must notice the entry, the quickest first. Raises ListError when there are none."""
        tests = [test for name, test in self.tests.items() if re.search(entry.tests, name)]
        if not tests:
            raise mutation_list.ListError(f"{mutation_list.LIST_FILE}:{entry.line}: '{entry.name}': "
                                          f"no test has a name like '{entry.tests}'.")
        for test in tests:
            for unknown in ("WILL_FAIL", "PASS_REGULAR_EXPRESSION", "FAIL_REGULAR_EXPRESSION"):
                if unknown in test.properties:
                    raise mutation_list.ListError(f"{entry.name}: the test '{test.name}' has the property {unknown}, "
                                                  "which this runner does not know.")
        return sorted(tests, key=lambda test: test.seconds)

    def setups_of(self, tests):
        """The tests that prepare what these tests need (FIXTURES_SETUP)."""
        needed = {fixture for test in tests for fixture in test.properties.get("FIXTURES_REQUIRED", [])}
        return [test for test in self.tests.values() if needed & set(test.properties.get("FIXTURES_SETUP", []))]

    def run_alone(self, test):
        """Runs the test without a mutation, and keeps its result and its time."""
        start = time.monotonic()
        test.result = self._run(test, None, 3600)
        test.seconds = time.monotonic() - start

    def noticed_by(self, entry, tests):
        """Runs the tests with the mutation until one notices it. Returns its name, or "" when none does."""
        for test in tests:
            with test.lock:
                result = self._run(test, entry, SLOW_SECONDS + SLOW_FACTOR * test.seconds)
            if result in ("failed", "hung"):
                return test.name if result == "failed" else f"{test.name} (hung)"
        return ""

    def noticed_as_text(self, entry, tests):
        """As noticed_by, for an entry that changes a text file in the copy and in its installed package."""
        changed = [self.source_dir / entry.file]
        installed = self.prefix / "share" / "ebpfkit" / entry.file
        if installed.exists():
            changed.append(installed)
        before = {path: (path.read_bytes(), path.stat()) for path in changed}
        try:
            for path in changed:
                path.write_text(mutation_list.mutate(entry, path.read_text()))
            return self.noticed_by(entry, tests)
        finally:
            for path, (content, status) in before.items():
                path.write_bytes(content)
                # The build of the copy must not see that the file was changed.
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _run(self, test, entry, seconds):
        """Runs one test: passed, failed, skipped or hung."""
        variables = environment()
        for setting in test.properties.get("ENVIRONMENT", []):
            name, _, value = setting.partition("=")
            variables[name] = value
        if entry:
            variables["EBPFKIT_MUTATION"] = str(entry.number)
        log = self.log_dir / f"{entry.name if entry else 'unmutated'}.{test.name}.log".replace("/", "_")
        with open(log, "wb") as output:
            process = subprocess.Popen(test.command, cwd=test.properties.get("WORKING_DIRECTORY", self.build_dir),
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                       env=variables, start_new_session=True)
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                return "hung"
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        text = log.read_text(errors="replace")
        if any(re.search(skip, text) for skip in test.properties.get("SKIP_REGULAR_EXPRESSION", [])):
            return "skipped"
        return "passed" if status == 0 else "failed"


def environment():
    """The environment of all steps: that of the caller, without a mutation."""
    return {name: value for name, value in os.environ.items() if name != "EBPFKIT_MUTATION"}
