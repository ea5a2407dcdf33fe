// Estimates with their intervals, from counts: what crink_abm.compare gives of a policy beside its baseline, number for number.
// Each part names the module of the package that says why.
import { clopperPearson, fTail, heads, logGamma, newcombe, student975, studentCdf } from "./special.js";

const LEAST = 30, LEAST_FREEDOM = 60, FREEDOM_A_RESIDUAL = 40, FAR = 4, APART = 0.5, RANK = 1e-9;
const LEAST_RUNS_A_WORLD = 20, MANY = 100;

/**
 * @typedef {{mean: number, error: number, sums: Float64Array, squares: number, used: boolean}} Adjusted of one outcome; sums by world
 * @typedef {{mcSe: number, ensembleSe: number, parameterSd: number, structureSd: number, structureLow: number, structureHigh: number}}
 *   Spreads
 * @typedef {{
 *   outcome: string, n: number, events: number, up: number, down: number, prob: number, low: number, high: number,
 *   ensembleLow: number, ensembleHigh: number, diff: number, diffLow: number, diffHigh: number, diffEnsembleLow: number,
 *   diffEnsembleHigh: number, baseProb: number, pValue: number, clear: boolean, method: string, diffMethod: string,
 *   spreads: Spreads, diffSpreads: Spreads, byWorld: Float64Array, baseByWorld: Float64Array,
 * }} Estimate
 */

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations. @param {Float64Array} given @param {number} n
 * @returns {{sizes: Float64Array, vectors: Float64Array}} */
export function eigen(given, n) {
  const a = given.slice(), v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0, all = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) { const x = a[i * n + j] ** 2; all += x; if (i !== j) off += x; }
    if (off <= 1e-30 * all) break;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) {
      const apq = a[p * n + q];
      if (apq === 0) continue;
      const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
      const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1), s = t * c;
      for (let k = 0; k < n; k++) {
        const x = a[k * n + p], y = a[k * n + q];
        a[k * n + p] = c * x - s * y; a[k * n + q] = s * x + c * y;
      }
      for (let k = 0; k < n; k++) {
        const x = a[p * n + k], y = a[q * n + k];
        a[p * n + k] = c * x - s * y; a[q * n + k] = s * x + c * y;
        const d = v[k * n + p], e = v[k * n + q];
        v[k * n + p] = c * d - s * e; v[k * n + q] = s * d + c * e;
      }
    }
  }
  return { sizes: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors: v };
}

/** @param {Float64Array} x @returns {number} */
const total = (x) => x.reduce((a, b) => a + b, 0);

/**
 * Control variates (crink_abm.estimation.control_variates): events less fitted multiples of residuals, each half by the other's fit.
 * @param {import("./counts.js").Counts} c
 * @returns {{level: Adjusted[], change: Adjusted[], base: Float64Array[]}} by outcome
 */
