# Settings of Sphinx. The target `docs` and scripts/docs call it, see cmake/EbpfKitDocs.cmake. These environment variables
# come from there:
#   EBPFKIT_DOCS_TOOL    the ebpfkit that describes its subcommands
#   EBPFKIT_DOCS_XML     Doxygen's XML of the runtime library
#   EBPFKIT_VERSION      the version on the pages
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "extensions"))

project = "EbpfKit"
copyright = "the authors of EbpfKit"
version = release = os.environ.get("EBPFKIT_VERSION", "")

extensions = [
    "myst_parser",
    "breathe",
    "sphinx.ext.graphviz",
    "cmake_domain",
    "ebpfkit_manual",
    "mermaid_pictures",
    "runtime_headers",
    "source_links",
    "source_tables",
]
exclude_patterns = ["extensions"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
root_doc = "index"

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
# "--btf" stays what it is.
smartquotes = False
# Indented blocks and fences without a language are commands, output and drawings.
highlight_language = "none"
graphviz_output_format = "svg"

breathe_projects = {"runtime": os.environ.get("EBPFKIT_DOCS_XML", "")}
breathe_default_project = "runtime"
breathe_default_members = ("members",)
breathe_show_include = True
primary_domain = None

html_theme = "furo"
html_title = f"EbpfKit {version}".strip()
html_static_path = ["static"]
html_css_files = ["narrow.css"]
html_show_sourcelink = False
html_show_sphinx = False
html_copy_source = False
html_last_updated_fmt = None
# The pages show a user without a network what they show others.
html_use_opensearch = ""
