"""`.. inspection-targets::` is a table of the inspection targets: modules/detail/inspection_targets.txt."""
import pathlib

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_id

TABLE = pathlib.Path(__file__).resolve().parents[2] / "modules/detail/inspection_targets.txt"


class InspectionTargets(SphinxDirective):
    has_content = False

    def run(self):
        self.env.note_dependency(str(TABLE))
        body = nodes.tbody()
        for line in TABLE.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                name, _, variables, about = (cell.strip() for cell in line.split("|", 3))
                body += self.row(self.target(name), self.words(variables), nodes.paragraph("", about))
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (20, 30, 50)), cols=3)
        titles = (nodes.paragraph("", text) for text in ("target", "variables", "what it does"))
        group += [nodes.thead("", self.row(*titles)), body]
        return [nodes.table("", group)]

    @staticmethod
    def row(*cells):
        return nodes.row("", *(nodes.entry("", cell) for cell in cells))

    def target(self, name):
        node_id = make_id(self.env, self.state.document, "target", name)
        literal = nodes.literal("", name, ids=[node_id])
        self.state.document.note_explicit_target(literal)
        self.env.get_domain("cmake").note("target", name, node_id)
        return nodes.paragraph("", "", literal)

    @staticmethod
    def words(variables):
        paragraph = nodes.paragraph()
        for word in variables.split():
            paragraph += [nodes.literal("", word), nodes.Text(" ")]
        return paragraph


def setup(app):
    app.add_directive("inspection-targets", InspectionTargets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
