// The page of one crate: figures, how it is reached, its items, and its source.

/** Items that are listed at once. */
const LISTED = 200;

/** What is chosen on the page of a crate; it stays while the reader goes through its files. */
const itemState = { text: "", statuses: new Set(["used", "unknown"]), functions: true };

function figuresTable(figures) {
  const rows = [
    ["Functions", figures.functions], ["Lines in functions", figures.lines],
    ["Unsafe functions", figures.unsafe_functions], ["Unsafe blocks", figures.unsafe_blocks],
    ["Derived functions", figures.derived], ["Types", figures.types], ["Traits", figures.traits],
    ["Consts", figures.consts], ["Statics", figures.statics], ["Macros", figures.macros],
  ].filter(([, counts]) => counts.total);
  const cells = (counts) => STATUS.concat("total").map((status) =>
    h("td", { class: "number" }, counts[status] ? thousands(counts[status]) : "-"));
  return h("div", { class: "scroll" }, h("table", { class: "figures" },
    h("thead", null, h("tr", null, h("td"), STATUS.concat("total").map((status) =>
      h("th", { scope: "col", class: "number" }, status)), h("th", { scope: "col" }, "share"))),
    h("tbody", null, rows.map(([label, counts]) => h("tr", null,
      h("th", { scope: "row" }, label), cells(counts),
      h("td", null, bar(counts), h("span", { class: "percent" }, percent(counts))))))));
}

/** The crates on a shortest way from the workspace. */
function throughList(number) {
  const way = [];
  for (let at = number; at >= 0 && way.length < 100; at = overview.more[at].through) way.push(at);
  way.reverse();
  return h("p", { class: "through" }, "In the tree through: workspace",
    way.map((at) => [" \u203a ", at === number ? crateName(report.crates[at])
      : h("a", { href: `#crate/${at}` }, crateName(report.crates[at]))]));
}

function crateHead(number, domain) {
  const krate = report.crates[number];
  const figures = figuresIn(krate, domain);
  const entry = lastStep(overview.more[number].entry, domain);
  const badge = (text) => h("span", { class: "badge" }, text);
  return [
    h("p", { class: "crumbs" }, h("a", { href: "#" }, "All crates")),
    h("h1", null, krate.name, " ", h("span", { class: "version" }, krate.version)),
    h("p", { class: "badges" },
      krate.direct && badge("direct"), krate.build_script && badge("build script"),
      krate.proc_macro && badge("proc macro"), badge(krate.source),
      krate.license && badge(krate.license),
      badge(plural(krate.source_lines, "line of source", "lines of source"))),
    throughList(number),
    krate.verdict && h("p", { class: "advice" }, h("strong", null, krate.verdict),
      `: ${krate.verdict_reason}`),
    figures && h("div", { class: "columns" },
      figuresTable(figures),
      h("section", { class: "entry", "aria-labelledby": "entry-title" },
        h("h2", { id: "entry-title" }, "How it is reached"),
        entry ? [entry.domain !== domain && h("p", null, `In ${entry.domain}:`), chainList(entry.step)]
          : h("p", null, {
            other: "No function of it is reached; types, traits, consts, macros or linking are used.",
            unknown: "Nothing is known to be used, and not all was understood.",
            functions: "No chain of calls was recorded.",
            nothing: figures.build_script_only ? "Only its build script runs." : "Nothing of it is used.",
          }[figures.uses]))),
  ];
}

/** Items that can be searched, by status. */
function itemList(items, domain, open) {
  const compiled = items.filter((item) => item.compiled & DOMAIN_BITS[domain]);
  const list = h("ul", { class: "items" });
  const count = h("p", { class: "count", role: "status" });
  const more = h("button", { type: "button", on: { click: () => fill(true) } });
  let rest = [];

  function entry(item) {
    const status = statusIn(item, domain);
    return h("li", null, h("button", {
      type: "button", class: `entry ${status}`, on: { click: () => open([item], item.line) },
    },
    h("span", { class: "sign", title: status, "aria-label": status }, SIGN[status]),
    h("code", null, item.path),
    item.isUnsafe || item.unsafeBlocks ? h("span", { class: "loud" }, "unsafe") : null));
  }
  function fill(all) {
    const part = all ? rest : rest.slice(0, LISTED);
    add(list, part.map(entry));
    rest = rest.slice(part.length);
    more.hidden = !rest.length;
    replace(more, `Show ${thousands(rest.length)} more`);
  }
  function filter() {
    const words = itemState.text.toLowerCase().split(/\s+/).filter(Boolean);
    rest = compiled.filter((item) =>
      itemState.statuses.has(statusIn(item, domain)) &&
      (!itemState.functions || item.isFunction) &&
      words.every((word) => item.path.toLowerCase().includes(word)));
    replace(count, `${thousands(rest.length)} of ${plural(compiled.length, "item", "items")}`);
    replace(list);
    fill(false);
  }
  const choice = (label, checked, change) => h("label", { class: "choice" },
    h("input", { type: "checkbox", checked, on: { change: ({ target }) => { change(target.checked); filter(); } } }),
    label);
  filter();
  return h("section", { class: "item-list", "aria-labelledby": "items-title" },
    h("h2", { id: "items-title" }, "Items"),
    h("input", {
      type: "search", value: itemState.text, placeholder: "Search items", "aria-label": "Search items",
      spellcheck: "false", autocomplete: "off",
      on: { input: ({ target }) => { itemState.text = target.value; filter(); } },
    }),
    h("div", { class: "tools" },
      STATUS.map((status) => choice(status, itemState.statuses.has(status), (on) => {
        if (on) itemState.statuses.add(status);
        else itemState.statuses.delete(status);
      })),
      choice("functions only", itemState.functions, (on) => { itemState.functions = on; })),
    count, list, more);
}

