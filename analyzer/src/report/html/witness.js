// Why an item is reached: what is known of it, and the chain of uses from a root.

const EDGE = {
  call: "calls",
  trait: "calls through a trait",
  vtable: "puts into a vtable",
  drop: "drops",
  closure: "runs the closure of",
  macro: "uses through a macro",
  const: "reads the constant",
  widened: "may call (by its bounds)",
};

const KIND = {
  function: "function", method: "method", associated_function: "associated function",
  struct: "struct", enum: "enum", union: "union", type_alias: "type alias", trait: "trait",
  const: "const", static: "static", macro: "macro",
};

/** A place as a link into this page, where it has the file. */
function placeLink(file, line) {
  if (!file) return null;
  const text = line ? `${fileName(file)}:${line}` : fileName(file);
  if (file.crate < 0) return h("span", { class: "place" }, text);
  return h("a", { class: "place", href: `#crate/${file.crate}/file/${file.id}/${line || 1}` }, text);
}

/** The chain as a list, the root first. */
function chainList(last) {
  const steps = chainTo(last);
  let before = null;
  return h("ol", { class: "chain" }, steps.map((one) => {
    const user = before;
    before = one;
    const used = user && one.useLine > 0 && user.file;
    return h("li", null,
      h("span", { class: "how" }, one.root ? `root (${one.root})` : EDGE[one.edge] || one.edge), " ",
      h("code", null, one.label), " ",
      h("span", { class: "places" },
        used && ["at ", placeLink(user.file, one.useLine), ", "],
        one.file ? ["defined at ", placeLink(one.file, one.line)] : "in std, or made by the compiler"));
  }));
}

function whyText(item, domain, last) {
  const status = statusIn(item, domain);
  if (status === "unknown") return item.reason || "It could not be decided.";
  if (status === "unused") {
    const others = domainsOf(item.used);
    return others.length ? `Not reached in ${domain}; used in ${others.join(", ")}.`
      : "No root leads to it.";
  }
  if (last && last.domain === domain) {
    const steps = chainTo(last.step).length - 1;
    return steps ? `${plural(steps, "step", "steps")} from a root.` : "It is a root.";
  }
  return item.direct ? "The workspace's own code names it." : "Used otherwise than by a call.";
}

/** All that the page knows of an item. */
function itemDetails(item, domain) {
  const status = statusIn(item, domain);
  const last = lastStep(item.steps, domain);
  const words = [
    KIND[item.kind],
    item.isPublic && "public",
    item.direct && "named by the workspace",
    item.isUnsafe && "unsafe",
    item.unsafeBlocks > 0 && plural(item.unsafeBlocks, "unsafe block", "unsafe blocks"),
    item.isFunction && item.origin !== "derive" && plural(item.lines, "line", "lines"),
    item.origin === "macro" && "made by a macro",
    item.origin === "derive" && "made by a derive or attribute",
    item.constOnly && "at compile time only",
    item.uncounted && "not counted",
  ].filter(Boolean);
  const used = domainsOf(item.used);
  return h("article", { class: "item" },
    h("h3", null, h("span", { class: `status ${status}` }, status), " ", h("code", null, item.path)),
    h("p", { class: "words" }, words.join(" \u00b7 "),
      used.length > 0 && ` \u00b7 used in ${used.join(", ")}`),
    h("p", { class: "places" }, "defined at ", placeLink(fileAt(item.file), item.line),
      item.call && [", by the macro call at ", placeLink(fileAt(item.call[0]), item.call[1])]),
    h("p", { class: "why-text" }, whyText(item, domain, last)),
    last && last.domain !== domain && h("p", null, `How it is reached in ${last.domain}:`),
    last && chainList(last.step));
}
