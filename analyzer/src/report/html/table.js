// The table of crates: sorted by buttons in its head, searched and filtered above it.

const BY_NAME = (a, b) =>
  a.krate.name.localeCompare(b.krate.name, "en") ||
  a.krate.version.localeCompare(b.krate.version, "en", { numeric: true });

const most = (key) => (a, b) => key(b) - key(a);

/** The smallest share first, the larger crate first among equals, those without any last. */
function worstFirst(counts) {
  const share = (row) => {
    const { used, total } = counts(row);
    return total ? used / total : 2;
  };
  return (a, b) => share(a) - share(b) || counts(b).total - counts(a).total;
}

const COLUMNS = [
  { key: "name", label: "Crate", order: BY_NAME, first: "ascending", cell: nameCell },
  {
    key: "used", label: "Functions", hint: "used of all", number: true,
    order: worstFirst((row) => row.figures.functions), first: "ascending",
    cell: (row) => shareCell(row.figures.functions),
  },
  {
    key: "lines", label: "Lines", hint: "in functions: used of all", number: true,
    order: most((row) => row.figures.lines.total), first: "descending",
    cell: (row) => shareCell(row.figures.lines),
  },
  {
    key: "unknown", label: "Unknown", hint: "functions that are neither used nor unused",
    number: true, order: most(unknownOf), first: "descending",
    cell: (row) => {
      const number = unknownOf(row);
      return number ? h("span", { class: "is-unknown" }, thousands(number)) : "-";
    },
  },
  {
    key: "unsafe", label: "Unsafe", hint: "unsafe functions and blocks: reached of all",
    number: true, order: most((row) => unsafeOf(row.figures, "used")), first: "descending",
    cell: (row) => ratio(unsafeOf(row.figures, "used"), unsafeOf(row.figures, "total")),
  },
  {
    key: "api", label: "API", hint: "public items that the workspace names, of all",
    number: true, order: most((row) => row.figures.public.direct), first: "descending",
    cell: (row) =>
      row.krate.direct ? ratio(row.figures.public.direct, row.figures.public.total) : "",
  },
  {
    key: "weight", label: "Leaves with it", hint: "lines of this crate and of what only it brings in",
    number: true, order: most((row) => row.krate.exclusive_weight.lines), first: "descending",
    cell: (row) => {
      const { crates, lines } = row.krate.exclusive_weight;
      return crates > 1 ? `${thousands(lines)} in ${plural(crates, "crate", "crates")}` : thousands(lines);
    },
  },
  {
    key: "verdict", label: "Verdict", hint: "what to do with a direct dependency",
    order: (a, b) => rankOf(a) - rankOf(b), first: "ascending",
    cell: ({ krate }) =>
      krate.verdict ? h("span", { class: "verdict", title: krate.verdict_reason }, krate.verdict) : "",
  },
  {
    key: "depth", label: "Depth", hint: "steps from the workspace", number: true,
    order: (a, b) => a.krate.depth - b.krate.depth, first: "ascending",
    cell: (row) => thousands(row.krate.depth),
  },
];

/** What can be done comes first, what is kept after it, what has no verdict last. */
const VERDICTS = ["unused", "std", "extract", "trim", "keep"];

function rankOf({ krate }) {
  return krate.verdict ? VERDICTS.indexOf(krate.verdict) : VERDICTS.length;
}

function unknownOf({ figures }) {
  return figures.functions.unknown + figures.derived.unknown;
}

function nameCell({ krate, number, figures }) {
  const badge = (text, title) => h("span", { class: "badge", title }, text);
  const otherUse = {
    other: "no function",
    nothing: "unused",
    unknown: "unknown",
  }[figures.uses];
  const title = {
    other: "no function is reached; types, traits, consts, macros or linking are used",
    nothing: "nothing of it is used",
    unknown: "nothing is known to be used, and not all was understood",
  }[figures.uses];
  return [
    h("a", { href: `#crate/${number}`, class: "name" }, krate.name), " ",
    h("span", { class: "version" }, krate.version),
    krate.direct && badge("direct", "a workspace member depends on it"),
    krate.build_script && badge("build script", "it has a build script"),
    krate.proc_macro && badge("proc macro", "it is a proc macro"),
    otherUse && h("span", { class: `badge uses-${figures.uses}`, title },
      figures.build_script_only ? "build script only" : otherUse),
  ];
}

