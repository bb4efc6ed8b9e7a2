"""Draws the fences ```mermaid of docs/*.md with Graphviz. Only `flowchart` with lines `a --> b` is known."""
import re

from docutils import nodes
from sphinx.ext.graphviz import graphviz
from sphinx.transforms import SphinxTransform

STYLE = 'node [shape=box style=rounded fontname="sans-serif" height=0.3]; edge [arrowsize=0.7]; bgcolor="transparent";'


def dot_of(text, fail):
    lines = [line.strip() for line in text.strip().splitlines()]
    head = re.fullmatch(r"flowchart (LR|TB|TD)", lines[0])
    if head is None:
        fail(f"a mermaid picture begins with 'flowchart LR' here, not with '{lines[0]}'")
        return ""
    ways = []
    for line in lines[1:]:
        way = re.fullmatch(r"(\w+) --> (\w+)", line)
        if way is None:
            fail(f"a line of a mermaid picture is 'a --> b' here, not '{line}'")
            continue
        ways.append(f'"{way[1]}" -> "{way[2]}";')
    direction = "LR" if head[1] == "LR" else "TB"
    return f"digraph picture {{ rankdir={direction}; {STYLE} {' '.join(ways)} }}"


class MermaidPictures(SphinxTransform):
    default_priority = 5

    def apply(self, **_):
        for block in list(self.document.findall(nodes.literal_block)):
            if block.get("language") != "mermaid":
                continue
            picture = graphviz()
            picture["code"] = dot_of(
                block.astext(), lambda text, node=block: self.document.reporter.error(text, base_node=node)
            )
            picture["options"] = {"docname": self.env.docname}
            picture["alt"] = block.astext()
            block.replace_self(picture)


def setup(app):
    app.add_transform(MermaidPictures)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
