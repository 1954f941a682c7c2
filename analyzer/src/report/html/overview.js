// The first page: what the figures are relative to, how exact they are, the map, the table.

function totalsCards(domain) {
  const totals = report.totals[domain];
  const card = (label, value, counts, more) => h("div", { class: "card" },
    h("dt", null, label), h("dd", null, h("strong", null, value), counts && bar(counts),
      h("span", { class: "more" }, more)));
  const share = (counts) => (counts.total ? percent(counts) : "-");
  const of = (counts) => `${thousands(counts.used)} of ${thousands(counts.total)}` +
    (counts.unknown ? `, ${thousands(counts.unknown)} unknown` : "");
  const unsafeCounts = {
    used: unsafeOf(totals, "used"), unknown: unsafeOf(totals, "unknown"),
    total: unsafeOf(totals, "total"),
  };
  return h("dl", { class: "cards" },
    card("Crates", thousands(totals.crates), null,
      `${thousands(totals.direct_crates)} direct` +
      (totals.crates_unused ? `, ${thousands(totals.crates_unused)} unused` : "")),
    card("Functions reached", share(totals.functions), totals.functions, of(totals.functions)),
    card("Lines in functions reached", share(totals.lines), totals.lines, of(totals.lines)),
    card("Unsafe reached", thousands(unsafeCounts.used), unsafeCounts,
      `of ${thousands(unsafeCounts.total)} functions and blocks`),
    card("Lines of source", thousands(totals.source_lines), null, "in all files that are loaded"));
}

function facts() {
  const row = (name, value) => [h("dt", null, name), h("dd", null, value)];
  const roots = report.roots.map((root) => h("span", { class: "root" }, root));
  return h("details", { class: "facts", open: report.roots.length < 4 },
    h("summary", null, "What the figures are relative to"),
    h("dl", null,
      row(report.roots.length === 1 ? "Root" : "Roots", roots),
      row("Domains", report.domains.join(", ")),
      row("Features", report.features),
      row("Target", report.target),
      row("Profile", report.profile),
      row("Execution policy", `${report.policy}: ${overview.policy}`),
      row("Toolchain", report.toolchain),
      row("Sources of std", report.std_sources),
      row("Tool", `cargo-whittle ${report.tool}`)));
}

/** A long list shows its beginning first. */
function shortList(entries, limit) {
  const list = h("ul", null, entries.slice(0, limit).map((entry) => h("li", null, entry)));
  if (entries.length <= limit) return list;
  const more = h("button", {
    type: "button",
    on: {
      click: () => {
        add(list, entries.slice(limit).map((entry) => h("li", null, entry)));
        more.remove();
      },
    },
  }, `Show all ${thousands(entries.length)}`);
  return [list, more];
}

function exactness() {
  const { exactness: exact } = report;
  const complete = !exact.unknown_functions && !exact.gaps.length;
  const times = ({ count }) => h("span", { class: "times" }, `${thousands(count)} \u00d7`);
  const reasons = exact.unknown_reasons.map((reason) => [times(reason), " ", reason.reason]);
  const gaps = exact.gaps.map((gap) => [
    times(gap), " ", gap.reason, " in ",
    gap.crate === null ? "std" : `${gap.crate} ${gap.crate_version}`, ": ",
    h("code", null, gap.place),
  ]);
  return h("section", { class: `exact ${complete ? "complete" : "incomplete"}`,
    "aria-labelledby": "exact-title" },
  h("h2", { id: "exact-title" }, complete ? "Exact" : "Not exact"),
  h("p", null, overview.summary.exact.replace(/^(yes|no): /, "")),
  reasons.length > 0 && h("details", { id: "unknown" },
    h("summary", null, `Why ${plural(exact.unknown_functions, "function is", "functions are")} unknown`),
    shortList(reasons, 50)),
  gaps.length > 0 && h("details", null,
    h("summary", null, `What was not understood (${plural(gaps.length, "place", "places")})`),
    shortList(gaps, 50)));
}

function notices() {
  const { execution } = report;
  const notRun = execution.not_run.map((one) => [
    h("strong", null, `${one.crate} ${one.version}`), " (",
    [one.build_script && "build script", one.proc_macro && "proc macro"].filter(Boolean).join(", "),
    "): ", one.why,
  ]);
  const denied = execution.denied.map((one) =>
    `${one.by}${one.crate ? ` of ${one.crate}` : ""}: ${one.said}`);
  const list = (title, entries) => entries.length > 0 && h("details", null,
    h("summary", null, `${title} (${thousands(entries.length)})`), shortList(entries, 50));
  const all = [
    list("Notices", report.notices),
    list("Ran because the user allows it", execution.allowed),
    list("Not run", notRun),
    list("Denied by the sandbox", denied),
  ].filter(Boolean);
  return all.length > 0 && h("section", { class: "notices", "aria-label": "Notices" }, all);
}

function ownedCode() {
  const { owned } = report;
  const entry = (one) => h("li", null,
    h("strong", null, `${one.name} ${one.version}`), " in ", h("code", null, one.folder),
    ` (${one.package}): ${plural(one.items, "item", "items")}, ` +
    `${plural(one.functions, "function", "functions")}, under ${one.license}` +
    (one.acknowledged ? `, ${plural(one.acknowledged, "acknowledged change", "acknowledged changes")}` : ""));
  return owned.length > 0 && h("section", { class: "owned", "aria-labelledby": "owned-title" },
    h("h2", { id: "owned-title" }, "Owned code"),
    h("p", { class: "count" },
      "Parts of other crates that the workspace keeps as its own source."),
    h("ul", null, owned.map(entry)));
}

function overviewPage(domain) {
  const hiddenCrates = report.crates_hidden;
  return [
    h("h1", null, "What the workspace reaches in its dependencies"),
    h("p", { class: "lead" }, `Domain ${domain}: ${DOMAIN[domain]}. `, overview.summary[domain]),
    totalsCards(domain),
    h("div", { class: "about" }, h("div", null, exactness(), notices()), facts()),
    treemap(domain),
    trendSection(domain),
    crateTable(domain),
    ownedCode(),
    hiddenCrates > 0 && h("p", { class: "note" },
      `${plural(hiddenCrates, "deeper crate is", "deeper crates are")} not shown; the totals include them.`),
    h("p", { class: "note" },
      "Both branches of an if count as reached. ",
      overview.sources === "reached" &&
        "This page carries the sources of files something of which is reached or unknown. ",
      overview.sources === "none" && "Sources were left out of this page. ",
      "It is complete in itself and requests nothing."),
  ];
}