export function adjusted(c) {
  const { q, m, width, unique } = c, both = 2 * width;
  const nHalf = c.n.map(total), reached = c.n.map((x) => x.filter((y) => y > 0).length);
  const freedom = [nHalf[0] - reached[0], nHalf[1] - reached[1]], fitted = Math.min(...freedom) >= LEAST_FREEDOM;
  const cross = (/** @type {number} */ h, /** @type {number} */ i, /** @type {number} */ j) =>
    c.cross[h][i <= j ? i * both + j : j * both + i];
  // multiples[side][half][r * q + o]
  /** @type {Float64Array[][]} */
  const multiples = [0, 1].map(() => [0, 1].map(() => new Float64Array(m * q)));
  if (fitted) {
    const within = c.cross.map((products, h) => {
      const out = products.slice();
      for (let w = 0; w < unique; w++) {
        const n = c.n[h][w];
        if (!n) continue;
        const root = Math.sqrt(n), at = w * both;
        for (let i = 0; i < both; i++) {
          const x = c.sums[h][at + i] / root;
          if (x) for (let j = i; j < both; j++) out[i * both + j] -= x * (c.sums[h][at + j] / root);
        }
      }
      for (let i = 0; i < both; i++) for (let j = 0; j < i; j++) out[i * both + j] = out[j * both + i];
      return out;
    });
    const scale = (nHalf[0] + nHalf[1]) / (freedom[0] + freedom[1]);
    const believed = Array.from({ length: both }, (_, i) => {
      let sum = 0;
      for (const half of c.sums) for (let w = 0; w < unique; w++) sum += half[w * both + i];
      return !(Math.abs(sum) > FAR * Math.sqrt(scale * (within[0][i * both + i] + within[1][i * both + i])));
    });
    for (const side of [0, 1]) for (const h of [0, 1]) {
      multiples[side][1 - h] = multiplesOf(c, side, h, within[h], believed, nHalf[h], freedom[h]);
    }
  }
  let most = 0;
  const used = [0, 1].map((side) => Array.from({ length: q }, (_, o) => multiples[side].some((half) => {
    for (let r = 0; r < m; r++) if (half[r * q + o] !== 0) return true;
    return false;
  })));
  for (const side of multiples) for (const half of side) {
    let rows = 0;
    for (let r = 0; r < m; r++) if (half.subarray(r * q, (r + 1) * q).some((x) => x !== 0)) rows++;
    most = Math.max(most, rows);
  }
  const lost = 1 + most / Math.max(Math.min(...freedom) - most, 1);
  /** @param {number} side @param {number} o @returns {Float64Array} */
  const sumsOf = (side, o) => {
    const out = new Float64Array(unique), at = side * width;
    for (const h of [0, 1]) for (let w = 0; w < unique; w++) {
      const row = w * both + at;
      let x = c.sums[h][row + o];
      if (used[side][o]) for (let r = 0; r < m; r++) x -= c.sums[h][row + q + r] * multiples[side][h][r * q + o];
      out[w] += x;
    }
    return out;
  };
  /** @param {number} one @param {number} other @param {number} o @returns {number} */
  const product = (one, other, o) => {
    let sum = 0;
    const a = one * width, b = other * width;
    for (const h of [0, 1]) {
      sum += cross(h, a + o, b + o);
      for (let r = 0; r < m; r++) {
        const left = multiples[one][h][r * q + o], right = multiples[other][h][r * q + o];
        if (right) sum -= cross(h, a + o, b + q + r) * right;
        if (left) {
          let rest = -cross(h, a + q + r, b + o);
          for (let s = 0; s < m; s++) {
            const x = multiples[other][h][s * q + o];
            if (x) rest += cross(h, a + q + r, b + q + s) * x;
          }
          sum += left * rest;
        }
      }
    }
    return sum;
  };
  const n = Float64Array.from(c.n[0], (x, w) => x + c.n[1][w]), all = total(n), seen = n.filter((x) => x > 0).length;
  /** @param {Float64Array} sums @param {number} squares @param {boolean} was @returns {Adjusted} */
  const summed = (sums, squares, was) => {
    let within = squares, sum = 0;
    for (let w = 0; w < unique; w++) { within -= (sums[w] * sums[w]) / Math.max(n[w], 1); sum += sums[w]; }
    const scale = fitted ? lost / (all - seen) / all : NaN;
    return { mean: sum / all, error: Math.sqrt(scale * Math.max(within, 0)), sums, squares, used: was };
  };
  /** @type {Adjusted[]} */
  const level = [];
  /** @type {Adjusted[]} */
  const change = [];
  const base = [];
  for (let o = 0; o < q; o++) {
    const here = sumsOf(0, o), there = sumsOf(1, o), aa = product(0, 0, o), bb = product(1, 1, o), ab = product(0, 1, o);
    base.push(there);
    level.push(summed(here, aa, used[0][o]));
    change.push(summed(here.map((x, w) => x - there[w]), Math.max(aa + bb - 2 * ab, 0), used[0][o] || used[1][o]));
  }
  return { level, change, base };
}

/** What one half says of one side: the multiples of the residuals that leave least variance.
 * @param {import("./counts.js").Counts} c @param {number} side @param {number} h @param {Float64Array} within
 * @param {boolean[]} believed @param {number} n @param {number} freedom @returns {Float64Array} */
