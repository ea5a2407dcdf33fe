// What is taken away: numbers, the experiment, a picture.
import { percent, points, VERDICTS, verdict, scheduleSaid } from "./say.js";
import { svg, riskBar, niceTop } from "./draw.js";

/** Hand a file over. @param {string} name @param {Blob} blob */
export function handOver(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Estimates as a table, columns named as crink_abm.compare names them. @param {import("./estimate.js").Estimate[]} rows @returns {string} */
export function csvOf(rows) {
  const columns = /** @type {[string, (e: import("./estimate.js").Estimate) => string | number][]} */ ([
    ["outcome", (e) => e.outcome], ["n_runs", (e) => e.n], ["n_events", (e) => e.events], ["n_only_policy", (e) => e.up], ["n_only_baseline", (e) => e.down],
    ["prob", (e) => e.prob], ["low", (e) => e.low], ["high", (e) => e.high], ["ensemble_low", (e) => e.ensembleLow], ["ensemble_high", (e) => e.ensembleHigh],
    ["base_prob", (e) => e.baseProb], ["diff", (e) => e.diff], ["diff_low", (e) => e.diffLow], ["diff_high", (e) => e.diffHigh],
    ["diff_ensemble_low", (e) => e.diffEnsembleLow], ["diff_ensemble_high", (e) => e.diffEnsembleHigh], ["q_value", (e) => e.pValue],
    ["method", (e) => e.method], ["diff_method", (e) => e.diffMethod], ["mc_se", (e) => e.spreads.mcSe], ["parameter_sd", (e) => e.spreads.parameterSd],
    ["structure_sd", (e) => e.spreads.structureSd]]);
  const cell = (/** @type {string | number} */ x) => (typeof x === "number" && !Number.isFinite(x) ? "" : String(x));
  return [columns.map(([name]) => name), ...rows.map((e) => columns.map(([, of]) => cell(of(e))))].map((r) => r.join(",")).join("\n") + "\n";
}

/** @param {import("./model.js").Policy} policy @returns {string} */
const inline = (policy) => `{ ${Object.entries(policy).map(([k, v]) => `${k} = ${typeof v === "number" ? number(v) : `{ ${Object.entries(v).map(([d, x]) => `"${d}" = ${number(x)}`).join(", ")} }`}`).join(", ")} }`;
const number = (/** @type {number} */ x) => (Number.isInteger(x) ? `${x}.0` : String(x));

/** The experiment as `crink-abm sweep` takes it. @param {import("./model.js").Model} model @param {import("./state.js").State} state
 * @param {number} runs @returns {string} */
export function tomlOf(model, state, runs) {
  const chosen = Object.entries(state.worlds).filter(([name, levels]) => levels.length && levels.length < (model.switches.find((s) => s.name === name)?.levels.length ?? 0));
  const lines = ["# Written by the live page of crink_abm " + model.version + ": run it with `crink-abm sweep FILE`.", "[experiment]", 'name = "page"',
    'description = "A policy of the live page beside its baseline"', `seed = ${state.seed}`, `runs = ${runs}`, `detail_runs = ${runs}`, `months = ${model.months}`, "", "[baseline]"];
  for (const [name, level] of Object.entries(state.baseline)) lines.push(`${name} = ${inline({ x: level }).slice(6, -2)}`);
  // A package says what differs from the baseline: levers that only the baseline moves go back to today's.
  const policy = { ...state.policy };
  for (const l of model.levers) if (state.baseline[l.name] !== undefined && policy[l.name] === undefined) policy[l.name] = l.today;
  lines.push("", "[packages]", `policy = ${inline(policy)}`, "", "[worlds]", 'ensemble = "calibrated"');
  if (chosen.length) lines.push(`structures = { ${chosen.map(([name, levels]) => `${name} = [${levels.join(", ")}]`).join(", ")} }`);
  return lines.join("\n") + "\n";
}

/** A picture of the risks by itself. @param {import("./model.js").Model} model @param {import("./estimate.js").Estimate[]} rows
 * @param {import("./state.js").State} state @returns {SVGElement} */
export function summary(model, rows, state) {
  const W = 860, line = 30, H = 96 + rows.length * line + 58, top = niceTop(Math.max(0.01, ...rows.map((e) => Math.max(e.ensembleHigh || 0, e.high, e.baseProb))));
  const out = svg("svg", { viewBox: `0 0 ${W} ${H}`, width: W, height: H, xmlns: "http://www.w3.org/2000/svg" });
  out.append(svg("rect", { width: W, height: H, class: "paper" }), svg("text", { x: 20, y: 32, class: "ink title" }, ["What a policy comes to in ten years, beside its baseline"]),
    svg("text", { x: 20, y: 54 }, [`Share of simulated decades (0 to ${percent(top)}), 95 % interval over the worlds; tick: baseline. ${rows[0].n.toLocaleString("en")} runs, seed ${state.seed}.`]));
  rows.forEach((e, k) => {
    const y = 84 + k * line, o = model.outcomes.find((one) => one.name === e.outcome), bar = riskBar(e, top);
    for (const [key, value] of Object.entries({ x: 200, y: y - 13, width: 300, height: 22 })) bar.setAttribute(key, String(value));
    out.append(svg("text", { x: 20, y: y + 3, class: "ink" }, [o?.label ?? e.outcome]), bar, svg("text", { x: 560, y: y + 3, "text-anchor": "end", class: "ink" }, [percent(e.prob)]),
      svg("text", { x: 575, y: y + 3 }, [`${points(e.diff)} points (${points(e.diffEnsembleLow)} to ${points(e.diffEnsembleHigh)}), ${VERDICTS[verdict(e)]}`]));
  });
  const levers = model.levers.filter((l) => state.policy[l.name] !== undefined).map((l) => `${l.label} ${scheduleSaid(state.policy[l.name], l)}`), words = levers.join("; ") || "today’s policy";
  out.append(svg("text", { x: 20, y: H - 38 }, [words.length > 135 ? `${words.slice(0, 134)}…` : words]),
    svg("text", { x: 20, y: H - 16 }, [`A theoretical exploration, no forecast. crink_abm ${model.version}, kernel ${model.kernel}.`]));
  return out;
}

/** A picture's own text, with the colours that it has on the page. @param {SVGElement} picture @returns {string} */
export function standAlone(picture) {
  const box = document.createElement("div");
  box.hidden = false;
  box.className = "sr";
  box.append(picture);
  document.body.append(box);
  for (const one of picture.querySelectorAll("*")) {
    const seen = getComputedStyle(one);
    for (const name of ["fill", "stroke", "stroke-width", "stroke-opacity", "fill-opacity", "opacity", "font-size", "font-weight", "font-family"])
      if (seen.getPropertyValue(name)) one.setAttribute(name, seen.getPropertyValue(name));
    if (one.classList.contains("paper")) one.setAttribute("fill", getComputedStyle(document.body.parentElement ?? document.body).backgroundColor);
    if (one.classList.contains("title")) one.setAttribute("font-size", "18px");
  }
  box.remove();
  return new XMLSerializer().serializeToString(picture);
}

/** @param {string} text an SVG @param {number} width @param {number} height @returns {Promise<Blob>} */
export function pngOf(text, width, height) {
  return new Promise((done, fail) => {
    const image = new Image(), url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 2 * width; canvas.height = 2 * height;
      canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))), "image/png");
    };
    image.onerror = () => fail(new Error("the picture cannot be drawn"));
    image.src = url;
  });
}
