// What the page is asked, and its way into the address and back.

/**
 * @typedef {{policy: import("./model.js").Policy, baseline: import("./model.js").Policy, worlds: Record<string, number[]>, seed: number,
 *   most: number, outcome: string, x: string, y: string}} State
 */

/** @param {import("./model.js").Model} model @returns {State} */
export function fresh(model) {
  return { policy: { ...(model.packages.find((p) => p.name === "article")?.levers ?? {}) }, baseline: { ...model.baseline }, worlds: {}, seed: model.seed,
    most: 100000, outcome: "any_failure", x: "usfk_posture", y: "trilateral_coordination" };
}

/** @param {import("./model.js").Level} level @returns {string} */
const written = (level) => (typeof level === "number" ? String(level) : Object.entries(level).map(([d, v]) => `${d}:${v}`).join(","));

/** @param {string} text @returns {import("./model.js").Level | null} */
function level(text) {
  const number = (/** @type {string} */ t) => (t.trim() !== "" && Number(t) >= 0 && Number(t) <= 1 ? Number(t) : NaN);
  if (!text.includes(":")) return Number.isNaN(number(text)) ? null : number(text);
  const parts = text.split(",").map((p) => p.split(":")), good = parts.every(([d, v]) => /^\d{4}-(0[1-9]|1[0-2])$/.test(d) && !Number.isNaN(number(v ?? "")));
  return good && parts.length > 1 ? Object.fromEntries(parts.map(([d, v]) => [d, Number(v)])) : null;
}

/** @param {import("./model.js").Model} model @param {State} state @returns {string} */
export function toAddress(model, state) {
  const said = new URLSearchParams();
  for (const lever of model.levers) {
    if (state.policy[lever.name] !== undefined && state.policy[lever.name] !== lever.today) said.set(lever.name, written(state.policy[lever.name]));
    if (state.baseline[lever.name] !== undefined && state.baseline[lever.name] !== lever.today) said.set(`base.${lever.name}`, written(state.baseline[lever.name]));
  }
  for (const [name, levels] of Object.entries(state.worlds)) if (levels.length) said.set(`worlds.${name}`, levels.join(","));
  said.set("seed", String(state.seed)); said.set("runs", String(state.most)); said.set("outcome", state.outcome); said.set("map", `${state.x},${state.y}`);
  return said.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
}

/** What an address says; what it says wrongly counts as not said. @param {import("./model.js").Model} model @param {string} text @returns {State} */
export function fromAddress(model, text) {
  const state = fresh(model), said = new URLSearchParams(text.replace(/^#/, ""));
  if (![...said.keys()].length) return state;
  state.policy = {};
  state.baseline = {};
  const names = new Set(model.levers.map((l) => l.name));
  for (const [key, value] of said) {
    const found = level(value);
    if (names.has(key) && found !== null) state.policy[key] = found;
    else if (key.startsWith("base.") && names.has(key.slice(5)) && found !== null) state.baseline[key.slice(5)] = found;
    else if (key.startsWith("worlds.")) {
      const one = model.switches.find((s) => s.name === key.slice(7)), levels = value.split(",").map(Number);
      if (one) state.worlds[one.name] = levels.filter((v) => one.levels.some((l) => l.value === v));
    } else if (key === "seed" && /^\d{1,15}$/.test(value)) state.seed = Number(value);
    else if (key === "runs" && [10000, 40000, 100000, 1000000].includes(Number(value))) state.most = Number(value);
    else if (key === "outcome" && model.outcomes.some((o) => o.name === value)) state.outcome = value;
    else if (key === "map") {
      const [x, y] = value.split(",");
      if (names.has(x) && names.has(y) && x !== y) { state.x = x; state.y = y; }
    }
  }
  return state;
}
