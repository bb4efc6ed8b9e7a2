#include "picture/html_page.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "picture/dot_text.hpp"
#include "support/text.hpp"

namespace ebpfkit::host {

namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view page_begin = R"page(<meta charset="utf-8">
<style>
  body { margin: 0; display: flex; flex-direction: column; height: 100vh; font: 14px sans-serif; }
  header { display: flex; gap: 12px; align-items: center; padding: 8px 12px; background: #eef2f7; }
  header h1 { font-size: 15px; margin: 0; overflow: hidden; text-overflow: ellipsis; }
  main { display: flex; flex: 1; min-height: 0; }
  #graphs { flex: 1; overflow: hidden; position: relative; cursor: grab; background: #fff; }
  #graphs section { position: absolute; inset: 0; display: none; }
  #graphs section.shown { display: block; }
  #graphs svg { width: 100%; height: 100%; }
  #graphs .node { cursor: pointer; }
  #graphs .found path, #graphs .found polygon { stroke: #d08700; stroke-width: 4; }
  #graphs .chosen path, #graphs .chosen polygon { stroke: #0b57d0; stroke-width: 4; }
  aside { width: 32%; min-width: 260px; overflow: auto; padding: 8px 12px; border-left: 1px solid #ccd; }
  aside pre { margin: 0 0 8px; font-size: 12px; white-space: pre-wrap; }
  aside .source { color: #0b4a8f; font-weight: bold; }
</style>
<header><h1 id="title"></h1>
<select id="functions" title="Function"></select>
<input id="search" type="search" placeholder="Search: text, register, line">
<span id="count"></span>
<button id="fit" type="button">Whole graph</button></header>
<main><div id="graphs">
)page";

constexpr std::string_view page_script = R"page(<script>
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const element = (id) => document.getElementById(id);
const sections = [...document.querySelectorAll("#graphs section")];
const views = new Map();  // of each function: x, y, width, height
let shown = 0;

element("title").textContent = data.title;
document.title = data.title;
data.functions.forEach((one, number) => {
  element("functions").add(new Option(one.name + " (" + one.section + ")", number));
});

const picture = () => sections[shown] && sections[shown].querySelector("svg");
function place(view) {
  views.set(shown, view);
  picture().setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" "));
}
function whole() {
  const box = picture().querySelector("g").getBBox();
  // The graph stands on negative coordinates: Graphviz moves it with a transformation.
  const move = picture().querySelector("g").transform.baseVal.consolidate().matrix;
  place({ x: box.x * move.a + move.e - 8, y: box.y * move.d + move.f - 8,
          width: box.width * move.a + 16, height: box.height * move.d + 16 });
}
function show(number) {
  shown = Number(number);
  sections.forEach((section, i) => section.classList.toggle("shown", i === shown));
  if (picture() && !views.has(shown)) whole();
}
function details(block) {
  const panel = element("block");
  panel.replaceChildren();
  const add = (text, name) => {
    const line = document.createElement("pre");
    line.textContent = text;
    line.className = name;
    panel.append(line);
  };
  if (block.visits !== undefined) add("verifier visits: " + block.visits, "");
  for (const line of block.lines) {
    add(line.source, "source");
    add(line.instructions.join("\n"), "");
  }
}
// Moves the picture so that the block is in the middle.
function centre(node) {
  const box = node.getBBox();
  const move = picture().querySelector("g").transform.baseVal.consolidate().matrix;
  const view = views.get(shown);
  place({ ...view, x: (box.x + box.width / 2) * move.a + move.e - view.width / 2,
          y: (box.y + box.height / 2) * move.d + move.f - view.height / 2 });
}
for (const node of document.querySelectorAll("#graphs .node")) {
  // A sign at the end of a long edge stands for the block to which it leads.
  const [, number, sign, index] = node.id.match(/^f(\d+)(?:w(\d+))?b(\d+)$/);
  const block = sign ? element("f" + number + "b" + index) : node;
  node.addEventListener("click", () => {
    document.querySelectorAll(".chosen").forEach((other) => other.classList.remove("chosen"));
    block.classList.add("chosen");
    if (sign) centre(block);
    details(data.functions[number].blocks[index]);
  });
}
function search() {
  const word = element("search").value.toLowerCase();
  let count = 0;
  let first = -1;
  data.functions.forEach((one, number) => one.blocks.forEach((block, index) => {
    const has = word !== "" && JSON.stringify(block.lines).toLowerCase().includes(word);
    const node = element("f" + number + "b" + index);
    if (node) node.classList.toggle("found", has);
    if (has) { ++count; if (first < 0 || number === shown) first = number; }
  }));
  element("count").textContent = word === "" ? "" : count + (count === 1 ? " block" : " blocks");
  if (first >= 0 && first !== shown) { element("functions").value = first; show(first); }
}
element("search").addEventListener("input", search);
element("functions").addEventListener("change", (event) => show(event.target.value));
element("fit").addEventListener("click", whole);

const graphs = element("graphs");
const scale = (view) => Math.max(view.width / graphs.clientWidth, view.height / graphs.clientHeight);
graphs.addEventListener("wheel", (event) => {
  event.preventDefault();
  const view = views.get(shown);
  const by = event.deltaY > 0 ? 1.15 : 1 / 1.15;
  const bounds = graphs.getBoundingClientRect();
  const right = (event.clientX - bounds.left) / bounds.width;
  const down = (event.clientY - bounds.top) / bounds.height;
  place({ x: view.x + view.width * (1 - by) * right, y: view.y + view.height * (1 - by) * down,
          width: view.width * by, height: view.height * by });
}, { passive: false });
let last = null;
graphs.addEventListener("mousedown", (event) => { last = event; });
window.addEventListener("mouseup", () => { last = null; });
window.addEventListener("mousemove", (event) => {
  if (!last) return;
  const view = views.get(shown);
  const by = scale(view);
  place({ ...view, x: view.x - (event.clientX - last.clientX) * by,
          y: view.y - (event.clientY - last.clientY) * by });
  last = event;
});
if (sections.length > 0) show(0);
// A test reads this: how many blocks a person can see.
document.body.dataset.visibleBlocks = String([...document.querySelectorAll("section.shown .node")]
  .filter((node) => node.getBoundingClientRect().width > 0).length);
</script>
)page";