function fileList(number, files, domain) {
  return h("section", { class: "file-list", "aria-labelledby": "files-title" },
    h("h2", { id: "files-title" }, "Files"),
    h("ul", null, files.map((file) => {
      const counts = lineCounts(file.marks[domain] || []);
      return h("li", { class: file.text === null ? "without" : null },
        h("a", { href: `#crate/${number}/file/${file.id}/1`, "data-file": file.id }, file.path),
        h("span", { class: "share" },
          h("span", { class: "of" }, counts.total ? ratio(counts.used, counts.total) : ""),
          bar(counts)));
    })));
}

/** The whole page; `go` shows a file, a line, an item without building it anew. */
function cratePage(number, domain) {
  const page = pageOf(number);
  const files = page.files.filter((file) => file.marks[domain]);
  const pane = h("section", { class: "pane", "aria-label": "Source" });
  const panel = h("aside", { class: "panel", hidden: true, tabindex: "-1", "aria-label": "Why" });
  let current = null;
  let origin = null;

  /** Where the page can show an item: its text, else the call of the macro that makes it. */
  function placeOf({ file, line, call }) {
    const byNumber = (number) => files.find(({ id }) => id === number);
    if (byNumber(file)) return [byNumber(file), line];
    return call ? [byNumber(call[0]), call[1]] : [null, 0];
  }
  function close() {
    panel.hidden = true;
    if (origin && origin.isConnected) origin.focus({ preventScroll: true });
  }
  function open(items, line) {
    origin = document.activeElement;
    const [item] = items;
    const isCalledHere = current && item.call && item.call[0] === current.file.id;
    if (items.length > 1 || isCalledHere) {
      showFile(current.file, line, 1);
    } else {
      const [file, at] = placeOf(item);
      if (file) showFile(file, at, file.id === item.file ? item.lines : 1);
    }
    replace(panel,
      h("button", { type: "button", class: "close", "aria-label": "Close", on: { click: close } }, "\u00d7"),
      items.slice(0, 20).map((one) => itemDetails(one, domain)),
      items.length > 20 && h("p", null, `and ${thousands(items.length - 20)} more`));
    panel.hidden = false;
    panel.scrollTop = 0;
    panel.parentElement.scrollIntoView({ block: "nearest" });
    panel.focus({ preventScroll: true });
  }
  panel.addEventListener("keydown", ({ key }) => { if (key === "Escape") close(); });

  function showFile(file, line, extent) {
    if (!current || current.file !== file) {
      const source = file.text === null ? null
        : sourceView({ file, items: page.items, domain, open });
      current = { file, source, line: 0 };
      replace(pane, fileHead(), source ? source.view : h("p", { class: "missing" }, file.missing));
      for (const link of root.querySelectorAll("[data-file]")) {
        if (Number(link.dataset.file) === file.id) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
    current.line = line || 0;
    if (current.source && line) current.source.show(line, extent);
  }
  function fileHead() {
    const { file, source } = current;
    const counts = lineCounts(file.marks[domain] || []);
    const jump = (status) => counts[status] > 0 && source && h("button", {
      type: "button", on: {
        click: () => {
          const line = source.next(status, current.line) || source.next(status, 0);
          current.line = line;
          source.show(line);
        },
      },
    }, `Next ${status}`);
    return h("div", { class: "file-head" },
      h("h2", null, file.path),
      h("p", { class: "legend" }, STATUS.map((status) => [
        h("span", { class: `key ${status}` }), ` ${plural(counts[status], "line", "lines")} ${status} `])),
      h("p", { class: "jumps" }, jump("used"), jump("unknown"), jump("unused")));
  }
  const root = h("div", { class: "crate" },
    crateHead(number, domain),
    files.length || page.items.length ? h("div", { class: "workbench" },
      h("div", { class: "side" },
        itemList(page.items, domain, open), fileList(number, files, domain)),
      h("div", { class: "view" }, pane, panel))
      : h("p", { class: "missing" }, "It has no items that the analysis lists."));

  /** The file with most lines reached. */
  function first() {
    const key = (file) => {
      const counts = lineCounts(file.marks[domain]);
      return (file.text === null ? 0 : 1e9) + counts.used * 2 + counts.unknown;
    };
    return files.reduce((best, file) => (!best || key(file) > key(best) ? file : best), null);
  }
  function go(fileId, line) {
    const file = files.find((one) => one.id === fileId) || (current ? null : first());
    if (file) showFile(file, line, 1);
  }
  return { root, go };
}
