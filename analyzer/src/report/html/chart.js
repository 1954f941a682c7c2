// How the figures went from commit to commit, when there is a history.
//
// A commit without figures is a gap and never drawn over, and figures that are valid for
// different things (another toolchain, policy, selection) are not joined. What the chart shows
// also stands in a table.

const CHART = { width: 900, height: 220, left: 64, right: 12, top: 12, bottom: 26 };

/** An element of a drawing; the name space is that of the drawing in the skeleton. */
function draw(name, attributes, text) {
  const element = document.createElementNS(byId("svg").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, plain(value));
  if (text !== undefined) element.append(plain(text));
  return element;
}

function metricWords(metric, value) {
  if (value === undefined) return "-";
  return metric === "share" ? `${Math.floor(value / 10)}.${value % 10}%` : thousands(value);
}

function chart(trend, metric, title) {
  const { width, height, left, right, top, bottom } = CHART;
  const { points } = trend;
  const values = points.map((point) => point.values[metric]);
  const largest = Math.max(1, ...values.filter((value) => value !== undefined));
  const x = (at) => left + ((width - left - right) * (at + 0.5)) / points.length;
  const y = (value) => height - bottom - ((height - top - bottom) * value) / largest;
  const first = points[0];
  const last = points[points.length - 1];
  const drawing = draw("svg", {
    viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img",
    "aria-label": `${title}, ${plural(points.length, "commit", "commits")} from ` +
      `${first.time.slice(0, 10)} to ${last.time.slice(0, 10)}`,
  });
  for (const part of [0, 0.5, 1]) {
    const value = Math.round(largest * part);
    drawing.append(
      draw("line", { class: "grid", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      draw("text", { class: "axis", x: left - 6, y: y(value) + 4, "text-anchor": "end" },
        metricWords(metric, value)));
  }
  drawing.append(
    draw("text", { class: "axis", x: left, y: height - 6 }, first.time.slice(0, 10)),
    draw("text", { class: "axis", x: width - right, y: height - 6, "text-anchor": "end" },
      last.time.slice(0, 10)));
  let path = "";
  let before = null;
  points.forEach((point, at) => {
    if (values[at] === undefined) {
      if (point.gap !== null) {
        const gap = draw("rect", { class: "gap", x: x(at) - 2, y: top, width: 4, height: height - top - bottom });
        gap.append(draw("title", {}, `${point.commit.slice(0, 12)}: ${point.gap}`));
        drawing.append(gap);
      }
      before = null;
      return;
    }
    const isBreak = before !== null && before !== point.segment;
    if (isBreak) {
      const line = draw("line", { class: "break", x1: x(at - 0.5), x2: x(at - 0.5), y1: top, y2: height - bottom });
      line.append(draw("title", {}, trend.segments[point.segment].changed.join("; ")));
      drawing.append(line);
    }
    path += `${before === null || isBreak ? "M" : "L"}${x(at).toFixed(1)} ${y(values[at]).toFixed(1)}`;
    before = point.segment;
  });
  drawing.append(draw("path", { class: "curve", d: path }));
  points.forEach((point, at) => {
    if (values[at] === undefined) return;
    const dot = draw("circle", { class: "dot", cx: x(at), cy: y(values[at]), r: points.length > 120 ? 1.5 : 3 });
    dot.append(draw("title", {}, `${point.commit.slice(0, 12)} ${point.time.slice(0, 10)}: ` +
      `${metricWords(metric, values[at])}\n${point.title}`));
    drawing.append(dot);
  });
  return drawing;
}

function trendTable(trend, titles) {
  const changes = ({ crates }) => [
    crates.added.map((name) => `+ ${name}`), crates.removed.map((name) => `\u2212 ${name}`),
    crates.updated,
  ].flat().join(", ");
  return h("div", { class: "scroll" }, h("table", null,
    h("thead", null, h("tr", null,
      h("th", { scope: "col" }, "Commit"), h("th", { scope: "col" }, "Day"),
      trend.metrics.map((metric) => h("th", { scope: "col", class: "number" }, titles[metric])),
      h("th", { scope: "col" }, "What changed"))),
    h("tbody", null, [...trend.points].reverse().map((point) => h("tr", null,
      h("th", { scope: "row", title: point.title }, h("code", null, point.commit.slice(0, 12))),
      h("td", null, point.time.slice(0, 10)),
      trend.metrics.map((metric) => h("td", { class: "number" }, metricWords(metric, point.values[metric]))),
      h("td", null, point.gap === null ? changes(point) : `no figures: ${point.gap}`))))));
}

let chosenMetric = null;

function trendSection(domain) {
  const data = block("trend");
  if (!data) return null;
  const title = h("h2", { id: "trend-title" }, "Trend");
  const section = (...children) => h("section", { "aria-labelledby": "trend-title" }, title, children);
  if (data.missing) return section(h("p", { class: "missing" }, `The history cannot be read: ${data.missing}`));
  const trend = data.trends.find((one) => one.domain === domain);
  if (!trend || !trend.points.length) return null;
  const figure = h("div");
  const buttons = trend.metrics.map((metric) => h("button", {
    type: "button", on: { click: () => show(metric) },
  }, data.titles[metric]));
  function show(metric) {
    chosenMetric = metric;
    trend.metrics.forEach((one, at) => buttons[at].setAttribute("aria-pressed", String(one === metric)));
    figure.replaceChildren(chart(trend, metric, data.titles[metric]));
  }
  show(trend.metrics.includes(chosenMetric) ? chosenMetric : trend.metrics[0]);
  return section(
    h("div", { class: "choices", role: "group", "aria-label": "Figure" }, buttons), figure,
    h("details", null, h("summary", null, `As a table (${plural(trend.points.length, "commit", "commits")})`),
      trendTable(trend, data.titles)));
}