// Graphviz writes an XML declaration and a document type first, which HTML does not have.
std::string_view svg_element(std::string_view svg) {
  const auto begin = svg.find("<svg");
  return begin == std::string_view::npos ? std::string_view() : svg.substr(begin);
}

json block_json(const code_function& function, const flow_block& block, bool has_visits) {
  json lines = json::array();
  for (const auto& line : by_source_line(function, block)) {
    json rows = json::array();
    for (const auto i : line.instructions) {
      rows.push_back(instruction_row(function.instructions[i]));
      for (const auto& access : function.instructions[i].accesses)
        rows.push_back("     CO-RE: " + access);
    }
    const auto source =
        line.source.line == 0
            ? std::string("(no source line)")
            : line.source.file + ":" + std::to_string(line.source.line) + ": " + line.source.text;
    lines.push_back({{"source", source}, {"instructions", std::move(rows)}});
  }
  json entry{{"lines", std::move(lines)}};
  if (has_visits)
    entry["visits"] = block.visits;
  return entry;
}

// JSON inside a script element ends at "</script".
std::string script_json(const json& document) {
  std::string text;
  for (const char c : document.dump(-1, ' ', true, json::error_handler_t::replace))
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

}  // namespace

std::string html_page(std::string_view title, const std::vector<function_picture>& pictures) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\">\n";
  page += page_begin;
  json functions = json::array();
  bool has_visits = false;
  for (const auto& picture : pictures)
    for (const auto& block : picture.graph.blocks)
      has_visits = has_visits || block.visits != 0;
  for (const auto& picture : pictures) {
    page += "<section>";
    page += svg_element(picture.svg);
    page += "</section>\n";
    json blocks = json::array();
    for (const auto& block : picture.graph.blocks)
      blocks.push_back(block_json(picture.function, block, has_visits));
    functions.push_back({{"name", picture.function.name},
                         {"section", picture.function.section},
                         {"blocks", std::move(blocks)}});
  }
  page += "</div>\n<aside id=\"block\">Click a block to see its instructions.</aside></main>\n";
  page += "<script type=\"application/json\" id=\"data\">";
  page += script_json({{"title", printable(title)}, {"functions", std::move(functions)}});
  page += "</script>\n";
  page += page_script;
  return page + "</html>\n";
}

}  // namespace ebpfkit::host
