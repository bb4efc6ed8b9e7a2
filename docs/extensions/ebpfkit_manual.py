"""`.. ebpfkit-manual::` describes the subcommands of `ebpfkit`, from what `ebpfkit manual --json` tells.

The configuration value `ebpfkit_tool` names the program. Its default is the environment variable EBPFKIT_DOCS_TOOL.
"""
import json
import os
import subprocess

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective


def manual_of(tool):
    if not tool:
        raise ExtensionError("EBPFKIT_DOCS_TOOL is not set. It names the program ebpfkit; scripts/docs sets it.")
    result = subprocess.run([tool, "manual", "--json"], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ExtensionError(f"{tool} manual --json failed: {result.stderr}")
    return json.loads(result.stdout)["manual"]


def sentence(text):
    return text if not text or text.endswith((".", "?", "!")) else text + "."


class EbpfkitManual(SphinxDirective):
    has_content = False

    def run(self):
        tool = self.config.ebpfkit_tool
        self.env.note_dependency(tool)
        return [self.section(command) for command in manual_of(tool)["subcommands"]]

    def section(self, command):
        name = command["name"]
        section = nodes.section(ids=[nodes.make_id(name)], names=[nodes.fully_normalize_name(name)])
        self.state.document.note_explicit_target(section)
        section += nodes.title("", "", nodes.literal("", name))
        section += nodes.paragraph("", sentence(command["description"]))
        if not command["subcommands"]:
            synopsis = nodes.literal_block(command["synopsis"], command["synopsis"], language="none")
            section += synopsis
        options = command["options"]
        if options:
            section += self.described(options)
        if command["footer"]:
            section += nodes.literal_block(command["footer"], command["footer"], language="none")
        for subcommand in command["subcommands"]:
            section += self.section(subcommand)
        return section

    @staticmethod
    def described(options):
        items = nodes.definition_list()
        for option in options:
            words = option["names"] + (" " + option["value"] if option["value"] else "")
            words += "..." if option["repeated"] else ""
            text = sentence(option["description"])
            if option["required"]:
                text += " Required."
            if option["default"]:
                text += f" Default: {option['default']}."
            items += nodes.definition_list_item(
                "",
                nodes.term("", "", nodes.literal("", words)),
                nodes.definition("", nodes.paragraph("", text)),
            )
        return items


def setup(app):
    app.add_config_value("ebpfkit_tool", os.environ.get("EBPFKIT_DOCS_TOOL", ""), "env")
    app.add_directive("ebpfkit-manual", EbpfkitManual)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
