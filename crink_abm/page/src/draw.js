// Pictures in SVG: each function takes numbers and gives an element. Colours are classes of the style sheet.
import { percent, points } from "./say.js";

const NS = "http://www.w3.org/2000/svg";

/** An SVG element. @param {string} name @param {Record<string, string | number>} [attributes] @param {(Node | string)[]} [children] */
export function svg(name, attributes = {}, children = []) {
  const one = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, String(value));
  one.append(...children);
  return one;
}

/** An HTML element. @param {string} name @param {Record<string, string>} [attributes] @param {(Node | string)[]} [children]
 * @returns {HTMLElement} */
export function html(name, attributes = {}, children = []) {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.append(...children);
  return one;
}

/** A frame for a picture of so many units. @param {number} width @param {number} height @param {string} label */
const frame = (width, height, label) => svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });

/** A risk with its interval and the baseline's tick. @param {import("./estimate.js").Estimate} e @param {number} top */
export function riskBar(e, top) {
  const x = (/** @type {number} */ p) => `${Math.min(100, Math.max(0, (100 * p) / top))}%`;
  const low = Number.isFinite(e.ensembleLow) ? e.ensembleLow : e.low, high = Number.isFinite(e.ensembleHigh) ? e.ensembleHigh : e.high;
  return svg("svg", { "aria-hidden": "true" }, [
    svg("line", { x1: 0, x2: "100%", y1: "50%", y2: "50%", class: "axis" }),
    svg("line", { x1: x(low), x2: x(high), y1: "50%", y2: "50%", class: "here", "stroke-width": 5, "stroke-opacity": 0.4 }),
    svg("line", { x1: x(e.baseProb), x2: x(e.baseProb), y1: "12%", y2: "88%", class: "base", "stroke-width": 3 }),
    svg("circle", { cx: x(e.prob), cy: "50%", r: 5, class: "here-fill" }),
  ]);
}

/** A hundred dots, so many of them full. @param {number} p @param {string} kind class of the full ones @param {string} label */
export function icons(p, kind, label) {
  const full = Math.round(100 * p), picture = frame(130, 130, `${label}: ${full} of 100 dots`);
  for (let k = 0; k < 100; k++)
    picture.append(svg("circle", { cx: 8 + 12.6 * (k % 10), cy: 8 + 12.6 * Math.floor(k / 10), r: 4.6, class: k < full ? kind : "dot-off" }));
  return picture;
}

/** Cumulative incidence of the policy and of the baseline.
 * @typedef {{month: number, prob: number, low: number, high: number}[]} Curve
 * @param {Curve} here @param {Curve} base @param {number} months @param {number} year0 @param {string} label */
export function incidenceChart(here, base, months, year0, label) {
  const W = 480, H = 220, left = 44, bottom = 26, right = 8, top = niceTop(Math.max(0.01, ...[...here, ...base].map((d) => d.high)));
  const x = (/** @type {number} */ t) => left + ((W - left - right) * (t + 1)) / months, y = (/** @type {number} */ p) => 8 + (H - bottom - 8) * (1 - p / top);
  const picture = frame(W, H, label);
  for (let k = 0; k <= 4; k++) {
    const p = (top * k) / 4;
    picture.append(svg("line", { x1: left, x2: W - right, y1: y(p), y2: y(p), class: "axis" }), svg("text", { x: left - 6, y: y(p) + 4, "text-anchor": "end" }, [`${+(100 * p).toFixed(1)} %`]));
  }
  for (let t = 0; t <= months; t += 24) picture.append(svg("text", { x: x(t - 1), y: H - 8, "text-anchor": t === 0 ? "start" : t >= months - 6 ? "end" : "middle" }, [String(year0 + t / 12)]));
  for (const [curve, kind] of /** @type {[Curve, string][]} */ ([[base, "base"], [here, "here"]])) {
    const up = curve.map((d) => `${x(d.month)},${y(d.high)}`), down = curve.map((d) => `${x(d.month)},${y(d.low)}`).reverse();
    picture.append(svg("polygon", { points: [`${x(-1)},${y(0)}`, ...up, ...down].join(" "), class: `${kind}-band` }));
    picture.append(svg("polyline", { points: [`${x(-1)},${y(0)}`, ...curve.map((d) => `${x(d.month)},${y(d.prob)}`)].join(" "), class: kind, "stroke-width": 2,
      ...(kind === "base" ? { "stroke-dasharray": "5 3" } : {}) }));
  }
  return picture;
}

/** A round number at or above. @param {number} x */
export function niceTop(x) {
  const size = 10 ** Math.floor(Math.log10(x));
  for (const m of [1, 2, 3, 4, 6, 8, 10]) if (m * size >= x) return Math.min(1, m * size);
  return x;
}

/** How a change differs by variant: a line an interval, a dot a mean.
 * @param {{group: string, rows: {name: string, mean: number, low: number, high: number, worlds: number}[]}[]} groups
 * @param {{mean: number, low: number, high: number}} all @param {string} label @param {boolean} narrow */
