"""Tables of the reference that are made of files of the modules:

  `.. inspection-targets::`  modules/detail/inspection_targets.txt
  `.. target-properties::`   modules/detail/EbpfProperties.cmake
"""
import pathlib
import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_id

DETAIL = pathlib.Path(__file__).resolve().parents[2] / "modules/detail"
LOOP = re.compile(r"foreach\(property ([A-Z_ ]+)\)\n(.*?)endforeach\(\)", re.DOTALL)
PROPERTY = re.compile(r'define_property\(\s*TARGET\s+PROPERTY (\w+)\s+BRIEF_DOCS\s+"([^"]*)"')


def read_properties(text):
    """Returns the pairs of name and description, in the order of the file."""
    text = LOOP.sub(lambda loop: "".join(loop[2].replace("${property}", name) for name in loop[1].split()), text)
    return PROPERTY.findall(text)


class SourceTable(SphinxDirective):
    """A directive that is a table of a file. The first column has names of one kind of the domain `cmake`."""

    has_content = False
    kind = ""
    file = ""
    titles = ()
    widths = ()

    def rows(self, text):
        raise NotImplementedError

    def run(self):
        path = DETAIL / self.file
        self.env.note_dependency(str(path))
        body = nodes.tbody()
        for name, *others in self.rows(path.read_text(encoding="utf-8")):
            body += self.row(self.named(name), *others)
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in self.widths), cols=len(self.widths))
        group += [nodes.thead("", self.row(*(nodes.paragraph("", title) for title in self.titles))), body]
        return [nodes.table("", group)]

    @staticmethod
    def row(*cells):
        return nodes.row("", *(nodes.entry("", cell) for cell in cells))

    def named(self, name):
        node_id = make_id(self.env, self.state.document, self.kind, name)
        literal = nodes.literal("", name, ids=[node_id])
        self.state.document.note_explicit_target(literal)
        self.env.get_domain("cmake").note(self.kind, name, node_id)
        return nodes.paragraph("", "", literal)


class InspectionTargets(SourceTable):
    kind = "target"
    file = "inspection_targets.txt"
    titles = ("target", "variables", "what it does")
    widths = (20, 30, 50)

    def rows(self, text):
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, variables, about = (cell.strip() for cell in line.split("|", 3))
                words = nodes.paragraph()
                for word in variables.split():
                    words += [nodes.literal("", word), nodes.Text(" ")]
                yield name, words, nodes.paragraph("", about)


class TargetProperties(SourceTable):
    kind = "property"
    file = "EbpfProperties.cmake"
    titles = ("property", "what it is")
    widths = (30, 70)

    def rows(self, text):
        for name, about in read_properties(text):
            yield name, nodes.paragraph("", about.replace("`", ""))


def setup(app):
    app.add_directive("inspection-targets", InspectionTargets)
    app.add_directive("target-properties", TargetProperties)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
