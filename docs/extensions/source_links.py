"""Links in docs/*.md that lead out of docs/ name files of the repository, for readers of the plain files.

On the built pages such a link becomes the file's path as text. With the configuration value `ebpfkit_source_url` (or
the environment variable EBPFKIT_SOURCE_URL), it leads to the file at that address.
"""
import os
import pathlib
import posixpath

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

KINDS = (addnodes.pending_xref, addnodes.download_reference, nodes.reference)
ROOT = pathlib.Path(__file__).resolve().parents[2]


class SourceLinks(SphinxTransform):
    # Before Sphinx looks for the target.
    default_priority = 5

    def apply(self, **_):
        for node in list(self.document.findall(lambda node: isinstance(node, KINDS))):
            target = node.get("reftarget") or node.get("refuri") or ""
            directory = posixpath.dirname(self.env.docname)
            path = posixpath.normpath(posixpath.join("docs", directory, target.split("#")[0]))
            is_outside = target and not path.startswith("docs/") and (ROOT / path).exists()
            if not is_outside or target.startswith("#") or ":" in target:
                continue
            if self.config.ebpfkit_source_url:
                link = nodes.reference("", node.astext(), refuri=f"{self.config.ebpfkit_source_url}/{path}")
            else:
                link = nodes.literal("", path)
            node.replace_self(link)


def setup(app):
    app.add_config_value("ebpfkit_source_url", os.environ.get("EBPFKIT_SOURCE_URL", ""), "env")
    app.add_transform(SourceLinks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
