// The page: reads the form, asks the workers, counts what comes, and shows it. No task on this thread is long.
import { worldsOf, rowsWith, effectiveRows, calendar, policyKey } from "./model.js";
import { readingOf } from "./runs.js";
import { Pool, slicing, isWhole } from "./pool.js";
import { events } from "./story.js";
import { fromAddress, toAddress } from "./state.js";
import { percent, points, inHundred, whole, verdict, VERDICTS, levelSaid } from "./say.js";
import { html, riskBar, icons, incidenceChart, stripChart, spreadChart, mapChart, niceTop } from "./draw.js";
import { handOver, csvOf, tomlOf, summary, standAlone, pngOf } from "./export.js";
import { byId, levers, switches } from "./form.js";

/** @param {string} id @returns {string} */
const block = (id) => byId(id).textContent;
/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const model = /** @type {import("./model.js").Model} */ (JSON.parse(block("data-model")));
const worlds = worldsOf(model, new Float32Array(bytes(block("data-worlds")).buffer));
const state = fromAddress(model, location.hash);
const levelsOf = model.switches.map((s) => Float64Array.from({ length: worlds.unique }, (_, u) => worlds.values[u * worlds.width + s.column]));
const outcomeAt = (/** @type {string} */ name) => model.outcomes.findIndex((o) => o.name === name);
/** The least effective number of worlds that a choice may leave (crink_abm.ensemble.worlds). */
const LEAST_WORLDS = 30;

/** @typedef {import("./pool.js").Question} Question */
/**
 * @typedef {{here: Question, base: Question, rows: Int32Array, id: number, next: number, n: number, painted: number, at: number,
 *   asked: number, waits: boolean}} Session what is on the page now
 */
/** @type {Session} */
let now;
/** @type {import("./estimate.js").Estimate[] | null} */
let shown = null;
/** @type {import("./clerk.js").Report | null} */
let report = null;
/** Times of the last question, for tests and for `How it was made`. */
const timing = { first: NaN, tenThousand: NaN, longest: 0 };
// For tests, and for those who want to look: a page's own numbers.
Object.defineProperty(window, "crink", { value: { state, model, timing, get estimates() { return shown?.map(({ byWorld, baseByWorld, ...rest }) => rest); }, get runs() { return now?.n ?? 0; }, get session() { return now; }, get pool() { return pool; }, get painted() { return now?.painted ?? 0; } } });

// --- workers --------------------------------------------------------------------------------------------------------
const cores = Math.max(1, Math.min(16, navigator.hardwareConcurrency || 2));
const script = (/** @type {string} */ id) => URL.createObjectURL(new Blob([block(id).replaceAll("<\\/", "</")], { type: "text/javascript" }));
const workerUrl = script("data-worker"), clerk = new Worker(script("data-clerk"));
clerk.postMessage({ kind: "start", model, levels: levelsOf, unique: worlds.unique });
clerk.onmessage = ({ data }) => { if (data.kind === "cell") mapHeard(data); else if (data.report.id === now.id) paint(data.report); };
const pool = new Pool(() => new Worker(workerUrl), cores,
  { kind: "start", module: bytes(block("data-engine")).buffer, shape: /** @type {any} */ (model).shape, values: worlds.values, apart: model.apart, reading: readingOf(model) });
pool.onFailure = (said) => { byId("headline").textContent = `The engine cannot run here: ${said}`; };
pool.onSlice = (question) => { if (question === now.here || question === now.base) advance(); else mapAdvance(); };

/** @param {import("./model.js").Policy} policy @param {Int32Array} rows @param {string} rowsKey @returns {Question} */
function questionOf(policy, rows, rowsKey) {
  const key = `${state.seed}|${rowsKey}|${policyKey(model, policy)}`, held = pool.answers.get(key);
  return held ? held.question : { key, calendar: calendar(model, policy, model.months, model.start), rows, seed: BigInt(state.seed) };
}

let rowsNow = { key: "", rows: worlds.rows };
/** The rows of the worlds chosen. */
function rowsOf() {
  const key = JSON.stringify(Object.entries(state.worlds).filter(([, levels]) => levels.length).sort());
  if (key !== rowsNow.key || !rowsNow.rows) rowsNow = { key, rows: rowsWith(model, worlds, state.worlds) };
  return rowsNow;
}

