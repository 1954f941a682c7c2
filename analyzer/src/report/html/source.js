// A file, line by line: used, unknown, unused as in a coverage view, with a light tint.

/** Characters of a line that are shown. */
const WIDEST = 1000;

const KEYWORDS = new Set(("as async await break const continue crate dyn else enum extern false fn " +
  "for if impl in let loop match mod move mut pub ref return self Self static struct super trait " +
  "true type union unsafe use where while").split(" "));

/** Words that a reviewer looks for. */
const LOUD = new Set(["unsafe", "extern"]);

// A raw string's start, a string's, a character, a lifetime, a comment's start, a word, a number.
const TOKEN = new RegExp([
  "(?<raw>b?c?r(?<hashes>#*)\")", "(?<string>[bc]?\")",
  "(?<character>b?'(?:\\\\(?:x[0-9a-fA-F]{2}|u\\{[0-9a-fA-F_]*\\}|.)|[^\\\\'])')",
  "(?<lifetime>'[A-Za-z_]\\w*)", "(?<line>//)", "(?<block>/\\*)",
  "(?<word>[A-Za-z_]\\w*)", "(?<number>\\d\\w*)",
].join("|"), "g");

/** Splits lines into pieces of a kind; strings and comments go on from line to line. */
function tinter() {
  let depth = 0;
  let string = null;
  const endOfComment = /\/\*|\*\//g;
  const endOfString = /\\.|"/g;

  function inside(line, start) {
    if (depth) {
      endOfComment.lastIndex = start;
      for (let match; depth && (match = endOfComment.exec(line));) {
        depth += match[0] === "*/" ? -1 : 1;
        if (!depth) return endOfComment.lastIndex;
      }
      return line.length;
    }
    if (string !== "\"") {
      const end = line.indexOf(string, start);
      if (end < 0) return line.length;
      const { length } = string;
      string = null;
      return end + length;
    }
    endOfString.lastIndex = start;
    for (let match; (match = endOfString.exec(line));) {
      if (match[0] === "\"") {
        string = null;
        return endOfString.lastIndex;
      }
    }
    return line.length;
  }

  return (line) => {
    const pieces = [];
    let at = 0;
    const piece = (end, kind) => {
      if (end > at) pieces.push([line.slice(at, end), kind]);
      at = end;
    };
    if (depth) piece(inside(line, 0), "comment");
    else if (string) piece(inside(line, 0), "string");
    for (let match; at < line.length;) {
      TOKEN.lastIndex = at;
      if (!(match = TOKEN.exec(line))) break;
      const { raw, hashes, line: comment, block: open, word } = match.groups;
      const end = match.index + match[0].length;
      piece(match.index, null);
      if (comment) {
        piece(line.length, /^\/\/[/!]/.test(match.input.slice(match.index)) ? "comment doc" : "comment");
      } else if (open) {
        depth = 1;
        piece(inside(line, end), "comment");
      } else if (raw || match.groups.string) {
        string = raw ? `"${hashes}` : "\"";
        piece(inside(line, end), "string");
      } else if (word) {
        piece(end, LOUD.has(word) ? "keyword loud" : KEYWORDS.has(word) ? "keyword" : null);
      } else {
        piece(end, match.groups.character ? "string" : null);
      }
    }
    piece(line.length, null);
    return pieces;
  };
}

/** The status of each line: an array by line. */
function lineStatuses(marks, lines) {
  const statuses = new Array(lines + 2).fill(null);
  for (let at = 0; at < marks.length; at += 3) {
    const last = Math.min(marks[at + 1], lines);
    for (let line = marks[at]; line <= last; line += 1) statuses[line] = STATUS[marks[at + 2]];
  }
  return statuses;
}

const SIGN = { used: "+", unknown: "?", unused: "\u2212" };

/** Items of a file by the line at which they start, or at which a macro that makes them is called. */
function startsOf(items, file) {
  const starts = new Map();
  const at = (line, item) => {
    if (!starts.has(line)) starts.set(line, []);
    starts.get(line).push(item);
  };
  for (const item of items) {
    if (item.file === file.id) at(item.line, item);
    if (item.call && item.call[0] === file.id && item.call[1] !== item.line) at(item.call[1], item);
  }
  return starts;
}

