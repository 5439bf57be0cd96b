// A small Markdown renderer that builds DOM nodes: paragraphs, headings, lists, quotations, code, tables, bold, italics, links.
// What is no Markdown of ours stays text.

import { element } from "./dom.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)/;
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+•]|\d{1,4}[.)])\s+(.*)$/;
const QUOTE = /^\s*>\s?(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE =
  /(`{1,3})(.+?)\1(?!`)|\*\*(?=\S)(.+?)\*\*|(?<![\w*])\*(?=[^\s*])([^*]+?)\*(?![\w*])|\[([^\]\n]+)\]\(([^\s()]*(?:\([^\s()]*\)[^\s()]*)*)\)|(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]])/gs;
const DEEPEST = 8;

/** Return a fragment that shows `text`. */
export function render(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...blocks(text.split("\n"), 0));
  return fragment;
}

function blocks(lines, depth) {
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [node, next] = block(lines, at, depth);
    nodes.push(node);
    at = next;
  }
  return nodes;
}

function block(lines, at, depth) {
  const heading = HEADING.exec(lines[at]);
  if (FENCE.test(lines[at])) return code(lines, at);
  if (heading) return [element("h3", {}, ...inline(heading[1])), at + 1];
  if (isTable(lines, at)) return table(lines, at);
  if (depth < DEEPEST && QUOTE.test(lines[at])) return quotation(lines, at, depth);
  if (depth < DEEPEST && ITEM.test(lines[at])) return list(lines, at, depth);
  return paragraph(lines, at, depth);
}

function code(lines, at) {
  const fence = FENCE.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  const body = element("code", { textContent: lines.slice(at + 1, end).join("\n") });
  return [element("pre", { tabIndex: 0 }, body), end + 1];
}

function quotation(lines, at, depth) {
  const inner = [];
  while (at < lines.length && QUOTE.test(lines[at])) inner.push(QUOTE.exec(lines[at++])[1]);
  return [element("blockquote", {}, ...blocks(inner, depth + 1)), at];
}

function list(lines, at, depth) {
  const [, indent, mark] = ITEM.exec(lines[at]);
  const ordered = /\d/.test(mark);
  const node = element(ordered ? "ol" : "ul", ordered ? { start: parseInt(mark, 10) } : {});
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]);
    if (!item || item[1].length !== indent.length || /\d/.test(item[2]) !== ordered) break;
    const inner = [item[3]];
    at += 1;
    // What is indented further, or goes on without a blank line, belongs to the item.
    while (at < lines.length && belongs(lines, at, indent.length)) inner.push(lines[at++].slice(indent.length).replace(/^ {1,3}/, ""));
    node.append(element("li", {}, ...tight(blocks(inner, depth + 1))));
    while (at + 1 < lines.length && !lines[at].trim() && ITEM.exec(lines[at + 1])?.[1].length === indent.length) at += 1;
  }
  return [node, at];
}

function belongs(lines, at, indent) {
  const deep = lines[at].length - lines[at].trimStart().length > indent;
  if (!lines[at].trim()) return at + 1 < lines.length && /^\s+\S/.test(lines[at + 1]) && lines[at + 1].search(/\S/) > indent;
  return deep || !(ITEM.test(lines[at]) || begins(lines, at));
}

/** A list item of one paragraph needs no paragraph around its text. */
function tight(nodes) {
  return nodes[0]?.tagName === "P" ? [...nodes[0].childNodes, ...nodes.slice(1)] : nodes;
}

function isTable(lines, at) {
  return lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("|") && TABLE_RULE.test(lines[at + 1]);
}

function table(lines, at) {
  const row = (line, tag) => element("tr", {}, ...cells(line).map((cell) => element(tag, {}, ...inline(cell))));
  const body = element("tbody");
  const head = element("thead", {}, row(lines[at], "th"));
  at += 2;
  while (at < lines.length && lines[at].includes("|")) body.append(row(lines[at++], "td"));
  return [element("div", { className: "wide", tabIndex: 0 }, element("table", {}, head, body)), at];
}

function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

function paragraph(lines, at, depth) {
  const inner = [lines[at]];
  at += 1;
  while (at < lines.length && lines[at].trim() && !begins(lines, at) && !(depth < DEEPEST && ITEM.test(lines[at]))) inner.push(lines[at++]);
  const node = element("p");
  inner.forEach((line, index) => node.append(...(index ? [element("br")] : []), ...inline(line.trim())));
  return [node, at];
}

function begins(lines, at) {
  return FENCE.test(lines[at]) || HEADING.test(lines[at]) || QUOTE.test(lines[at]) || isTable(lines, at);
}

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(from, match.index), span(match));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

function span([whole, , code, bold, italic, label, target, address]) {
  if (code !== undefined) return element("code", { textContent: code });
  if (bold !== undefined) return element("strong", {}, ...inline(bold));
  if (italic !== undefined) return element("em", {}, ...inline(italic));
  if (label !== undefined) return link(target, label) ?? whole;
  return link(address, address) ?? whole;
}

/** Return a link, or null where the address is not plainly of the web. */
function link(address, label) {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return null;
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow", textContent: label });
}
