// What runs came to: first months of outcomes, and what chance did to each run (its residuals), as crink_abm.model.outcomes has them.
import { RESIDUAL_UNIT } from "./model.js";

/**
 * @typedef {{when: Int16Array, residual: Int32Array, n: number}} Runs first months (n x outcomes; -1 never, -2 a failed run), and
 *   residuals (n x residuals) in their unit
 * @typedef {{first: number[], parts: number[][], residuals: number[], width: number}} Reading columns of results
 */

/** Where outcomes and residuals stand among the results. @param {import("./model.js").Model} model @returns {Reading} */
export function readingOf(model) {
  const place = (/** @type {string} */ name) => model.results.indexOf(name);
  const outcome = (/** @type {string} */ name) => model.outcomes.findIndex((o) => o.name === name);
  return {
    first: model.outcomes.map((o) => (o.first === null ? -1 : place(o.first))),
    parts: model.outcomes.map((o) => o.parts.map(outcome)),
    residuals: model.residuals.map(place),
    width: model.results.length,
  };
}

/** The nearest whole number, halves to the even one, as numpy rounds. @param {number} x @returns {number} */
export function rounded(x) {
  const low = Math.floor(x), off = x - low;
  return off < 0.5 ? low : off > 0.5 ? low + 1 : low % 2 === 0 ? low : low + 1;
}

/** @param {Float64Array} results @param {Reading} reading @returns {Runs} */
export function read(results, reading) {
  const { first, parts, residuals, width } = reading, n = results.length / width, q = first.length, m = residuals.length;
  const when = new Int16Array(n * q), residual = new Int32Array(n * m);
  for (let k = 0; k < n; k++) {
    if (Number.isNaN(results[k * width])) { when.fill(-2, k * q, (k + 1) * q); continue; }
    for (let o = 0; o < q; o++) {
      if (first[o] >= 0) { when[k * q + o] = results[k * width + first[o]]; continue; }
      let earliest = -1;
      for (const part of parts[o]) {
        const month = when[k * q + part];
        if (month >= 0 && (earliest < 0 || month < earliest)) earliest = month;
      }
      when[k * q + o] = earliest;
    }
    for (let r = 0; r < m; r++) residual[k * m + r] = rounded(results[k * width + residuals[r]] / RESIDUAL_UNIT);
  }
  return { when, residual, n };
}