let sessions = 0;
/** A new question: what was asked before waits no longer. */
function ask() {
  const { rows, key } = rowsOf();
  if (effectiveRows(rows) < LEAST_WORLDS) {
    pool.wanted = [];
    byId("headline").textContent = "Too few worlds hold these theories together to say anything of them; choose fewer at once.";
    byId("progress").textContent = `${rows.length} of ${worlds.rows.length} rows, effectively ${effectiveRows(rows).toFixed(0)} different worlds; ${LEAST_WORLDS} are the least`;
    return;
  }
  const here = questionOf(state.policy, rows, key), base = questionOf(state.baseline, rows, key);
  now = { here, base, rows, id: ++sessions, next: 0, n: 0, painted: 0, at: 0, asked: performance.now(), waits: false };
  clerk.postMessage({ kind: "open", id: now.id, rows, same: isSame() });
  pool.forget(new Set([here.key, base.key, ...(chart ? [chart.base.key, ...chart.questions.map((q) => q.key)] : [])]));
  pool.wanted = [() => soonest(now), mapWanted];
  pool.feed();
  advance();
  keepAddress();
}

/** The slice that is wanted next: of the policy and of the baseline side by side. @param {Session} one */
function soonest(one) {
  const a = pool.missing(one.here, state.most), b = pool.missing(one.base, state.most);
  return !a ? b : !b || a.k <= b.k ? a : b;
}

/** Hand the slices that are in to the clerk, in order. */
function advance() {
  const session = now, slice = slicing(session.rows.length), start = performance.now();
  const here = pool.of(session.here).slices, base = pool.of(session.base).slices;
  while (here[session.next] && base[session.next] && session.n < state.most) {
    const pair = { first: slice(session.next)[0], here: /** @type {import("./runs.js").Runs} */ (here[session.next]), base: base[session.next] };
    clerk.postMessage({ kind: "add", id: session.id, pair });
    session.next++;
    session.n += pair.here.n;
    if (isWhole(session.n, session.rows.length) && session.n >= Math.min(1000, session.rows.length)) plan(session);
    if (performance.now() - start > 12) { setTimeout(() => { if (session === now) advance(); }, 0); break; }
  }
}

/** Ask for estimates: at once of what comes first, then ever less often; only ever one at a time. @param {Session} session */
function plan(session) {
  const grown = session.n >= 2 * session.painted || session.n >= state.most || (session.n >= 10000 && session.painted < 10000), due = performance.now() - session.at > 900;
  if (session.waits || !(session.painted === 0 || grown || due)) return;
  session.waits = true;
  clerk.postMessage({ kind: "estimate", id: session.id, outcome: outcomeAt(state.outcome) });
}

// --- what is shown --------------------------------------------------------------------------------------------------
const radios = new Map();
{
  const box = byId("risks"), groups = [["Four kinds of force", model.causes], ["What they make", model.outcomes.map((o) => o.name).filter((n) => !model.causes.includes(n)).reverse()]];
  for (const [title, names] of /** @type {[string, string[]][]} */ (groups)) {
    box.append(html("div", { class: "group" }, [title]));
    for (const name of names) {
      const outcome = model.outcomes[outcomeAt(name)];
      const row = html("button", { type: "button", class: "risk", role: "radio", "data-outcome": name, title: outcome.meaning }, [html("span", { class: "label" }, [outcome.label]), html("span", { class: "bar" }),
        html("span", { class: "value" }), html("span", { class: "diff" })]);
      row.addEventListener("click", () => choose(name));
      radios.set(name, row);
      box.append(row);
    }
  }
  box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const names = [...radios.keys()], next = names[(names.indexOf(state.outcome) + step + names.length) % names.length];
    choose(next);
    radios.get(next).focus();
  });
}

/** @param {string} name */
function choose(name) {
  state.outcome = name;
  paintChosen();
  if (now.painted) { now.waits = true; clerk.postMessage({ kind: "estimate", id: now.id, outcome: outcomeAt(name) }); }
  mapDraw();
  keepAddress();
}

function paintChosen() {
  for (const [name, row] of radios) {
    row.setAttribute("aria-checked", String(name === state.outcome));
    row.tabIndex = name === state.outcome ? 0 : -1;
  }
}

const isSame = () => now.here === now.base || now.here.key === now.base.key;

