// Tells one run: what happened, in which month, and what each leader weighed. The texts are those of crink_abm.agents.narrative.
import { monthLabel } from "./model.js";

/**
 * @typedef {{option: string, success: number | null, utility: number, probability: number, best: boolean}} Option
 * @typedef {{month: number, date: string, actor: string, text: string, options?: Option[], weighed?: Record<string, number>}} Event
 */

/** Fill a text in: {name}, {name:.2f} or {name:+.2f}. @param {string} text @param {Record<string, any>} values @returns {string} */
export function filled(text, values) {
  return text.replace(/\{(\w+)(?::(\+?)\.(\d)f)?\}/g, (_, name, sign, digits) => {
    const value = values[name];
    if (digits === undefined) return String(value);
    const said = Number(value).toFixed(Number(digits));
    return sign && !said.startsWith("-") ? `+${said}` : said;
  });
}

/**
 * The events of a run, in order, from every field of every month.
 * @param {import("./model.js").Model} model @param {Float64Array} trace @param {Float64Array} calendar @param {string} start
 * @returns {Event[]}
 */
export function events(model, trace, calendar, start) {
  const { story } = model, T = story.texts, width = model.fields.length, place = new Map(model.fields.map((f, k) => [f.name, k]));
  const column = (/** @type {string} */ name) => model.columns.indexOf(name), months = trace.length / width;
  /** @type {Event[]} */
  const found = [];
  for (let t = 0; t < months; t++) {
    const now = (/** @type {string} */ name) => trace[t * width + /** @type {number} */ (place.get(name))];
    const before = (/** @type {string} */ name) => {
      const k = /** @type {number} */ (place.get(name));
      return t ? trace[(t - 1) * width + k] : model.fields[k].initial;
    };
    const given = (/** @type {string} */ name, /** @type {number} */ at) => calendar[at * model.columns.length + column(name)];
    const tell = (/** @type {string} */ actor, /** @type {string | null | undefined} */ text, more = {}) => {
      if (text) found.push({ month: t, date: monthLabel(t, start), actor, text, ...more });
    };
    const turns = (/** @type {any[]} */ [actor, name, begins, ends]) =>
      tell(actor, now(name) > 0 && !(before(name) > 0) ? begins : before(name) > 0 && !(now(name) > 0) ? ends : null);
    story.turns.slice(0, 2).forEach(turns);
    if (t) tell("North Korea", story.tests[`${before("testing_regime")},${now("testing_regime")}`]);
    if (now("us_administration") !== before("us_administration"))
      tell("United States", filled(T.administration, { added: now("us_administration") }));
    for (const one of story.theatres) {
      if (now(`${one.type}_new`) > 0) tell(one.state, filled(T.succeeded, one));
      if (now(`${one.type}_type_due`) > 0)
        tell(one.state, filled(T.type, { ...one, stakes: now(`${one.type}_stakes`), costs: now(`${one.type}_costs`),
          optimism: now(`${one.type}_optimism`) }));
      const then = before(one.status), was = t ? given(one.imposed, t - 1) : -1, is = given(one.imposed, t);
      if (is >= 0) {
        if (is !== was) tell("World", filled(T.imposed, { ...one, at: story.imposed[is] }));
      } else if (now(one.decides) > 0) {
        const called = one.leader === "Kim" && now("agreement_called") > 0;
        const opening = filled(T[called ? "called" : then === 0 ? "at once" : then === 2 ? "goes on" : "head"], one);
        const best = Math.trunc(now(one.best));
        /** @type {Option[]} */
        const options = one.options.map((/** @type {any[]} */ [option, utility, win, odds], /** @type {number} */ k) => ({
          option, success: win === null ? null : now(win), utility: now(utility), probability: now(odds), best: k === best }));
        const weighed = Object.fromEntries(one.weighed.map((/** @type {string} */ name) => [name, now(name)]));
        tell(one.leader, filled(T.decides, { ...one, opening, says: one.says[Math.trunc(now(one.choice))] }), { options, weighed });
      } else if (then === 0 && now(one.status) === 1) tell(one.state, filled(T["breaks out"], one));
      else if ((then === 1 || then === 2) && now(one.status) === 0 && now(`${one.status.slice(0, -7)}_episode`) === 0)
        tell(one.state, filled(T.settled, one));
    }
    story.turns.slice(2).forEach(turns);
    for (const [first, text] of story.firsts) if (now(first) === t) tell("World", text);
    const lasted = (/** @type {number} */ n) => (n === 1 ? "1 month" : `${Math.trunc(n)} months`);
    if (now("taiwan_resolved") !== before("taiwan_resolved")) {
      const held = T[now("taiwan_resolved") > 0 ? "taiwan 1" : "taiwan -1"], n = now("taiwan_war_months");
      tell("World", filled(T["taiwan odds"], { told: filled(T[n > 0 ? "taiwan ends" : "taiwan yields"], { months: lasted(n), held }),
        odds: now("beijing_win_prob") }));
    } else if (before("taiwan_status") === 2 && now("taiwan_front") <= -1) tell("World", T["blockade broken"]);
    if (now("korea_resolved") !== before("korea_resolved"))
      tell("World", filled(T["korea ends"], { months: lasted(now("korea_war_months")),
        held: T[now("korea_resolved") > 0 ? "korea 1" : "korea -1"], odds: now("pyongyang_win_prob") }));
  }
  return found;
}
