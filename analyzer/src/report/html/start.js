// Which page is shown: the address behind `#` and the chosen domain decide.
//
//   #                          the overview
//   #crate/<number>            a crate
//   #crate/<number>/file/<number>/<line>

const content = byId("content");
let domain = report.domains.find((one) => report.totals[one] && report.totals[one].crates) ||
  report.domains[0];
let shownPage = { key: null, go: null };

function address() {
  const [kind, number, , file, line] = location.hash.slice(1).split("/");
  const krate = Number(number);
  if (kind !== "crate" || !report.crates[krate]) return null;
  return { krate, file: Number(file), line: Number(line) || 0 };
}

function domainChoice(crate) {
  const possible = report.domains.filter((one) =>
    crate ? figuresIn(crate, one) : report.totals[one].crates);
  replace(byId("domains"), possible.map((one) => h("button", {
    type: "button", title: DOMAIN[one], "aria-pressed": String(one === domain),
    on: { click: () => { domain = one; show(); byId("domains").querySelector("[aria-pressed=true]").focus(); } },
  }, one)));
}

function show() {
  const to = address();
  const crate = to && report.crates[to.krate];
  if (crate && !figuresIn(crate, domain)) {
    domain = report.domains.find((one) => figuresIn(crate, one)) || domain;
  }
  domainChoice(crate);
  const key = `${to ? to.krate : "all"} ${domain}`;
  const isNew = key !== shownPage.key;
  if (isNew) {
    const started = shownPage.key !== null;
    const page = crate ? cratePage(to.krate, domain) : { root: overviewPage(domain) };
    shownPage = { key, go: page.go };
    replace(content, page.root);
    const name = crate ? crateName(crate) : "all crates";
    document.title = `${plain(name)} \u2013 cargo whittle`;
    if (started) {
      scrollTo(0, 0);
      replace(byId("announce"), `${name}, domain ${domain}`);
      content.focus({ preventScroll: true });
    }
  }
  if (shownPage.go) {
    shownPage.go(to.file, to.line);
    if (to.line && !isNew) content.querySelector(".pane").scrollIntoView({ block: "nearest" });
  }
}

replace(byId("subject"), report.roots.length > 2
  ? `${report.roots[0]} and ${report.roots.length - 1} more roots` : report.roots.join(", "));
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
});
addEventListener("hashchange", show);
addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = content.querySelector("input[type=search]");
  if (search) { event.preventDefault(); search.focus(); }
});
show();