/** Everything that hangs on the counts: in two tasks, so that neither is long. @param {import("./clerk.js").Report} told */
function paint(told) {
  const start = performance.now(), session = now;
  report = told;
  shown = told.estimates;
  const top = niceTop(Math.max(0.02, ...shown.map((e) => Math.max(e.ensembleHigh || 0, e.high, e.baseProb))));
  for (const e of shown) {
    const row = radios.get(e.outcome), kind = verdict(e);
    row.querySelector(".bar").replaceChildren(riskBar(e, top));
    row.querySelector(".value").textContent = percent(e.prob);
    row.querySelector(".diff").replaceChildren(...(isSame() ? ["the baseline itself"] : [html("span", { class: kind }, [VERDICTS[kind]]), html("br"), `${points(e.diff)} (${points(e.diffEnsembleLow)} to ${points(e.diffEnsembleHigh)})`]));
  }
  headline();
  const took = performance.now() - session.asked, seconds = took / 1000;
  if (!session.painted) timing.first = took;
  if (told.n >= 10000 && session.painted < 10000) timing.tenThousand = took;
  const reached = new Set(session.rows).size, done = told.n >= state.most;
  byId("progress").textContent = `${whole(told.n)} runs of each policy in ${whole(Math.min(reached, told.n))} different worlds, the same random numbers for both${done ? "" : "; refining"} · ${cores} worker${cores > 1 ? "s" : ""}, ${seconds.toFixed(1)} s`;
  byId("bar").value = told.n / state.most;
  session.painted = told.n;
  session.at = performance.now();
  timing.longest = Math.max(timing.longest, session.at - start);
  setTimeout(() => {
    const begun = performance.now();
    closer();
    timing.longest = Math.max(timing.longest, performance.now() - begun);
    session.waits = false;
    if (session === now && session.n > session.painted && isWhole(session.n, session.rows.length)) plan(session);
  }, 0);
}

function headline() {
  if (!shown) return;
  const e = shown[outcomeAt("any_failure")], words = model.outcomes[outcomeAt("any_failure")].plain;
  const range = `${Math.round(100 * e.ensembleLow)} to ${Math.round(100 * e.ensembleHigh)}`;
  if (isSame()) {
    byId("headline").textContent = `Under the baseline, ${words} in ${inHundred(e.prob)} simulated decades (${range}). Move a lever to see what changes.`;
    return;
  }
  const kind = verdict(e), size = Math.abs(100 * e.diff).toFixed(1);
  const end = kind === "same" ? "whether that is a change cannot be told" : `${size} points ${kind}`;
  byId("headline").replaceChildren(`Under this policy, ${words} in ${inHundred(e.prob)} simulated decades (${range}); under the baseline in ${inHundred(e.baseProb)}: `, html("span", { class: kind }, [end]), kind === "same" ? "." : ` (${points(e.diffEnsembleLow)} to ${points(e.diffEnsembleHigh)}).`);
}

/** The pictures of the outcome that was chosen. */
function closer() {
  if (!shown || !report) return;
  const o = report.outcome, e = shown[o], outcome = model.outcomes[o], narrow = document.documentElement.clientWidth < 620;
  byId("h-closer").textContent = `Closer: ${outcome.label.toLowerCase().replace("taiwan", "Taiwan").replace("korea", "Korea").replace("russia", "Russia")}`;
  const one = (/** @type {number} */ p, /** @type {string} */ kind, /** @type {string} */ name) => html("div", {}, [html("div", { class: "small" }, [`${name}: ${inHundred(p)}`]), icons(p, kind, name)]);
  byId("icons").replaceChildren(html("figcaption", {}, [`In how many of a hundred decades ${outcome.plain}`]), html("div", { class: "row" }, isSame() ? [one(e.prob, "base-fill", "Baseline")] : [one(e.baseProb, "base-fill", "Baseline"), one(e.prob, "here-fill", "This policy")]));
  const curves = report.curves;
  byId("incidence").replaceChildren(html("figcaption", {}, ["By when: cumulative share of decades", html("span", { class: "small" }, ["Solid: this policy. Dashed: the baseline. Bands: 95 %, for these worlds."])]),
    incidenceChart(curves[0], curves[1], model.months, Number(model.start.slice(0, 4)), `Cumulative incidence of ${outcome.label}: ${percent(e.prob)} in the end, ${percent(e.baseProb)} at the baseline`));
  if (isSame()) { byId("strip").replaceChildren(); byId("spread").replaceChildren(); return; }
  const parts = report.structure, groups = model.switches.map((s, k) => {
    const present = s.levels.filter((l) => { for (const u of now.rows) if (levelsOf[k][u] === l.value) return true; return false; });
    return { group: s.label, rows: parts[k].map((r, i) => ({ name: present[i]?.name ?? "", ...r })) };
  }).filter((g) => g.rows.length > 1);
  byId("strip").replaceChildren(html("figcaption", {}, ["What the change hangs on: percentage points, by theory", html("span", { class: "small" }, ["Each row: the worlds that hold one theory, with a 95 % interval over them. ▼ lower, ▲ higher, ● cannot be told."])]),
    stripChart(groups, { mean: e.diff, low: e.diffEnsembleLow, high: e.diffEnsembleHigh }, `Change of ${outcome.label} by theory`, narrow));
  const s = e.diffSpreads, said = (/** @type {number} */ x) => (Number.isFinite(x) ? `${(100 * x).toFixed(2)} points` : "needs 20 runs a world");
  byId("spread").replaceChildren(html("figcaption", {}, ["Three kinds of not knowing, in this change", html("span", { class: "small" }, ["Standard deviations: of the mean over random numbers; between worlds of one structure; between structures."])]),
    spreadChart([{ name: narrow ? "random numbers" : "random numbers (Monte Carlo)", value: s.mcSe, said: said(s.mcSe) }, { name: narrow ? "parameters" : "parameters, between worlds", value: s.parameterSd, said: said(s.parameterSd) },
      { name: narrow ? "structures" : "structures, between theories", value: s.structureSd, said: said(s.structureSd) }], "Monte Carlo, parameter and structural spread", narrow));
}

