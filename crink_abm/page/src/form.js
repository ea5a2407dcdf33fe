// The form on the left: a slider for each lever, by pillar, with dates where the policy changes over time; switches of worlds.
import { html } from "./draw.js";
import { levelSaid, scheduleSaid } from "./say.js";
import { monthLabel, monthNumber } from "./model.js";

/** @typedef {import("./model.js").Model} Model */

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** The sliders. @param {Model} model @param {import("./state.js").State} state @param {() => void} changed @returns {() => void} shows the state */
export function levers(model, state, changed) {
  const box = byId("levers");
  /** @type {(() => void)[]} */
  const shows = [];
  for (const pillar of [...new Set(model.levers.map((l) => l.pillar))]) {
    const set = html("fieldset", {}, [html("legend", {}, [pillar])]);
    for (const lever of model.levers.filter((l) => l.pillar === pillar)) {
      const id = `lever-${lever.name}`, slider = /** @type {HTMLInputElement} */ (html("input", { type: "range", id, min: "0", max: "1", step: "0.01", "aria-describedby": `${id}-ends` }));
      const out = html("output", { for: id }), mark = html("span", { class: "mark", title: "the baseline" });
      const from = /** @type {HTMLInputElement} */ (html("input", { type: "range", min: "0", max: String(model.months - 2), step: "1", "aria-label": `${lever.label}: the change begins` }));
      const to = /** @type {HTMLInputElement} */ (html("input", { type: "range", min: "1", max: String(model.months - 1), step: "1", "aria-label": `${lever.label}: the change is complete` }));
      const dates = html("span"), over = /** @type {HTMLInputElement} */ (html("input", { type: "checkbox" }));
      const handles = html("div", { class: "handles" }, [from, to]);
      const when = html("details", { class: "when" }, [html("summary", {}, ["Over time"]), html("label", {}, [over, " begins at today’s level and moves between two dates"]), handles, dates]);
      set.append(html("div", { class: "lever" }, [html("div", { class: "name" }, [html("label", { for: id, class: "ink" }, [lever.label]), out]),
        html("div", { class: "track" }, [slider, mark]), html("div", { class: "ends", id: `${id}-ends` }, [html("span", {}, [lever.low]), html("span", {}, [lever.high])]), when]));
      const take = () => {
        const level = Number(slider.value), a = Number(from.value), b = Math.max(Number(to.value), a + 1);
        if (over.checked) state.policy[lever.name] = { [monthLabel(a, model.start)]: lever.today, [monthLabel(b, model.start)]: level };
        else if (level === lever.today) delete state.policy[lever.name];
        else state.policy[lever.name] = level;
        show();
        changed();
      };
      for (const one of [slider, from, to, over]) one.addEventListener("input", take);
      const show = () => {
        const level = state.policy[lever.name] ?? lever.today, base = state.baseline[lever.name] ?? lever.today;
        const end = typeof level === "number" ? level : level[Object.keys(level).sort().at(-1) ?? ""], there = typeof base === "number" ? base : Object.values(base).at(-1) ?? 0;
        slider.value = String(end);
        slider.setAttribute("aria-valuetext", scheduleSaid(level, lever));
        out.textContent = typeof level === "number" ? levelSaid(lever, level) : `→ ${end.toFixed(2)}`;
        out.className = JSON.stringify(level) === JSON.stringify(base) ? "" : "moved";
        mark.style.left = `calc(8px + (100% - 16px) * ${there})`;
        over.checked = typeof level !== "number";
        handles.hidden = typeof level === "number";
        if (typeof level !== "number") {
          const sorted = Object.keys(level).sort();
          from.value = String(monthNumber(sorted[0], model.start)); to.value = String(monthNumber(sorted[sorted.length - 1], model.start));
          when.setAttribute("open", "");
        } else if (!Number(to.value) || Number(to.value) <= Number(from.value) || to.value === "60") { from.value = "12"; to.value = "36"; }
        dates.textContent = typeof level === "number" ? "" : scheduleSaid(level, lever);
      };
      shows.push(show);
    }
    box.append(set);
  }
  return () => shows.forEach((show) => show());
}

/** The switches of worlds. @param {Model} model @param {import("./state.js").State} state @param {() => void} changed @returns {() => void} */
export function switches(model, state, changed) {
  const box = byId("switches");
  /** @type {(() => void)[]} */
  const shows = [];
  for (const one of model.switches) {
    const boxes = one.levels.map((level) => {
      const tick = /** @type {HTMLInputElement} */ (html("input", { type: "checkbox" }));
      tick.addEventListener("input", () => {
        const on = boxes.filter((b) => b.tick.checked).map((b) => b.value);
        if (!on.length) tick.checked = true;
        state.worlds[one.name] = !on.length ? [level.value] : on.length === one.levels.length ? [] : on;
        changed();
      });
      return { tick, value: level.value, name: level.name };
    });
    box.append(html("div", { class: "switch", role: "group", "aria-label": one.label }, [html("span", {}, [one.label]), ...boxes.map((b) => html("label", {}, [b.tick, ` ${b.name}`]))]));
    shows.push(() => boxes.forEach((b) => { const kept = state.worlds[one.name]; b.tick.checked = !kept?.length || kept.includes(b.value); }));
  }
  return () => shows.forEach((show) => show());
}
