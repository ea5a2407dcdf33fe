// Running sums of a policy's runs beside the baseline's, in two halves and by world: crink_abm.estimation.control_variates.Moments
// for one policy. The sums are exact: events are 0 or 1, and residuals multiples of a power of 2.
import { RESIDUAL_UNIT } from "./model.js";

export class Counts {
  /** @param {number} unique different worlds @param {number} q outcomes @param {number} m residuals @param {Int32Array} rows */
  constructor(unique, q, m, rows) {
    this.q = q;
    this.m = m;
    this.width = q + m;
    this.rows = rows;
    this.unique = unique;
    const both = 2 * this.width;
    this.total = 0;
    this.n = [new Float64Array(unique), new Float64Array(unique)];
    this.sums = [new Float64Array(unique * both), new Float64Array(unique * both)];
    this.cross = [new Float64Array(both * both), new Float64Array(both * both)];
    this.seen = [new Float64Array(both), new Float64Array(both)];
    this.event = new Float64Array(q);
    this.up = new Float64Array(q);
    this.down = new Float64Array(q);
    this.line = new Float64Array(both);
    this.where = new Int32Array(both);
  }

  /** Count runs numbered from `first` on. @param {number} first @param {import("./runs.js").Runs} here
   * @param {import("./runs.js").Runs} base */
  add(first, here, base) {
    const { q, m, width, rows, line, where } = this, both = 2 * width;
    for (let k = 0; k < here.n; k++) {
      if (here.when[k * q] === -2 || base.when[k * q] === -2) continue;
      const run = first + k, world = rows[run % rows.length], half = Math.floor(run / rows.length) % 2;
      let used = 0;
      for (let o = 0; o < q; o++) {
        const a = here.when[k * q + o] >= 0, b = base.when[k * q + o] >= 0;
        if (a) { line[o] = 1; where[used++] = o; this.event[o]++; if (!b) this.up[o]++; } else if (b) this.down[o]++;
      }
      for (let r = 0; r < m; r++) {
        const x = here.residual[k * m + r];
        if (x) { line[q + r] = x * RESIDUAL_UNIT; where[used++] = q + r; }
      }
      for (let o = 0; o < q; o++) if (base.when[k * q + o] >= 0) { line[width + o] = 1; where[used++] = width + o; }
      for (let r = 0; r < m; r++) {
        const x = base.residual[k * m + r];
        if (x) { line[width + q + r] = x * RESIDUAL_UNIT; where[used++] = width + q + r; }
      }
      const cross = this.cross[half], sums = this.sums[half], seen = this.seen[half], at = world * both;
      this.n[half][world]++;
      this.total++;
      for (let i = 0; i < used; i++) {
        const a = where[i], x = line[a], row = a * both;
        sums[at + a] += x;
        if (x > 0) seen[a]++;
        for (let j = i; j < used; j++) cross[row + where[j]] += x * line[where[j]];
      }
    }
  }
}