// --- two levers at once ----------------------------------------------------------------------------------------------
const SIDE = 9, MAP_RUNS = 2;
/** @type {{id: number, key: string, x: string, y: string, questions: Question[], estimates: (import("./estimate.js").Estimate[] | null)[], rows: Int32Array, base: Question} | null} */
let chart = null;
const spread9 = Array.from({ length: SIDE * SIDE }, (_, k) => k).sort((a, b) => rank(a) - rank(b));
/** Corners first, then between. @param {number} k */
function rank(k) {
  const depth = (/** @type {number} */ i) => (i % 8 === 0 ? 0 : i % 4 === 0 ? 1 : i % 2 === 0 ? 2 : 3);
  return 10 * Math.max(depth(k % SIDE), depth(Math.floor(k / SIDE))) + depth(k % SIDE) + depth(Math.floor(k / SIDE));
}

function mapStart() {
  const { rows, key } = rowsOf(), x = byId("map-x").value, y = byId("map-y").value;
  if (x === y) { byId("map").replaceChildren(html("p", { class: "small" }, ["Choose two different levers."])); return; }
  state.x = x; state.y = y;
  const questions = Array.from({ length: SIDE * SIDE }, (_, k) => questionOf({ ...state.policy, [x]: (k % SIDE) / (SIDE - 1), [y]: Math.floor(k / SIDE) / (SIDE - 1) }, rows, key));
  chart = { id: ++sessions, key, x, y, questions, estimates: questions.map(() => null), rows, base: now.base };
  keepAddress(); mapDraw(); pool.feed(); mapAdvance();
}

function mapWanted() {
  if (!chart) return null;
  const runs = MAP_RUNS * chart.rows.length, base = pool.missing(chart.base, runs);
  if (base) return base;
  for (const k of spread9) {
    if (chart.estimates[k]) continue;
    const job = pool.missing(chart.questions[k], runs);
    if (job) return job;
  }
  return null;
}

let mapping = false;
function mapAdvance() {
  if (!chart || mapping) return;
  const one = chart, runs = MAP_RUNS * one.rows.length, slice = slicing(one.rows.length), base = pool.of(one.base).slices;
  for (const k of spread9) {
    if (one.estimates[k]) continue;
    const held = pool.answers.get(one.questions[k].key)?.slices;
    let last = 0;
    while (slice(last)[0] < runs) last++;
    if (!held || Array.from({ length: last }, (_, i) => held[i] && base[i]).some((x) => !x)) continue;
    mapping = true;
    const pairs = Array.from({ length: last }, (_, i) => ({ first: slice(i)[0], here: held[i], base: base[i] }));
    clerk.postMessage({ kind: "map", id: one.id, k, rows: one.rows, same: one.questions[k].key === one.base.key, pairs });
    return;
  }
}

