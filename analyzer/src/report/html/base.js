// What everything else is made of: elements, text that can be looked at safely, numbers.
//
// No markup is ever made of text: the page's policy forbids it, and `h` is the only way to an
// element. Text passes `shown` or `plain`, which write out characters that act on the reader
// instead of being seen, as the tool does in a terminal.

const byId = (id) => document.getElementById(id);

const parsed = new Map();

/** The data of a block, parsed when it is first asked for. */
function block(id) {
  if (!parsed.has(id)) {
    const element = byId(id);
    parsed.set(id, element ? JSON.parse(element.textContent) : null);
  }
  return parsed.get(id);
}

const overview = block("report");
const report = overview.report;
const hidden = new RegExp(`[${overview.hidden}]`, "gu");

const written = (character) => `\\u{${character.codePointAt(0).toString(16)}}`;

/** The text with such characters written out: for attributes, titles, comparisons. */
function plain(text) {
  return String(text).replace(hidden, written);
}

/** The same as nodes, with what was written out marked as such. */
function shown(text) {
  const source = String(text);
  if (source.search(hidden) < 0) return [document.createTextNode(source)];
  const nodes = [];
  let end = 0;
  for (const match of source.matchAll(hidden)) {
    nodes.push(document.createTextNode(source.slice(end, match.index)));
    const mark = document.createElement("span");
    mark.className = "written-out";
    mark.title = "a character that is not visible, written out";
    mark.textContent = written(match[0]);
    nodes.push(mark);
    end = match.index + match[0].length;
  }
  nodes.push(document.createTextNode(source.slice(end)));
  return nodes;
}

/** An element: its attributes (`on` holds listeners), then children: nodes, texts, lists. */
function h(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, listener);
      }
    } else {
      element.setAttribute(key, value === true ? "" : plain(value));
    }
  }
  return add(element, children);
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    if (child instanceof Node) element.append(child);
    else element.append(...shown(child));
  }
  return element;
}

function replace(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

// ---------------------------------------------------------------- numbers

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

const plural = (number, one, many) => `${thousands(number)} ${number === 1 ? one : many}`;

/** Used of total, rounded down so that only all is 100 %. */
function percent(counts) {
  if (!counts.total) return "";
  const perMille = Math.floor((counts.used * 1000) / counts.total);
  if (perMille === 0) return counts.used ? "<0.1%" : "0%";
  return perMille === 1000 ? "100%" : `${Math.floor(perMille / 10)}.${perMille % 10}%`;
}

const ratio = (used, total) => (total ? `${thousands(used)}/${thousands(total)}` : "-");

/** How the counts divide, as a bar. */
function bar(counts) {
  const part = (kind, number) => {
    if (!number) return null;
    const element = h("span", { class: kind });
    element.style.width = `${(number * 100) / counts.total}%`;
    return element;
  };
  return h("span", { class: "bar", "aria-hidden": "true" },
    counts.total ? [part("used", counts.used), part("unknown", counts.unknown)] : null);
}

// ---------------------------------------------------------------- words

const STATUS = ["used", "unknown", "unused"];
const DOMAIN = {
  run: "what ships",
  build: "build scripts and what they use",
  macro: "proc macros and what they use",
  dev: "tests, benches, examples",
};
const DOMAIN_BITS = { run: 1, build: 2, macro: 4, dev: 8 };

const domainsOf = (bits) => report.domains.filter((domain) => bits & DOMAIN_BITS[domain]);