function multiplesOf(c, side, h, within, believed, n, freedom) {
  const { q, m, width } = c, both = 2 * width, at = side * width, seen = c.seen[h], out = new Float64Array(m * q);
  const common = Array.from({ length: q }, (_, o) => Math.min(seen[at + o], n - seen[at + o]) >= LEAST);
  let usable = Array.from({ length: m }, (_, r) => seen[at + q + r] >= LEAST && believed[at + q + r]);
  if (usable.filter(Boolean).length > freedom / FREEDOM_A_RESIDUAL || !common.some(Boolean)) usable = usable.map(() => false);
  const unit = usable.map((u, r) => {
    const spread = u ? Math.sqrt(within[(at + q + r) * both + at + q + r]) : 0;
    return spread > 0 ? 1 / spread : 0;
  });
  const matrix = new Float64Array(m * m);
  for (let r = 0; r < m; r++) for (let s = 0; s < m; s++)
    matrix[r * m + s] = usable[r] && usable[s] ? within[(at + q + r) * both + at + q + s] * unit[r] * unit[s] : 0;
  const { sizes, vectors } = eigen(matrix, m), largest = Math.max(...sizes);
  for (let j = 0; j < m; j++) {
    let carried = 0;
    for (let r = 0; r < m; r++) carried += vectors[r * m + j] ** 2 * seen[at + q + r];
    if (!(sizes[j] > RANK * largest && sizes[j] * carried >= APART * LEAST)) continue;
    for (let o = 0; o < q; o++) {
      let along = 0;
      for (let r = 0; r < m; r++) if (usable[r]) along += vectors[r * m + j] * unit[r] * within[(at + q + r) * both + at + o];
      for (let r = 0; r < m; r++) out[r * q + o] += (unit[r] * vectors[r * m + j] * along) / sizes[j];
    }
  }
  for (let r = 0; r < m; r++) for (let o = 0; o < q; o++) if (!common[o] || !usable[r]) out[r * q + o] = 0;
  return out;
}

/** Variation of a mean over worlds by source (crink_abm.estimation.variance_components).
 * @param {Float64Array} sums by world @param {number} squares @param {Float64Array} n runs by world
 * @param {Float64Array[]} switches the level of each switch by world @returns {Spreads} */
export function spreads(sums, squares, n, switches) {
  const seen = [...n.keys()].filter((w) => n[w] > 0), worlds = seen.length, all = seen.reduce((a, w) => a + n[w], 0);
  const pooled = seen.reduce((a, w) => a + sums[w], 0) / all, nan = NaN;
  const out = { mcSe: Math.sqrt(Math.max(squares / all - pooled ** 2, 0) / all), ensembleSe: nan, parameterSd: nan, structureSd: nan,
    structureLow: nan, structureHigh: nan };
  if (worlds < 2) return out;
  const mean = seen.map((w) => sums[w] / n[w]);
  let spread = 0, between = 0, withinSum = squares, sizes = 0;
  seen.forEach((w, k) => {
    const off = (mean[k] - pooled) ** 2;
    spread += n[w] ** 2 * off; between += n[w] * off; withinSum -= sums[w] ** 2 / n[w]; sizes += n[w] ** 2;
  });
  out.ensembleSe = Math.sqrt((spread * worlds) / (worlds - 1)) / all;
  if (all < LEAST_RUNS_A_WORLD * worlds) return out;
  const within = withinSum / (all - worlds), size = (all - sizes / all) / (worlds - 1);
  const worldVar = Math.max((between / (worlds - 1) - within) / size, 0);
  let structure = 0, low = pooled, high = pooled;
  for (const levels of switches) {
    const effect = mainEffect(mean, seen.map((w) => levels[w]), 0.05 / switches.length);
    if (!effect.shown) continue;
    structure += effect.variance;
    low = Math.min(low, ...effect.means); high = Math.max(high, ...effect.means);
  }
  structure = Math.min(structure, worldVar);
  return { ...out, parameterSd: Math.sqrt(worldVar - structure), structureSd: Math.sqrt(structure), structureLow: low, structureHigh: high };
}