/** @param {{id: number, k: number, estimates: import("./estimate.js").Estimate[]}} cell */
function mapHeard(cell) {
  mapping = false;
  if (chart && chart.id === cell.id) {
    chart.estimates[cell.k] = cell.estimates;
    const key = chart.questions[cell.k].key;
    if (key !== now.here.key && key !== now.base.key && key !== chart.base.key) pool.answers.delete(key);
    mapDraw();
  }
  mapAdvance();
  pool.feed();
}

let drawing = 0;
function mapDraw() {
  if (!chart || drawing) return;
  drawing = window.setTimeout(() => {
    drawing = 0;
    const one = chart;
    if (!one) return;
    const o = outcomeAt(state.outcome), cells = one.estimates.flatMap((e, k) => (e ? [{ x: k % SIDE, y: Math.floor(k / SIDE), diff: e[o].diff, clear: e[o].clear, prob: e[o].prob }] : []));
    const [a, b] = [one.x, one.y].map((n) => model.levers.find((l) => l.name === n)?.label ?? n), label = model.outcomes[o].label, left = SIDE * SIDE - cells.length;
    byId("map").replaceChildren(html("figcaption", {}, [`${label}: change from the baseline in percentage points, other levers as in this policy`, html("span", { class: "small" }, [left ? `${left} of ${SIDE * SIDE} policies still to come` : `${whole(MAP_RUNS * one.rows.length)} runs a policy. Grey cannot be told. A click takes a policy over.`])]),
      mapChart(cells, SIDE, a, b, `${label} over ${a} and ${b}`));
  }, 60);
}
byId("map").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const cell = /** @type {Element} */ (event.target).closest(".pick");
  if (!cell || !chart) return;
  state.policy[chart.x] = Number(cell.getAttribute("data-x")) / (SIDE - 1);
  state.policy[chart.y] = Number(cell.getAttribute("data-y")) / (SIDE - 1);
  showForm(); ask();
});

// --- one run --------------------------------------------------------------------------------------------------------
let skip = 0;
/** @param {boolean} again */
async function runStory(again) {
  skip = again ? skip + 1 : 0;
  const kind = byId("run-kind").value, q = model.outcomes.length, o = outcomeAt(kind), any = outcomeAt("any_failure"), slice = slicing(now.rows.length), session = now;
  /** @type {number[]} */
  const found = [];
  pool.of(session.here).slices.forEach((runs, k) => {
    for (let i = 0; runs && i < runs.n && found.length <= skip; i++) if (kind === "quiet" ? runs.when[i * q + any] === -1 : runs.when[i * q + o] >= 0) found.push(slice(k)[0] + i);
  });
  if (!found.length) { byId("run").replaceChildren(html("p", {}, [`None of ${whole(session.n)} runs so far.`])); return; }
  const run = found[Math.min(skip, found.length - 1)], [here, base] = await Promise.all([pool.trace(session.here, run), isSame() ? null : pool.trace(session.base, run)]);
  const told = events(model, here.trace, session.here.calendar, model.start), list = html("ol", { class: "events", tabindex: "0", "aria-label": "Events of the run" });
  for (const event of told) {
    const said = html("div", {}, [`${event.text}`]);
    if (event.options) {
      const chance = event.options.map((x) => html("tr", {}, [html("td", {}, [x.option + (x.best ? " (his best)" : "")]), html("td", {}, [x.success === null ? "" : x.success.toFixed(2)]), html("td", {}, [x.utility.toFixed(2)]), html("td", {}, [x.probability.toFixed(3)])]));
      const weighed = Object.entries(event.weighed ?? {}).map(([name, value]) => `${model.fields.find((f) => f.name === name)?.meaning ?? name} ${value.toFixed(2)}`).join("; ");
      said.append(html("details", {}, [html("summary", { class: "small" }, [`What ${event.actor} weighed`]), html("table", {}, [html("tr", {}, ["option", "success", "utility", "probability"].map((t) => html("th", { scope: "col" }, [t]))), ...chance]), html("p", { class: "weighed" }, [weighed])]));
    }
    list.append(html("li", {}, [html("time", { datetime: event.date }, [event.date]), said]));
  }
  const came = (/** @type {any} */ one) => model.outcomes.filter((x, k) => x.first && one.runs.when[k] >= 0).map((x) => x.plain).join("; ") || "deterrence holds in both theatres";
  byId("run").replaceChildren(html("p", {}, [html("strong", {}, [`Run ${whole(run)} of seed ${state.seed}: `]), `${came(here)}.`, ...(base ? [html("br"), `The same run under the baseline: ${came(base)}.`] : [])]), list);
}

