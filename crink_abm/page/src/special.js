// Distribution functions, as scipy.special has them, to some thirteen digits.

/** The quantile of the standard normal distribution at 0.975. */
export const Z975 = 1.959963984540054;
const LOG_2PI = Math.log(2 * Math.PI);
const LANCZOS = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];

/** The logarithm of the gamma function. @param {number} x above 0 @returns {number} */
export function logGamma(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  if (x > 30) return (x - 0.5) * Math.log(x) - x + 0.5 * LOG_2PI + stirlingSeries(x);
  let sum = LANCZOS[0];
  for (let k = 1; k < 9; k++) sum += LANCZOS[k] / (x - 1 + k);
  const t = x + 6.5;
  return 0.5 * LOG_2PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** @param {number} x @returns {number} */
function stirlingSeries(x) {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y / 1188)))) / x;
}

/** The error of Stirling's formula for log n! (Loader 2000). @param {number} n @returns {number} */
function stirlingError(n) {
  return n > 15 ? stirlingSeries(n) : logGamma(n + 1) - (n + 0.5) * Math.log(n) + n - 0.5 * LOG_2PI;
}

/** x log(x / m) + m - x, without loss where x is near m. @param {number} x @param {number} m @returns {number} */
function deviance(x, m) {
  if (Math.abs(x - m) < 0.1 * (x + m)) {
    const v = (x - m) / (x + m);
    let sum = (x - m) * v, term = 2 * x * v;
    for (let j = 1; j < 1000; j++) {
      term *= v * v;
      const next = sum + term / (2 * j + 1);
      if (next === sum) return sum;
      sum = next;
    }
  }
  return x * Math.log(x / m) + m - x;
}

/** x^a (1 - x)^b / B(a, b), by Loader's saddle point. @param {number} a @param {number} b @param {number} x @returns {number} */
function kernel(a, b, x) {
  const n = a + b;
  const lost = stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x) - deviance(b, n * (1 - x));
  // Gamma(n + 1) / (Gamma(a + 1) Gamma(b + 1)) x^a y^b, times a b / n.
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(lost);
}

/** Lentz's continued fraction of the incomplete beta function. @param {number} a @param {number} b @param {number} x */
function fraction(a, b, x) {
  const tiny = 1e-300, sum = a + b;
  let c = 1, d = 1 - (sum * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let h = d;
  for (let m = 1; m <= 20000; m++) {
    let part = (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m));
    d = 1 + part * d; c = 1 + part / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d); if (Math.abs(c) < tiny) c = tiny;
    h *= d * c;
    part = (-(a + m) * (sum + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m));
    d = 1 + part * d; c = 1 + part / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d); if (Math.abs(c) < tiny) c = tiny;
    const step = d * c;
    h *= step;
    if (Math.abs(step - 1) < 2e-16) break;
  }
  return h;
}

/** The regularised incomplete beta function I_x(a, b). @param {number} a @param {number} b @param {number} x @returns {number} */
export function betainc(a, b, x) {
  if (!(x > 0)) return x === 0 ? 0 : NaN;
  if (x >= 1) return 1;
  const front = kernel(a, b, x);
  return x < (a + 1) / (a + b + 2) ? (front * fraction(a, b, x)) / a : 1 - (front * fraction(b, a, 1 - x)) / b;
}