/** @param {number[]} mean @param {number[]} levels @param {number} alpha */
function mainEffect(mean, levels, alpha) {
  const values = [...new Set(levels)].sort((a, b) => a - b), average = (/** @type {number[]} */ x) => x.reduce((a, b) => a + b, 0) / x.length;
  const groups = values.map((v) => mean.filter((_, k) => levels[k] === v)), means = groups.map(average), centre = average(mean);
  if (values.length < 2) return { shown: false, variance: 0, means };
  const m = values.length - 1, n = Math.max(mean.length - values.length, 1);
  let residual = 0, raw = 0;
  groups.forEach((group, g) => {
    for (const x of group) residual += (x - means[g]) ** 2;
    raw += group.length * (means[g] - centre) ** 2;
  });
  residual /= n;
  const ratio = residual > 0 ? raw / m / residual : raw > 0 ? Infinity : 0, shown = fTail(m, n, ratio) < alpha;
  const kept = shown ? 1 - 1 / ratio : 0;
  return { shown, variance: Math.max(raw - m * residual, 0) / mean.length, means: means.map((x) => centre + kept * (x - centre)) };
}

/** The number of equally weighing worlds that some are worth. @param {Float64Array} n @returns {number} */
function effective(n) {
  const sum = total(n);
  return sum > 0 ? sum ** 2 / n.reduce((a, b) => a + b * b, 0) : 0;
}

const logit = (/** @type {number} */ p) => Math.log(p / (1 - p)), expit = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));
const least = (/** @type {number} */ a, /** @type {number} */ b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b));
const greatest = (/** @type {number} */ a, /** @type {number} */ b) => -least(-a, -b);
const clip = (/** @type {number} */ x) => Math.min(Math.max(x, -1), 1);

/**
 * The estimates of a policy beside its baseline: rows of crink_abm.compare.
 * @param {import("./model.js").Model} model @param {import("./counts.js").Counts} c @param {Float64Array[]} switches levels by world
 * @param {Int32Array} rows @param {boolean} [same] whether the policy is the baseline
 * @returns {Estimate[]}
 */
export function estimates(model, c, switches, rows, same = false) {
  const { level, change, base } = adjusted(c), n = Float64Array.from(c.n[0], (x, w) => x + c.n[1][w]);
  const all = c.total, worth = effective(n), freedom = worth - 1, alone = Math.max(...n) <= 1;
  const ends = !alone && worth > 1 && worth < MANY ? betaBinomial(c, n, rows) : null;
  return model.outcomes.map((outcome, o) => {
    const up = c.up[o], down = c.down[o], events = c.event[o], share = events / all, moved = up + down;
    const [raw, ...plainEnds] = newcombe(up, down, events - up, all);
    const better = level[o].used, changed = change[o].used;
    const prob = better ? level[o].mean : share, diff = changed ? change[o].mean : raw;
    const equal = better ? (prob * (1 - prob)) / level[o].error ** 2 : all;
    const [low, high] = clopperPearson(prob * equal, equal);
    const half = student975(Math.max(moved, 2)) * change[o].error;
    let [diffLow, diffHigh] = changed ? [diff - half, diff + half] : plainEnds;
    diffLow = clip(diffLow); diffHigh = clip(diffHigh);
    const spread = spreads(level[o].sums, level[o].squares, n, switches), wide = spreads(change[o].sums, change[o].squares, n, switches);
    spread.mcSe = better ? level[o].error : Math.sqrt(Math.max((share * (1 - share)) / all, 0));
    wide.mcSe = changed ? change[o].error : Math.sqrt(Math.max((moved / all - raw * raw) / all, 0));
    const inside = prob > 0 && prob < 1, p = inside ? prob : 0.5, t = student975(freedom);
    const far = (t * spread.ensembleSe) / (p * (1 - p));
    let [eLow, eHigh] = ends ? [ends[o][0], ends[o][1]] : inside ? [expit(logit(p) - far), expit(logit(p) + far)] : [prob, prob];
    eLow = clip(least(eLow, low)); eHigh = clip(greatest(eHigh, high));
    const error = Math.sqrt(wide.ensembleSe ** 2 + 4 * (moved / all / worth) ** 2);
    const dLow = clip(least(diff - t * error, diffLow)), dHigh = clip(greatest(diff + t * error, diffHigh));
    const overWorlds = error > 0 ? 2 * studentCdf(freedom, -Math.abs(diff) / error) : 0;
    const residualSe = changed ? change[o].error : NaN;
    const byRuns = residualSe > 0 ? 2 * studentCdf(Math.max(moved, 2), -Math.abs(diff) / residualSe)
      : moved === 0 ? 1 : Math.min(1, 2 * heads(Math.min(up, down), moved));
    const pValue = same ? NaN : greatest(byRuns, overWorlds), seen = freedom > 0;
    const exact = same ? { diff: 0, diffLow: 0, diffHigh: 0, diffEnsembleLow: 0, diffEnsembleHigh: 0, baseProb: prob }
      : { diff, diffLow, diffHigh, diffEnsembleLow: seen ? dLow : NaN, diffEnsembleHigh: seen ? dHigh : NaN, baseProb: prob - diff };
    return { outcome: outcome.name, n: all, events, up, down, prob, low, high, ensembleLow: seen ? eLow : NaN, ensembleHigh: seen ? eHigh : NaN,
      ...exact, pValue, clear: pValue <= 0.05, method: better ? "control variates" : "counts",
      diffMethod: changed ? "control variates" : "counts", spreads: spread, diffSpreads: wide, byWorld: level[o].sums, baseByWorld: base[o] };
  });
}

