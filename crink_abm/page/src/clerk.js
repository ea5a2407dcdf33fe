// A worker that counts and estimates, so that the page itself never waits for arithmetic.
import { Counts } from "./counts.js";
import { byStructure, estimates, incidence } from "./estimate.js";

/**
 * @typedef {{first: number, here: import("./runs.js").Runs, base: import("./runs.js").Runs}} Pair runs of a policy and of the baseline
 * @typedef {{id: number, n: number, outcome: number, estimates: import("./estimate.js").Estimate[],
 *   structure: ReturnType<typeof byStructure>, curves: ReturnType<typeof incidence>[]}} Report estimates of every outcome; the rest of one
 */

/** @type {{model: import("./model.js").Model, levels: Float64Array[], unique: number} | null} */
let told = null;
/** @type {{id: number, rows: Int32Array, same: boolean, counts: Counts, firstIn: Float64Array[][]} | null} */
let open = null;

/** @param {Int32Array} rows */
function fresh(rows) {
  const { model, unique } = /** @type {NonNullable<typeof told>} */ (told);
  return new Counts(unique, model.outcomes.length, model.residuals.length, rows);
}

/** @param {MessageEvent<any>} event */
self.onmessage = ({ data }) => {
  if (data.kind === "start") { told = data; return; }
  if (!told) return;
  const { model, levels } = told, q = model.outcomes.length;
  if (data.kind === "open") open = { id: data.id, rows: data.rows, same: data.same, counts: fresh(data.rows), firstIn: [0, 1].map(() => model.outcomes.map(() => new Float64Array(model.months))) };
  if (data.kind === "add" && open && open.id === data.id) {
    const session = open, pair = /** @type {Pair} */ (data.pair);
    session.counts.add(pair.first, pair.here, pair.base);
    [pair.here, pair.base].forEach((runs, side) => { for (let k = 0; k < runs.when.length; k++) if (runs.when[k] >= 0) session.firstIn[side][k % q][runs.when[k]]++; });
  }
  if (data.kind === "estimate" && open && open.id === data.id) {
    const { counts, rows, same, firstIn, id } = open, found = estimates(model, counts, levels, rows, same);
    const o = /** @type {number} */ (data.outcome), curves = firstIn.map((side) => incidence(side[o], counts.total, 4));
    self.postMessage({ kind: "report", report: { id, n: counts.total, outcome: o, estimates: found, structure: byStructure(found[o], counts, levels), curves } });
  }
  if (data.kind === "map") {
    const counts = fresh(data.rows);
    for (const pair of /** @type {Pair[]} */ (data.pairs)) counts.add(pair.first, pair.here, pair.base);
    self.postMessage({ kind: "cell", id: data.id, k: data.k, estimates: estimates(model, counts, levels, data.rows, data.same) });
  }
};
