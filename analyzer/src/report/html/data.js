// The data by name instead of by number: crates, their items, steps of chains.

const FLAG = { direct: 1, constOnly: 2, unsafe: 4, public: 8, uncounted: 16 };

const crateName = (krate) => `${krate.name} ${krate.version}`;

/** The figures of a crate in a domain, or nothing when it is not compiled there. */
const figuresIn = (krate, domain) => krate.domains[domain] || null;

const unsafeOf = (figures, status) =>
  figures.unsafe_functions[status] + figures.unsafe_blocks[status];

/** A file by number: its crate (or -1) and its path. */
function fileAt(number) {
  const found = number >= 0 ? block("files")[number] : null;
  return found ? { id: number, crate: found[0], path: found[1] } : null;
}

/** How a file is named where its crate is not clear. */
function fileName(file) {
  if (file.crate < 0) return file.path;
  const { name, version } = report.crates[file.crate];
  return `${name}-${version}/${file.path}`;
}

function itemOf(row, index) {
  const [path, kind, file, line, lines, flags, unsafeBlocks, origin, domains, reason, call, steps] =
    row;
  return {
    index, path, file, line, lines, unsafeBlocks, reason, call, steps,
    kind: overview.kinds[kind],
    origin: overview.origins[origin],
    direct: Boolean(flags & FLAG.direct),
    constOnly: Boolean(flags & FLAG.constOnly),
    isUnsafe: Boolean(flags & FLAG.unsafe),
    isPublic: Boolean(flags & FLAG.public),
    uncounted: Boolean(flags & FLAG.uncounted),
    isFunction: kind < 3,
    used: domains[0],
    unknown: domains[1],
    compiled: domains[2],
  };
}

const pages = new Map();

/** The items and files of a crate. */
function pageOf(number) {
  if (!pages.has(number)) {
    const data = block(`crate-${number}`) || { items: [], files: [] };
    pages.set(number, {
      items: data.items.map(itemOf),
      files: data.files.map((file) => ({ ...file, ...fileAt(file.id) })),
    });
  }
  return pages.get(number);
}

function statusIn(item, domain) {
  const bit = DOMAIN_BITS[domain];
  if (item.used & bit) return "used";
  return item.unknown & bit ? "unknown" : "unused";
}

/** Lines of a file in functions, by status. */
function lineCounts(marks) {
  const counts = { used: 0, unknown: 0, unused: 0, total: 0 };
  for (let at = 0; at < marks.length; at += 3) {
    const lines = marks[at + 1] - marks[at] + 1;
    counts[STATUS[marks[at + 2]]] += lines;
    counts.total += lines;
  }
  return counts;
}

function step(number) {
  const size = overview.steps_in_piece;
  const [before, edge, useLine, label, file, line, root] =
    block(`chains-${Math.floor(number / size)}`)[number % size];
  return { before, edge: overview.edges[edge], useLine, label, file: fileAt(file), line, root };
}

/** The steps from a root to this one. */
function chainTo(number) {
  const steps = [];
  for (let at = number; at >= 0; ) {
    const one = step(at);
    steps.push(one);
    at = one.before;
  }
  return steps.reverse();
}

/** The last step of a chain in the domain, else in the first that has one. */
function lastStep(steps, domain) {
  const order = [report.domains.indexOf(domain), ...steps.keys()];
  const found = order.find((at) => steps[at] >= 0);
  return found === undefined ? null : { domain: report.domains[found], step: steps[found] };
}