/**
 * A change within the worlds of each level of each switch, worlds as the sample (crink_abm.estimation.clusters).
 * @param {Estimate} estimate @param {import("./counts.js").Counts} c @param {Float64Array[]} switches
 * @returns {{mean: number, low: number, high: number, worlds: number}[][]} by switch, then by level in order
 */
export function byStructure(estimate, c, switches) {
  const n = Float64Array.from(c.n[0], (x, w) => x + c.n[1][w]);
  return switches.map((levels) => {
    const values = [...new Set([...levels].filter((_, w) => n[w] > 0))].sort((a, b) => a - b);
    return values.map((value) => {
      const mine = [...n.keys()].filter((w) => n[w] > 0 && levels[w] === value), k = mine.length;
      let sum = 0, runs = 0, squares = 0, spread = 0;
      for (const w of mine) { sum += estimate.byWorld[w] - estimate.baseByWorld[w]; runs += n[w]; squares += n[w] ** 2; }
      const mean = sum / runs;
      for (const w of mine) spread += n[w] ** 2 * ((estimate.byWorld[w] - estimate.baseByWorld[w]) / n[w] - mean) ** 2;
      const error = Math.sqrt((spread * k) / (k - 1)) / runs, worth = Math.max(2, Math.floor(runs ** 2 / squares + 1e-9));
      const half = student975(worth - 1) * error;
      return { mean, low: mean - half, high: mean + half, worlds: k };
    });
  });
}

/** Ends of the mean probability of few worlds' ensemble, a beta-binomial model (crink_abm.estimation.over_worlds), by outcome.
 * @param {import("./counts.js").Counts} c @param {Float64Array} n @param {Int32Array} rows @returns {[number, number][]} */
function betaBinomial(c, n, rows) {
  const copies = new Float64Array(c.unique);
  for (const u of rows) copies[u]++;
  const seen = [...n.keys()].filter((w) => n[w] > 0), sum = seen.reduce((a, w) => a + copies[w], 0);
  const worth = sum / seen.reduce((a, w) => a + copies[w] ** 2, 0), both = 2 * c.width;
  return Array.from({ length: c.q }, (_, o) => {
    /** @type {Map<string, [number, number, number]>} */
    const counts = new Map();
    let events = 0, trials = 0;
    for (const w of seen) {
      const k = c.sums[0][w * both + o] + c.sums[1][w * both + o], key = `${n[w]},${k}`, old = counts.get(key);
      counts.set(key, [n[w], k, (old ? old[2] : 0) + copies[w] * worth]);
      events += k; trials += n[w];
    }
    const [low, high] = endsOf([...counts.values()]);
    return /** @type {[number, number]} */ ([events === 0 ? 0 : low, events === trials ? 1 : high]);
  });
}

