"""Reads tests/mutations/mutations.txt, which explains its own format, and applies its entries to texts."""

import dataclasses
import pathlib
import re
import zlib

LIST_FILE = pathlib.Path("tests/mutations/mutations.txt")
CXX_ENDINGS = (".cpp", ".hpp")
WAYS = ("expression", "statement", "text")

# Stands before a C++ file that has mutations. The file's own lines keep their numbers.
SWITCH = """\
#ifndef EBPFKIT_MUTATION_SWITCH
#define EBPFKIT_MUTATION_SWITCH
#include <stdlib.h>
inline bool ebpfkit_mutation(unsigned long number) {
  static const unsigned long chosen = [] {
    const char* text = getenv("EBPFKIT_MUTATION");
    return text ? strtoul(text, nullptr, 10) : 0;
  }();
  return chosen == number;
}
#endif
#line 1
"""


class ListError(Exception):
    """The list is wrong. The text says where, and what to do."""


@dataclasses.dataclass
class Mutation:
    """One entry of the list."""

    name: str
    line: int
    file: str = ""
    way: str = ""
    within: str = ""
    original: str = ""
    mutated: str = ""
    tests: str = ""
    survives: str = ""

    @property
    def number(self):
        """What EBPFKIT_MUTATION says. It depends on the name only, so a new entry changes no other file."""
        return zlib.crc32(self.name.encode())

    def choice(self):
        """The C++ that has both the original and the mutation."""
        if self.way == "expression":
            return f"(ebpfkit_mutation({self.number}) ? ({self.mutated}) : ({self.original}))"
        return f"if (ebpfkit_mutation({self.number})) {{ {self.mutated} }} else {{ {self.original} }}"


def read_list(source_dir):
    """Returns the entries, in the order of the file. Raises ListError for a line or an entry that is wrong."""
    entries = []
    originals = {}
    for number, line in enumerate((source_dir / LIST_FILE).read_text().splitlines(), 1):
        place = f"{LIST_FILE}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            entries.append(Mutation(line.strip(), number))
            originals[line.strip()] = ([], [])
            continue
        if not entries:
            raise ListError(f"{place}: the first entry has no name.\n  Write its name at the start of a line.")
        entry = entries[-1]
        side = re.fullmatch(r"  ([-+])(?: (.*))?", line)
        key, colon, value = line.strip().partition(": ")
        if side:
            originals[entry.name]["-+".index(side[1])].append(side[2] or "")
        elif colon and key in ("file", "way", "within", "tests", "survives"):
            if getattr(entry, key):
                raise ListError(f"{place}: '{entry.name}' has '{key}' twice.\n  Remove one.")
            setattr(entry, key, value)
        else:
            raise ListError(f"{place}: '{line.strip()}' means nothing.\n  The head of the file says what a line may be.")
    for entry in entries:
        entry.original, entry.mutated = ("\n".join(lines) for lines in originals[entry.name])
        check_entry(entry)
    names = [entry.name for entry in entries]
    for entry in entries:
        if names.count(entry.name) > 1:
            raise ListError(f"{LIST_FILE}:{entry.line}: two entries have the name '{entry.name}'.\n  Rename one.")
    return entries


def check_entry(entry):
    """Raises ListError when something is missing in the entry, or does not go together."""
    place = f"{LIST_FILE}:{entry.line}: '{entry.name}'"
    for what, value in (("file", entry.file), ("way", entry.way), ("tests", entry.tests), ("-", entry.original)):
        if not value:
            raise ListError(f"{place} has no '{what}'.\n  The head of the file says what an entry needs.")
    if entry.way not in WAYS:
        raise ListError(f"{place}: way '{entry.way}' is unknown.\n  Write one of: {', '.join(WAYS)}")
    if entry.file.endswith(CXX_ENDINGS) != (entry.way != "text"):
        raise ListError(f"{place}: '{entry.file}' cannot be mutated as {entry.way}.\n"
                        "  Write expression or statement for C++, and text for all other files.")
    if entry.original == entry.mutated:
        raise ListError(f"{place} changes nothing.")
    try:
        re.compile(entry.tests)
    except re.error as error:
        raise ListError(f"{place}: tests '{entry.tests}' is no regular expression: {error}.") from error


def place_of(entry, text):
    """Where the entry's original text begins. Raises ListError when it does not occur exactly once."""
    start = 0
    if entry.within:
        start = only_place(entry, entry.within, text)
        text = entry.within
    return start + only_place(entry, entry.original, text)


def only_place(entry, part, text):
    """Where `part` begins in the text. Raises ListError when it does not occur exactly once."""
    count = text.count(part)
    if count != 1:
        raise ListError(f"{LIST_FILE}:{entry.line}: '{entry.name}': '{part}' occurs {count} times in '{entry.file}'.\n"
                        "  Give a text that occurs once, or say with 'within' where it stands.")
    return text.index(part)


def mutate(entry, text):
    """Returns the text with the mutation in place of the original."""
    place = place_of(entry, text)
    return text[:place] + entry.mutated + text[place + len(entry.original):]


def with_choices(entries, text):
    """Returns the text of a C++ file with a choice for each of the entries, which are those of this file."""
    places = sorted(((place_of(entry, text), entry) for entry in entries), key=lambda pair: pair[0])
    parts = []
    end = 0
    for place, entry in places:
        if place < end:
            raise ListError(f"{LIST_FILE}:{entry.line}: '{entry.name}' overlaps another entry of '{entry.file}'.")
        parts += [text[end:place], entry.choice()]
        end = place + len(entry.original)
    return SWITCH + "".join(parts) + text[end:]


def mutated_files(source_dir, entries):
    """Returns {file: text} for each C++ file that has entries. Raises ListError with all entries that do not fit."""
    files = {}
    for entry in entries:
        files.setdefault(entry.file, []).append(entry)
    texts = {}
    problems = []
    for file, entries_of_file in files.items():
        try:
            text = (source_dir / file).read_text()
        except OSError as error:
            problems.append(f"{LIST_FILE}:{entries_of_file[0].line}: '{file}': {error.strerror}.\n"
                            "  Name a file of the source directory.")
            continue
        problems_of_file = problems_in(entries_of_file, text)
        problems += problems_of_file
        if file.endswith(CXX_ENDINGS) and not problems_of_file:
            try:
                texts[file] = with_choices(entries_of_file, text)
            except ListError as error:
                problems.append(str(error))
    if problems:
        raise ListError("\n".join(problems))
    return texts


def problems_in(entries, text):
    """Says which of the entries do not fit the text of their file."""
    problems = []
    for entry in entries:
        try:
            place_of(entry, text)
        except ListError as error:
            problems.append(str(error))
    return problems