/** The x at which I_x(a, b) is p. @param {number} a @param {number} b @param {number} p @returns {number} */
export function betaincinv(a, b, p) {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  let low = 0, high = 1, x = a / (a + b);
  const sd = Math.sqrt((a * b) / ((a + b) * (a + b) * (a + b + 1)));
  x = Math.min(Math.max(x + (p < 0.5 ? -1.5 : 1.5) * sd, x / 10), 1 - (1 - x) / 10);
  for (let k = 0; k < 200; k++) {
    const value = betainc(a, b, x), off = value - p;
    if (off === 0) return x;
    if (off < 0) low = x; else high = x;
    const slope = kernel(a, b, x) / (x * (1 - x));
    // Newton on the logarithm of the nearer tail, so that small tails converge too.
    const small = p <= 0.5;
    const step = small ? (value * Math.log(value / p)) / slope : (-(1 - value) * Math.log((1 - value) / (1 - p))) / slope;
    let next = x - step;
    if (!(next > low && next < high)) next = low === 0 ? high / 8 : high === 1 ? 1 - (1 - low) / 8 : (low + high) / 2;
    if (Math.abs(next - x) <= 4e-16 * x) return next;
    x = next;
  }
  return x;
}

/** The distribution function of Student's t. @param {number} freedom @param {number} t @returns {number} */
export function studentCdf(freedom, t) {
  if (!(freedom > 0) || Number.isNaN(t)) return NaN;
  const tail = 0.5 * betainc(freedom / 2, 0.5, freedom / (freedom + t * t));
  return t < 0 ? tail : 1 - tail;
}

const remembered = new Map();

/** The quantile of Student's t at 0.975. @param {number} freedom @returns {number} */
export function student975(freedom) {
  if (!(freedom > 0)) return NaN;
  let t = remembered.get(freedom);
  if (t === undefined) {
    // Of the two ways to write the tail the one whose argument is small: 1 - x would lose digits.
    const x = betaincinv(0.5, freedom / 2, 0.95);
    t = Math.sqrt((freedom * x) / (1 - x));
    if (remembered.size > 2000) remembered.clear();
    remembered.set(freedom, t);
  }
  return t;
}

/** The upper tail of the F distribution. @param {number} m @param {number} n @param {number} f @returns {number} */
export function fTail(m, n, f) {
  if (Number.isNaN(f)) return NaN;
  return f === Infinity ? 0 : betainc(n / 2, m / 2, n / (n + m * f));
}

/** The chance of at most k heads of n. @param {number} k @param {number} n @returns {number} */
export function heads(k, n) {
  return k >= n ? 1 : betainc(n - k, k + 1, 0.5);
}

/** Clopper's and Pearson's interval of a probability. @param {number} events @param {number} n @returns {[number, number]} */
export function clopperPearson(events, n) {
  if (!(n > 0)) return [NaN, NaN];
  return [
    events === 0 ? 0 : betaincinv(Math.max(events, 0.5), n - events + 1, 0.025),
    events === n ? 1 : betaincinv(events + 1, Math.max(n - events, 0.5), 0.975),
  ];
}

/** Wilson's interval. @param {number} events @param {number} n @returns {[number, number]} */
function wilson(events, n) {
  const centre = (events + (Z975 * Z975) / 2) / (n + Z975 * Z975);
  const half = (Z975 / (n + Z975 * Z975)) * Math.sqrt((events * (n - events)) / n + (Z975 * Z975) / 4);
  return [centre - half, centre + half];
}

/**
 * Newcombe's interval of a difference of paired proportions (method 10).
 * @param {number} up @param {number} down @param {number} both @param {number} n
 * @returns {[number, number, number]} the difference and the ends
 */
export function newcombe(up, down, both, n) {
  const neither = n - up - down - both, here = both + up, base = both + down, p = here / n, q = base / n;
  const [pLow, pHigh] = wilson(here, n), [qLow, qHigh] = wilson(base, n);
  const product = here * (n - here) * base * (n - base), cross = both * neither - up * down;
  const top = cross > 0 ? Math.max(cross - n / 2, 0) : cross, phi = product > 0 ? top / Math.sqrt(product) : 0;
  const far = (/** @type {number} */ a, /** @type {number} */ b) => Math.sqrt(Math.max(a * a - 2 * phi * a * b + b * b, 0));
  return [p - q, p - q - far(p - pLow, qHigh - q), p - q + far(q - qLow, pHigh - p)];
}
