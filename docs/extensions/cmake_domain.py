"""The Sphinx domain `cmake`: commands, properties, variables and targets.

`.. cmake-module:: PATH` puts the doc blocks of a CMake file (`#[=[.rst:` to `#]=]`) on the page. The path is relative
to the root of the repository. Names become objects of the domain where the block explains them:

  - a title that is the name of a command (`ebpf_...`);
  - a term of a definition list that is an upper-case name: EBPFKIT_... a variable, EBPF_... a property of targets;
  - a term that has the form of a target's name, in the block whose title has the word "targets", and in the content of
    `.. cmake-targets::`.

A literal anywhere in the documentation becomes a link when it is the name of one of them, and not a mere word such as
`load`. So the pages need no markup
for links, and stay readable as plain files.
"""
import pathlib
import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_id, make_refnode, nested_parse_with_titles

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ("command", "property", "variable", "target")
BLOCK = re.compile(r"^#\[(=*)\[\.rst:\n(.*?)^#\]\1\]", re.MULTILINE | re.DOTALL)


def kind_of_term(name, has_targets):
    """Returns what a term of a definition list is the name of, or None."""
    if re.fullmatch(r"EBPFKIT_[A-Z_]+|OPENWRT_SDK", name):
        return "variable"
    if re.fullmatch(r"EBPF_[A-Z_]+", name):
        return "property"
    if name.startswith("EbpfKit::") or (has_targets and re.fullmatch(r"[a-z][a-z_-]+", name)):
        return "target"
    return None


class CMakeDomain(Domain):
    name = "cmake"
    label = "CMake"
    object_types = {kind: ObjType(kind, kind) for kind in KINDS}
    roles = {kind: XRefRole() for kind in KINDS}
    initial_data = {"objects": {}}

    def note(self, kind, name, node_id):
        # The first page that explains a name keeps it.
        self.data["objects"].setdefault((kind, name), (self.env.docname, node_id))

    def clear_doc(self, docname):
        for key, (known, _) in list(self.data["objects"].items()):
            if known == docname:
                del self.data["objects"][key]

    def merge_domaindata(self, docnames, otherdata):
        for key, value in otherdata["objects"].items():
            if value[0] in docnames:
                self.data["objects"].setdefault(key, value)

    def find(self, name):
        for kind in KINDS:
            if (kind, name) in self.data["objects"]:
                return self.data["objects"][kind, name]
        return None

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        found = self.data["objects"].get((typ, target))
        return found and make_refnode(builder, fromdocname, *found, contnode, target)

    def resolve_any_xref(self, env, fromdocname, builder, target, node, contnode):
        return []

    def get_objects(self):
        for (kind, name), (docname, node_id) in self.data["objects"].items():
            yield name, name, kind, docname, node_id, 1


class CMakeModule(SphinxDirective):
    required_arguments = 1
    has_content = False

    def run(self):
        path = ROOT / self.arguments[0]
        self.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8")
        blocks = list(BLOCK.finditer(text))
        if not blocks:
            raise self.error(f"{self.arguments[0]} has no doc block '#[=[.rst:'.")
        container = nodes.section()
        container.document = self.state.document
        for block in blocks:
            first = text.count("\n", 0, block.start(2))
            lines = block.group(2).splitlines()
            items = [(str(path), first + number) for number in range(len(lines))]
            nested_parse_with_titles(self.state, StringList(lines, items=items), container)
        for node in container.findall(nodes.literal_block):
            is_cmake = node.astext().startswith("ebpf_") and "#include" not in node.astext()
            node["language"] = "cmake" if is_cmake else "none"
        self.note_names(container)
        return container.children

    def note_names(self, container, has_targets=False):
        domain = self.env.get_domain("cmake")
        for node in container.findall(lambda node: isinstance(node, (nodes.title, nodes.term))):
            if isinstance(node, nodes.title):
                title = node.astext()
                has_targets = "targets" in title
                if title.startswith("ebpf_"):
                    domain.note("command", title, node.parent["ids"][0])
                continue
            for literal in node.findall(nodes.literal):
                kind = kind_of_term(literal.astext(), has_targets)
                if kind is None:
                    continue
                node_id = make_id(self.env, self.state.document, kind, literal.astext())
                literal["ids"].append(node_id)
                self.state.document.note_explicit_target(literal)
                domain.note(kind, literal.astext(), node_id)


class CMakeTargets(CMakeModule):
    required_arguments = 0
    has_content = True

    def run(self):
        container = nodes.section()
        container.document = self.state.document
        self.state.nested_parse(self.content, self.content_offset, container)
        self.note_names(container, has_targets=True)
        return container.children


class LiteralLinks(SphinxPostTransform):
    """Makes links of literals that are names of the domain."""

    default_priority = 700

    def run(self):
        domain = self.env.get_domain("cmake")
        for literal in list(self.document.findall(nodes.literal)):
            name = literal.astext()
            found = domain.find(name)
            inside = literal.parent
            while inside is not None and not isinstance(inside, (nodes.reference, nodes.title)):
                inside = inside.parent
            is_word = re.fullmatch("[a-z]+", name)
            if found is None or is_word or inside is not None or literal["ids"]:
                continue
            reference = make_refnode(self.app.builder, self.env.docname, *found, [literal.deepcopy()], name)
            literal.replace_self(reference)


def setup(app):
    app.add_domain(CMakeDomain)
    app.add_directive("cmake-module", CMakeModule)
    app.add_directive("cmake-targets", CMakeTargets)
    app.add_post_transform(LiteralLinks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