// --- form, address, exports --------------------------------------------------------------------------------------------
let addressed = 0;
function keepAddress() {
  clearTimeout(addressed);
  addressed = window.setTimeout(() => history.replaceState(null, "", `#${toAddress(model, state)}`), 250);
}
const showLevers = levers(model, state, () => { byId("package").value = ""; ask(); }), showSwitches = switches(model, state, ask);
function showForm() {
  showLevers(); showSwitches(); paintChosen();
  byId("seed").value = String(state.seed); byId("most").value = String(state.most); byId("map-x").value = state.x; byId("map-y").value = state.y;
  const moved = model.levers.filter((l) => state.baseline[l.name] !== undefined && state.baseline[l.name] !== l.today);
  byId("baseline-said").textContent = moved.length ? `Baseline: ${moved.map((l) => `${l.label} ${typeof state.baseline[l.name] === "number" ? levelSaid(l, Number(state.baseline[l.name])) : "over time"}`).join("; ")}.` : "Baseline: policy as it stands in 2026.";
  const key = policyKey(model, state.policy);
  byId("package").value = model.packages.find((p) => policyKey(model, p.levers) === key)?.name ?? "";
}
byId("package").append(html("option", { value: "" }, ["a policy of your own"]), ...model.packages.map((p) => html("option", { value: p.name }, [`${p.name}: ${p.meaning}`])));
for (const id of ["map-x", "map-y"]) byId(id).append(...model.levers.map((l) => html("option", { value: l.name }, [l.label])));
byId("run-kind").append(...model.outcomes.map((o) => html("option", { value: o.name }, [o.plain])), html("option", { value: "quiet" }, ["deterrence holds throughout"]));
/** @param {string} id @param {() => void} then */
const on = (id, then, kind = "click") => byId(id).addEventListener(kind, then);
/** @param {import("./model.js").Policy} levers_ */
function take(levers_) {
  for (const name of Object.keys(state.policy)) delete state.policy[name];
  Object.assign(state.policy, structuredClone(levers_));
  showForm(); ask();
}
on("package", () => { const p = model.packages.find((one) => one.name === byId("package").value); if (p) take(p.levers); }, "change");
on("today", () => take({}));
on("pin", () => { for (const n of Object.keys(state.baseline)) delete state.baseline[n]; Object.assign(state.baseline, structuredClone(state.policy)); chart = null; byId("map").replaceChildren(); showForm(); ask(); });
on("seed", () => { const seed = Number(byId("seed").value); if (Number.isSafeInteger(seed) && seed >= 0) { state.seed = seed; chart = null; ask(); } }, "change");
on("most", () => { state.most = Number(byId("most").value); ask(); }, "change");
on("map-go", mapStart);
on("run-go", () => { runStory(false); });
on("run-next", () => { runStory(true); });
on("print", () => window.print());
window.addEventListener("hashchange", () => { Object.assign(state, fromAddress(model, location.hash)); showForm(); ask(); });
let wide = document.documentElement.clientWidth;
window.addEventListener("resize", () => { if ((wide < 620) !== (document.documentElement.clientWidth < 620)) closer(); wide = document.documentElement.clientWidth; });
byId("exports").addEventListener("click", async (/** @type {MouseEvent} */ event) => {
  const kind = /** @type {HTMLElement} */ (event.target).dataset?.export;
  if (!kind || !shown) return;
  const rows = shown, picture = () => standAlone(summary(model, rows, state));
  if (kind === "csv") handOver("crink.csv", new Blob([csvOf(rows)], { type: "text/csv" }));
  if (kind === "toml") handOver("page.toml", new Blob([tomlOf(model, state, now.n)], { type: "application/toml" }));
  if (kind === "svg") handOver("crink.svg", new Blob([picture()], { type: "image/svg+xml" }));
  if (kind === "png") handOver("crink.png", await pngOf(picture(), 860, 96 + rows.length * 30 + 58));
});
for (const [name, value] of [["Version", `crink_abm ${model.version}`], ["Rules", model.rules], ["Kernel", model.kernel], ["Worlds", model.origin], ["Experiment", model.experiment ?? "none"], ["Engine", `WebAssembly, kernel ${/** @type {any} */ (model).module.kernel_hash}`]])
  byId("manifest").append(html("dt", {}, [name]), html("dd", {}, [String(value)]));
showForm();
ask();
