// What the package says of its model, and how a policy becomes a calendar. The tables come from Python (crink_abm/page/tables.py).

/**
 * @typedef {number | Record<string, number>} Level a level, or a schedule {"2027-01": 0.5, "2028-06": 0.9}
 * @typedef {Record<string, Level>} Policy levers that differ from today's
 * @typedef {{name: string, label: string, today: number, pillar: string, low: string, high: string, unit: Unit | null}} Lever
 * @typedef {{per: number, one: string, digits: number}} Unit what a level of 1 is, in a unit of the world
 * @typedef {{name: string, meaning: string, label: string, short: string, plain: string, first: string | null, parts: string[],
 *   residuals: string[]}} Outcome
 * @typedef {{name: string, label: string, meaning: string, levels: {value: number, name: string}[], column: number}} Switch
 * @typedef {{name: string, meaning: string, levers: Policy}} Package
 * @typedef {{
 *   version: string, kernel: string, rules: string, made: string, origin: string, note: string, start: string, months: number,
 *   seed: number, levers: Lever[], columns: string[], drivers: Record<string, number>, season: Record<string, number>,
 *   results: string[], residuals: string[], outcomes: Outcome[], causes: string[], switches: Switch[], packages: Package[],
 *   baseline: Policy, apart: number[], parameters: string[], low: number[], high: number[], fields: Field[], worlds: WorldsTable,
 *   story: any, license: string, experiment: string | null, claims: Claim[],
 * }} Model
 * @typedef {{name: string, meaning: string, unit: string, initial: number}} Field
 * @typedef {{unique: number, rows: number[]}} WorldsTable
 * @typedef {{id: string, line: string, claim: string, verdict: string}} Claim
 */

/** The unit in which residuals are counted. */
export const RESIDUAL_UNIT = 2 ** -18;

/** Months from one date to another, both YYYY-MM. @param {string} date @param {string} start @returns {number} */
export function monthNumber(date, start) {
  const [y, m] = date.split("-").map(Number), [y0, m0] = start.split("-").map(Number);
  return (y - y0) * 12 + m - m0;
}

/** The date YYYY-MM so many months after the start. @param {number} month @param {string} start @returns {string} */
export function monthLabel(month, start) {
  const [y, m] = start.split("-").map(Number), count = y * 12 + m - 1 + month;
  return `${String(Math.floor(count / 12)).padStart(4, "0")}-${String((((count % 12) + 12) % 12) + 1).padStart(2, "0")}`;
}

/** A lever month by month: linear between its dates, as numpy.interp has it to the bit.
 * @param {Level} level @param {number} months @param {string} start @returns {Float64Array} */
export function series(level, months, start) {
  const out = new Float64Array(months);
  if (typeof level === "number") return out.fill(level);
  const dated = Object.entries(level).map(([date, value]) => [monthNumber(date, start), value]).sort((a, b) => a[0] - b[0]);
  const last = dated.length - 1;
  for (let t = 0, j = -1; t < months; t++) {
    while (j < last && dated[j + 1][0] <= t) j++;
    if (j < 0) out[t] = dated[0][1];
    else if (j === last || dated[j][0] === t) out[t] = dated[j][1];
    else out[t] = ((dated[j + 1][1] - dated[j][1]) / (dated[j + 1][0] - dated[j][0])) * (t - dated[j][0]) + dated[j][1];
  }
  return out;
}

/** Levers and drivers month by month, a row a month. @param {Model} model @param {Policy} policy @param {number} months
 * @param {string} start @returns {Float64Array} */
export function calendar(model, policy, months, start) {
  const width = model.columns.length, out = new Float64Array(months * width);
  const [year0, month0] = start.split("-").map(Number);
  model.columns.forEach((name, column) => {
    const lever = model.levers.find((one) => one.name === name);
    const values = lever ? series(policy[name] ?? lever.today, months, start) : null;
    for (let t = 0; t < months; t++) {
      const count = month0 - 1 + t, month = (count % 12) + 1, year = year0 + Math.floor(count / 12);
      out[t * width + column] = values ? values[t]
        : name === "driver_exercise_season" ? (model.season[month] ?? 0)
        : name === "driver_inauguration" ? (month === 1 && year % 4 === 1 ? 1 : 0)
        : model.drivers[name];
    }
  });
  return out;
}

/** A policy as text: equal policies give equal text. @param {Model} model @param {Policy} policy @returns {string} */
export function policyKey(model, policy) {
  return JSON.stringify(model.levers.filter((l) => policy[l.name] !== undefined && policy[l.name] !== l.today)
    .map((l) => [l.name, policy[l.name]]));
}

/** Worlds of an ensemble: the different ones, and which of them stands in each row.
 * @typedef {{values: Float64Array, width: number, unique: number, rows: Int32Array}} Worlds */

/** The worlds that a page carries, in double precision and within their ranges, as Python has them.
 * @param {Model} model @param {Float32Array} single @returns {Worlds} */
export function worldsOf(model, single) {
  const width = model.parameters.length, values = new Float64Array(single.length);
  for (let k = 0; k < single.length; k++) values[k] = Math.min(Math.max(single[k], model.low[k % width]), model.high[k % width]);
  return { values, width, unique: model.worlds.unique, rows: Int32Array.from(model.worlds.rows) };
}

/** The rows whose worlds have some levels of switches; a switch that is not named is free.
 * @param {Model} model @param {Worlds} worlds @param {Record<string, number[]>} chosen @returns {Int32Array} */
export function rowsWith(model, worlds, chosen) {
  const asked = model.switches.filter((s) => chosen[s.name]?.length && chosen[s.name].length < s.levels.length);
  return worlds.rows.filter((u) => asked.every((s) => chosen[s.name].includes(worlds.values[u * worlds.width + s.column])));
}

/** The number of equally frequent worlds that some rows tell as much as (Kish). @param {Int32Array} rows @returns {number} */
export function effectiveRows(rows) {
  const copies = new Map();
  for (const u of rows) copies.set(u, (copies.get(u) ?? 0) + 1);
  let squares = 0;
  for (const c of copies.values()) squares += c * c;
  return rows.length ? (rows.length * rows.length) / squares : 0;
}