/** @type {{mean: number[], alike: number[], logits: number[], a: Float64Array, b: Float64Array, s: number[], free: Float64Array,
 *   prior: Float64Array} | null} */
let grid = null;

/** numpy.linspace. @param {number} low @param {number} high @param {number} n */
const linspace = (low, high, n) => Array.from({ length: n }, (_, k) => (k === n - 1 ? high : low + (k * (high - low)) / (n - 1)));

function gridOf() {
  if (grid) return grid;
  const mean = [...linspace(-16, -6, 26).slice(0, -1), ...linspace(-6, 6, 151), ...linspace(6, 16, 26).slice(1)].map(expit);
  const alike = linspace(-7, 6, 14).map(expit), logits = mean.map(logit), s = alike.map((x) => (1 - x) / x), L = alike.length;
  const a = new Float64Array(mean.length * L), b = a.slice(), free = a.slice(), prior = a.slice();
  mean.forEach((m, i) => {
    // numpy.gradient: halves of neighbours' distance inside, the distance at the ends.
    const step = i === 0 ? logits[1] - logits[0] : i === mean.length - 1 ? logits[i] - logits[i - 1] : (logits[i + 1] - logits[i - 1]) / 2;
    alike.forEach((x, j) => {
      const at = i * L + j;
      a[at] = m * s[j]; b[at] = (1 - m) * s[j];
      free[at] = logGamma(a[at]) + logGamma(b[at]) - logGamma(s[j]);
      prior[at] = 0.5 * (Math.log(m) + Math.log1p(-m)) + 0.5 * (Math.log(x) + Math.log1p(-x)) + Math.log(step);
    });
  });
  grid = { mean, alike, logits, a, b, s, free, prior };
  return grid;
}

/** @type {Map<string, Float64Array>} */
const likelihoods = new Map();

/** @param {[number, number, number][]} counts trials, events, how often @returns {[number, number]} */
function endsOf(counts) {
  const g = gridOf(), L = g.alike.length, log = g.prior.slice();
  for (const [trials, events, times] of counts) {
    const key = `${trials},${events}`;
    let mine = likelihoods.get(key);
    if (!mine) {
      const rest = g.s.map((s) => logGamma(s + trials));
      mine = g.a.map((a, at) => logGamma(a + events) + logGamma(g.b[at] + trials - events) - rest[at % L] - g.free[at]);
      if (likelihoods.size > 4000) likelihoods.clear();
      likelihoods.set(key, mine);
    }
    for (let at = 0; at < log.length; at++) log[at] += times * mine[at];
  }
  const top = log.reduce((a, b) => Math.max(a, b), -Infinity);
  const density = g.mean.map((_, i) => { let s = 0; for (let j = 0; j < L; j++) s += Math.exp(log[i * L + j] - top); return s; });
  const all = density.reduce((a, b) => a + b, 0), below = /** @type {number[]} */ ([]);
  for (let i = 0, s = 0; i < density.length; i++) { s += density[i]; below.push((s - density[i] / 2) / all); }
  const at = (/** @type {number} */ p) => {
    if (p <= below[0]) return g.logits[0];
    for (let i = 0; i < below.length - 1; i++)
      if (p < below[i + 1]) return ((g.logits[i + 1] - g.logits[i]) / (below[i + 1] - below[i])) * (p - below[i]) + g.logits[i];
    return g.logits[g.logits.length - 1];
  };
  return [expit(at(0.025)), expit(at(0.975))];
}

/** Cumulative incidence with Clopper's and Pearson's interval at some months. @param {Float64Array | number[]} firstIn runs with their
 * first event in each month @param {number} n @param {number} every @returns {{month: number, prob: number, low: number, high: number}[]} */
export function incidence(firstIn, n, every) {
  const out = [];
  for (let t = 0, sum = 0; t < firstIn.length; t++) {
    sum += firstIn[t];
    if ((t + 1) % every && t !== firstIn.length - 1) continue;
    const [low, high] = clopperPearson(sum, n);
    out.push({ month: t, prob: sum / n, low, high });
  }
  return out;
}
