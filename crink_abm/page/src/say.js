// Plain words for numbers.

/** A probability in per cent, with as many digits as it has use for. @param {number} p @returns {string} */
export function percent(p) {
  if (!Number.isFinite(p)) return "–";
  const x = 100 * p;
  return x > 0 && x < 0.1 ? "< 0.1 %" : `${x.toFixed(1)} %`;
}

/** A change in percentage points, signed. @param {number} d @returns {string} */
export function points(d) {
  if (!Number.isFinite(d)) return "–";
  const x = (100 * Math.abs(d)).toFixed(Math.abs(d) < 0.00995 ? 2 : 1);
  return Number(x) === 0 ? "0.0" : `${d < 0 ? "−" : "+"}${x}`;
}

/** So many in a hundred, as one would say it. @param {number} p @returns {string} */
export function inHundred(p) {
  const n = Math.round(100 * p);
  if (n === 0) return p > 0 ? "fewer than 1 of 100" : "none of 100";
  return n === 100 ? "nearly all of 100" : `${n} of 100`;
}

/** @param {number} n @returns {string} */
export const whole = (n) => Math.round(n).toLocaleString("en");

/** lower, higher or same. @param {import("./estimate.js").Estimate} e @returns {"lower" | "higher" | "same"} */
export function verdict(e) {
  return e.clear ? (e.diff < 0 ? "lower" : "higher") : "same";
}

/** A verdict in words, with a sign that needs no colour. */
export const VERDICTS = { lower: "▼ lower", higher: "▲ higher", same: "≈ cannot be told" };

/** A level of a lever, in a unit of the world where it has one. @param {import("./model.js").Lever} lever @param {number} level @returns {string} */
export function levelSaid(lever, level) {
  const plain = level.toFixed(2);
  if (!lever.unit) return plain;
  const size = lever.unit.per * level, digits = lever.unit.digits;
  const said = digits ? size.toFixed(digits) : (Math.round(size / 100) * 100).toLocaleString("en");
  return `${plain} · ${said} ${lever.unit.one}`;
}

/** @param {import("./model.js").Level} level @param {import("./model.js").Lever} lever @returns {string} */
export function scheduleSaid(level, lever) {
  if (typeof level === "number") return levelSaid(lever, level);
  const dated = Object.entries(level).sort();
  return `${dated[0][1].toFixed(2)} → ${dated[dated.length - 1][1].toFixed(2)}, ${dated[0][0]} to ${dated[dated.length - 1][0]}`;
}
