// The crates as areas: as large as their lines in functions, filled as far as they are reached.
//
// Squarified (Bruls, Huizing and van Wijk, 2000): the largest first, in strips along the
// shorter side of what is left, as long as that makes the rectangles less oblong. Each one is
// a link; the whole map is one stop of the Tab key, and the arrow keys go from neighbor to
// neighbor. The table has the same figures.

/** Rectangles for sizes that are sorted, largest first. */
function squarify(sizes, width, height) {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const areas = sizes.map((size) => (size * width * height) / total);
  const left = { x: 0, y: 0, width, height };
  const rectangles = [];
  let strip = [];
  let sum = 0;
  const side = () => Math.min(left.width, left.height);
  const worst = (smallest, largest, area) => {
    const square = side() ** 2;
    return Math.max((square * largest) / area ** 2, area ** 2 / (square * smallest));
  };
  const finish = () => {
    const thickness = sum / side();
    const across = left.width >= left.height;
    let offset = 0;
    for (const area of strip) {
      const length = area / thickness;
      rectangles.push(across
        ? { x: left.x, y: left.y + offset, width: thickness, height: length }
        : { x: left.x + offset, y: left.y, width: length, height: thickness });
      offset += length;
    }
    if (across) { left.x += thickness; left.width -= thickness; }
    else { left.y += thickness; left.height -= thickness; }
    strip = [];
    sum = 0;
  };
  for (const area of areas) {
    const before = strip.length && worst(strip[strip.length - 1], strip[0], sum);
    if (strip.length && worst(area, strip[0], sum + area) > before) finish();
    strip.push(area);
    sum += area;
  }
  if (strip.length) finish();
  return rectangles;
}

function tile(krate, number, lines) {
  const text = `${crateName(krate)}: ${thousands(lines.used)} of ` +
    `${plural(lines.total, "line", "lines")} reached (${percent(lines)})` +
    (lines.unknown ? `, ${thousands(lines.unknown)} unknown` : "");
  const filled = (kind, part) => {
    const element = h("span", { class: kind });
    element.style.height = `${(part * 100) / lines.total}%`;
    return element;
  };
  const link = h("a", {
    class: "tile", href: `#crate/${number}`, title: text, "aria-label": text, tabindex: "-1",
  },
  h("span", { class: "level" }, filled("unknown", lines.unknown), filled("used", lines.used)),
  h("span", { class: "label" },
    h("span", { class: "name" }, krate.name), h("span", { class: "percent" }, percent(lines))));
  return { link, size: lines.total };
}

/** The neighbor in a direction: the nearest center that lies more that way than aside. */
function neighbor(tiles, from, key) {
  const [dx, dy] = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  }[key];
  const center = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  const [fromX, fromY] = center(from.place);
  let best = null;
  for (const other of tiles) {
    const [x, y] = center(other.place);
    const along = (x - fromX) * dx + (y - fromY) * dy;
    const aside = Math.abs((x - fromX) * dy) + Math.abs((y - fromY) * dx);
    if (other === from || along <= 0.5) continue;
    const distance = along + 2 * aside;
    if (!best || distance < best.distance) best = { other, distance };
  }
  return best && best.other;
}

function treemap(domain) {
  const drawn = report.crates
    .map((krate, number) => ({ krate, number, figures: figuresIn(krate, domain) }))
    .filter(({ figures }) => figures && figures.lines.total)
    .sort((a, b) => b.figures.lines.total - a.figures.lines.total || BY_NAME(a, b));
  if (!drawn.length) return null;
  const tiles = drawn.map(({ krate, number, figures }) => tile(krate, number, figures.lines));
  const map = h("div", { class: "treemap", role: "group", "aria-label":
    "Crates by lines, filled as far as they are reached; arrow keys move, Enter opens" },
  tiles.map(({ link }) => link));
  tiles[0].link.tabIndex = 0;

  function lay() {
    const { clientWidth, clientHeight } = map;
    if (!clientWidth || !clientHeight) return;
    const places = squarify(tiles.map(({ size }) => size), clientWidth, clientHeight);
    tiles.forEach((one, at) => {
      const place = places[at];
      one.place = place;
      one.link.style.left = `${place.x}px`;
      one.link.style.top = `${place.y}px`;
      one.link.style.width = `${place.width}px`;
      one.link.style.height = `${place.height}px`;
      one.link.classList.toggle("tiny", place.width < 46 || place.height < 20);
      one.link.classList.toggle("flat", place.height < 40);
    });
  }
  map.addEventListener("keydown", (event) => {
    const from = tiles.find(({ link }) => link === document.activeElement);
    if (!from || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const to = neighbor(tiles, from, event.key);
    if (to) to.link.focus();
  });
  map.addEventListener("focusin", ({ target }) => {
    for (const { link } of tiles) link.tabIndex = link === target ? 0 : -1;
  });
  new ResizeObserver(lay).observe(map);
  const all = report.crates.filter((krate) => figuresIn(krate, domain)).length;
  const rest = all - drawn.length;
  return h("section", { "aria-labelledby": "map-title" },
    h("h2", { id: "map-title" }, "By lines"),
    h("p", { class: "legend" },
      h("span", { class: "key used" }), "reached ",
      h("span", { class: "key unknown" }), "unknown ",
      h("span", { class: "key unused" }), "not reached",
      rest > 0 && ` (${plural(rest, "crate has", "crates have")} no line in a function)`),
    map);
}
