"""`.. runtime-headers::` has a section for each public header of the runtime library.

Doxygen's XML tells which classes, functions and other names a header has, and Breathe describes each. Breathe's own
directive for a file declares the namespace once for each file, which Sphinx refuses.
"""
import pathlib
import xml.etree.ElementTree as ElementTree

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import nested_parse_with_titles

HEADERS = pathlib.Path(__file__).resolve().parents[2] / "include/ebpfkit"
NAMESPACE = "namespaceebpfkit.xml"


def directive(kind, name, *options):
    return [f".. doxygen{kind}:: {name}", *(f"   :{option}:" for option in options), ""]


def signature(function):
    """The name with the types of the parameters, which tells overloaded functions apart."""
    types = ("".join(param.find("type").itertext()) for param in function.findall("param"))
    return f"{function.findtext('qualifiedname')}({', '.join(types)})"


def names_by_header(xml):
    """Returns the directives for what the namespace itself has, by the name of the header."""
    found = {}
    for member in ElementTree.parse(xml / NAMESPACE).iter("memberdef"):
        kind = member.get("kind")
        name = signature(member) if kind == "function" else member.findtext("qualifiedname")
        header = pathlib.PurePath(member.find("location").get("file")).name
        found.setdefault(header, []).extend(directive(kind, name))
    return found


def classes_of(xml, header):
    """Returns the directives for the classes of a header, without those of another class."""
    escaped = header.replace("_", "__").replace(".", "_8")
    lines = []
    for inner in ElementTree.parse(xml / f"{escaped}.xml").iter("innerclass"):
        compound = ElementTree.parse(xml / f"{inner.get('refid')}.xml").find("compounddef")
        outer = inner.text.split("<")[0].rsplit("::", 1)[0]
        if outer == "ebpfkit":
            lines += directive(compound.get("kind"), inner.text, "members", "undoc-members")
    return lines


class RuntimeHeaders(SphinxDirective):
    has_content = False

    def run(self):
        xml = pathlib.Path(self.config.breathe_projects["runtime"])
        names = names_by_header(xml)
        lines = []
        for header in sorted(path.name for path in HEADERS.glob("*.hpp")):
            self.env.note_dependency(str(HEADERS / header))
            title = f"``{header}``"
            lines += [title, "-" * len(title), "", f".. doxygenfile:: {header}"]
            lines += ["   :sections: briefdescription detaileddescription", ""]
            lines += classes_of(xml, header) + names.get(header, [])
        container = nodes.section()
        container.document = self.state.document
        nested_parse_with_titles(self.state, StringList(lines, source=str(HEADERS)), container)
        return container.children


def setup(app):
    app.add_directive("runtime-headers", RuntimeHeaders)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