/** The item whose text a line belongs to: the function that starts last before it. */
function itemAround(items, file, line) {
  let found = null;
  for (const item of items) {
    const around = item.file === file.id && item.isFunction &&
      item.line <= line && line < item.line + item.lines;
    if (around && (!found || item.line >= found.line)) found = item;
  }
  return found;
}

/** Lines that are rendered together; those out of sight cost nothing. */
const LINES_IN_CHUNK = 250;

function sourceView({ file, items, domain, open }) {
  const text = file.text.endsWith("\n") ? file.text.slice(0, -1) : file.text;
  const lines = text.split("\n");
  const statuses = lineStatuses(file.marks[domain] || [], lines.length);
  const starts = startsOf(items, file);
  const foreign = new Map(file.foreign);
  const tint = tinter();
  const elements = [];
  const gutter = [];

  function lineElement(source, number) {
    const status = statuses[number];
    const content = source.endsWith("\r") ? source.slice(0, -1) : source;
    const code = h("code");
    for (const [piece, kind] of tint(content.slice(0, WIDEST))) {
      if (kind) add(code, [h("span", { class: kind }, piece.replaceAll("\t", "    "))]);
      else add(code, [piece.replaceAll("\t", "    ")]);
    }
    if (content.length > WIDEST) {
      tint(content.slice(WIDEST));
      add(code, [h("span", { class: "cut" }, ` \u2026 ${thousands(content.length - WIDEST)} more characters`)]);
    }
    const here = starts.get(number) || [];
    let button = null;
    if (here.length) {
      const label = here.length === 1 ? `why: ${here[0].path}` : `${here.length} items start here`;
      button = h("button", {
        type: "button", class: "why", tabindex: "-1", title: label, "aria-label": label,
        on: { click: (event) => { event.stopPropagation(); open(here, number); } },
      }, here.length > 1 ? String(Math.min(here.length, 99)) : here[0].isFunction ? "\u0192" : "\u25c7");
      gutter.push(button);
    }
    const others = foreign.get(number);
    const element = h("div", { class: status ? `line ${status}` : "line", "data-line": number },
      h("span", { class: "number" }, number),
      h("span", { class: "sign", title: status }, SIGN[status] || ""),
      h("span", { class: "gutter" }, button),
      code,
      others && h("span", { class: "foreign" }, `makes ${plural(others, "function", "functions")} in other crates`));
    elements.push(element);
    return element;
  }

  const chunks = [];
  for (let at = 0; at < lines.length; at += LINES_IN_CHUNK) {
    const part = lines.slice(at, at + LINES_IN_CHUNK);
    const chunk = h("div", { class: "chunk" }, part.map((line, index) => lineElement(line, at + index + 1)));
    chunk.style.containIntrinsicHeight = `auto ${part.length * 1.5}em`;
    chunks.push(chunk);
  }
  const view = h("div", {
    class: "source", tabindex: "0", role: "region", "aria-label": `Source of ${file.path}`,
    on: {
      click: ({ target }) => {
        const line = target.closest(".line");
        if (!line || !getSelection().isCollapsed) return;
        const number = Number(line.dataset.line);
        const around = itemAround(items, file, number);
        if (around) open([around], number);
      },
      keydown: (event) => {
        if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
        const from = gutter.indexOf(document.activeElement);
        const to = from + (event.key === "ArrowDown" ? 1 : -1);
        if (from < 0 || !gutter[to]) return;
        event.preventDefault();
        gutter[to].focus();
      },
    },
  }, h("div", { class: "lines" }, chunks));
  if (gutter.length) gutter[0].tabIndex = 0;

  /** Goes to a line and marks it. */
  function show(number, extent = 1) {
    for (const one of view.querySelectorAll(".line.here")) one.classList.remove("here");
    for (let at = number; at < number + extent && at <= elements.length; at += 1) {
      elements[at - 1].classList.add("here");
    }
    const element = elements[number - 1];
    if (!element) return;
    const there = view.getBoundingClientRect();
    const offset = element.getBoundingClientRect().top - there.top + view.scrollTop;
    view.scrollTop = offset - view.clientHeight / 4;
    const button = element.querySelector("button.why");
    if (button) for (const one of gutter) one.tabIndex = one === button ? 0 : -1;
  }

  /** The first line of the next stretch of a status, seen from a line. */
  function next(status, from) {
    for (let at = from + 1; at <= lines.length; at += 1) {
      if (statuses[at] === status && statuses[at - 1] !== status) return at;
    }
    return null;
  }
  return { view, show, next };
}