export function stripChart(groups, all, label, narrow) {
  const W = narrow ? 340 : 720, left = narrow ? 128 : 300, right = 12, line = 19, rows = groups.reduce((a, g) => a + g.rows.length + (narrow ? 1 : 0), 0), gap = 7;
  const H = 50 + rows * line + groups.length * gap, finite = groups.flatMap((g) => g.rows.flatMap((r) => [r.low, r.high])).filter(Number.isFinite);
  const reach = niceTop(Math.max(0.002, Math.abs(all.low), Math.abs(all.high), ...finite.map(Math.abs)));
  const x = (/** @type {number} */ d) => left + ((W - left - right) * (Math.max(-reach, Math.min(reach, d)) + reach)) / (2 * reach), picture = frame(W, H, label);
  picture.append(svg("line", { x1: x(0), x2: x(0), y1: 4, y2: H - 22, class: "zero" }));
  for (const d of narrow ? [-reach, 0, reach] : [-reach, -reach / 2, 0, reach / 2, reach]) picture.append(svg("text", { x: x(d), y: H - 6, "text-anchor": d === reach ? "end" : d === -reach && narrow ? "start" : "middle" }, [points(d)]));
  let y = 16;
  /** @param {{name: string, mean: number, low: number, high: number}} r @param {boolean} bold */
  const put = (r, bold) => {
    const kind = !Number.isFinite(r.low) || (r.low <= 0 && r.high >= 0) ? "same" : r.mean < 0 ? "lower" : "higher";
    picture.append(svg("text", { x: left - 10, y: y + 4, "text-anchor": "end", class: "ink", ...(bold ? { "font-weight": 600 } : {}) }, [r.name]));
    if (Number.isFinite(r.low)) picture.append(svg("line", { x1: x(r.low), x2: x(r.high), y1: y, y2: y, class: `${kind}-line`, "stroke-width": bold ? 4 : 3 }));
    const place = { class: `${kind}-fill` };
    picture.append(kind === "same" ? svg("circle", { ...place, cx: x(r.mean), cy: y, r: 4 })
      : svg("path", { ...place, d: kind === "lower" ? `M${x(r.mean) - 5.5},${y - 4.5}h11l-5.5,9z` : `M${x(r.mean) - 5.5},${y + 4.5}h11l-5.5,-9z` }));
    y += line;
  };
  put({ name: narrow ? "all worlds" : "all worlds together", ...all }, true);
  for (const group of groups) {
    y += gap;
    if (narrow) { picture.append(svg("text", { x: 0, y: y + 4 }, [group.group])); y += line; }
    else picture.append(svg("text", { x: 0, y: y + 4 }, [group.group]));
    for (const row of group.rows) put(row, false);
  }
  return picture;
}

/** Standard deviations side by side. @param {{name: string, value: number, said: string}[]} parts @param {string} label @param {boolean} narrow */
export function spreadChart(parts, label, narrow) {
  const W = narrow ? 340 : 720, left = narrow ? 128 : 260, H = parts.length * 24 + 4, top = Math.max(1e-9, ...parts.map((p) => p.value || 0)), picture = frame(W, H, label);
  parts.forEach((part, k) => {
    const y = 4 + 24 * k, width = Number.isFinite(part.value) ? ((W - left - 110) * part.value) / top : 0;
    picture.append(svg("text", { x: left - 10, y: y + 13, "text-anchor": "end", class: "ink" }, [part.name]),
      svg("rect", { x: left, y: y + 2, width: Math.max(width, 1), height: 14, class: "base-fill" }), svg("text", { x: left + width + 6, y: y + 14 }, [part.said]));
  });
  return picture;
}

/** A map over two levers. @param {{x: number, y: number, diff: number, clear: boolean, prob: number}[]} cells those that are known
 * @param {number} side cells a side @param {string} xName @param {string} yName @param {string} label */
export function mapChart(cells, side, xName, yName, label) {
  const W = 460, left = 52, bottom = 44, size = (W - left - 8) / side, H = size * side + bottom + 4, picture = frame(W, H, label);
  const reach = Math.max(0.005, ...cells.map((c) => Math.abs(c.diff)));
  for (let i = 0; i < side; i++) for (let j = 0; j < side; j++)
    picture.append(svg("rect", { x: left + size * i, y: 4 + size * (side - 1 - j), width: size, height: size, class: "dot-off" }));
  for (const c of cells) {
    const kind = c.diff < 0 ? "lower" : "higher", strength = 0.15 + 0.85 * (Math.abs(c.diff) / reach);
    const cell = svg("g", { class: "pick", "data-x": c.x, "data-y": c.y }, [
      svg("rect", { x: left + size * c.x, y: 4 + size * (side - 1 - c.y), width: size, height: size, class: `cell ${c.clear ? `${kind}-fill` : "same-fill unclear"}`,
        ...(c.clear ? { "fill-opacity": strength.toFixed(2) } : {}) }),
      svg("title", {}, [`${points(c.diff)} points (${percent(c.prob)}), ${c.clear ? kind : "cannot be told"}`])]);
    if (size > 30) cell.append(svg("text", { x: left + size * (c.x + 0.5), y: 8 + size * (side - 0.5 - c.y), "text-anchor": "middle", class: c.clear && strength > 0.55 ? "strong" : "ink", "pointer-events": "none" }, [points(c.diff)]));
    picture.append(cell);
  }
  for (const k of [0, (side - 1) / 2, side - 1]) {
    picture.append(svg("text", { x: left + size * (k + 0.5), y: H - 24, "text-anchor": "middle" }, [String(k / (side - 1))]),
      svg("text", { x: left - 6, y: 8 + size * (side - 0.5 - k), "text-anchor": "end" }, [String(k / (side - 1))]));
  }
  picture.append(svg("text", { x: left + (W - left) / 2, y: H - 6, "text-anchor": "middle", class: "ink" }, [xName]),
    svg("text", { x: 12, y: (H - bottom) / 2, "text-anchor": "middle", class: "ink", transform: `rotate(-90 12 ${(H - bottom) / 2})` }, [yName]));
  return picture;
}