function shareCell(counts) {
  if (!counts.total) return "-";
  return h("span", { class: "share" },
    h("span", { class: "of" }, ratio(counts.used, counts.total)),
    bar(counts),
    h("span", { class: "percent" }, percent(counts)));
}

/** `--sort total` has no column of its own. */
const BY_TOTAL = { key: "total", order: most((row) => row.figures.functions.total) };

/** What the reader chose; it stays when they come back from a crate. */
const tableState = {
  column: overview.sort,
  reversed: false, text: "", direct: false, unknown: false, reached: false,
};

function crateTable(domain) {
  const rows = report.crates
    .map((krate, number) => ({ krate, number, figures: figuresIn(krate, domain) }))
    .filter((row) => row.figures);
  for (const row of rows) {
    row.element = h("tr", null, COLUMNS.map((column, at) =>
      h(at ? "td" : "th", { class: column.number && "number", scope: at ? null : "row" },
        column.cell(row))));
    row.key = plain(`${row.krate.name} ${row.krate.version}`).toLowerCase();
  }
  const body = h("tbody");
  const count = h("p", { class: "count", role: "status" });
  const heads = COLUMNS.map((column) => h("th", { scope: "col", class: column.number && "number" },
    h("button", { type: "button", title: column.hint, on: { click: () => sortBy(column) } },
      column.label)));

  function sortBy(column) {
    tableState.reversed = tableState.column === column.key && !tableState.reversed;
    tableState.column = column.key;
    sort();
  }
  function sort() {
    const column = COLUMNS.find(({ key }) => key === tableState.column) || BY_TOTAL;
    rows.sort((a, b) =>
      (tableState.reversed ? column.order(b, a) : column.order(a, b)) || BY_NAME(a, b));
    body.append(...rows.map((row) => row.element));
    const opposite = column.first === "ascending" ? "descending" : "ascending";
    COLUMNS.forEach((other, at) => {
      if (other === column) {
        heads[at].setAttribute("aria-sort", tableState.reversed ? opposite : column.first);
      } else {
        heads[at].removeAttribute("aria-sort");
      }
    });
  }
  function filter() {
    const words = tableState.text.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const row of rows) {
      const matches = words.every((word) => row.key.includes(word)) &&
        (!tableState.direct || row.krate.direct) &&
        (!tableState.unknown || unknownOf(row) > 0) &&
        (!tableState.reached || row.figures.uses === "functions");
      row.element.hidden = !matches;
      visible += matches;
    }
    replace(count, `${thousands(visible)} of ${plural(rows.length, "crate", "crates")}`);
  }
  const choice = (key, label) => h("label", { class: "choice" },
    h("input", {
      type: "checkbox", checked: tableState[key],
      on: { change: ({ target }) => { tableState[key] = target.checked; filter(); } },
    }), label);

  sort();
  filter();
  return h("section", { "aria-labelledby": "crates-title" },
    h("h2", { id: "crates-title" }, "Crates"),
    h("div", { class: "tools" },
      h("input", {
        type: "search", id: "search", value: tableState.text, placeholder: "Search crates",
        "aria-label": "Search crates", spellcheck: "false", autocomplete: "off",
        on: { input: ({ target }) => { tableState.text = target.value; filter(); } },
      }),
      choice("direct", "direct"), choice("reached", "functions reached"),
      choice("unknown", "with unknown"), count),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Crates" },
      h("table", { class: "crates" }, h("thead", null, h("tr", null, heads)), body)));
}
