// Runs the page's own modules in node: reads a question from standard input, writes what the page would show.
import fs from "node:fs";
const [folder] = process.argv.slice(2);
const load = (name) => import(`${process.env.PAGE_SRC}/${name}`);
const [M, E, R, C, S, T, P] = await Promise.all(["model", "engine", "runs", "counts", "estimate", "story", "pool"].map((n) => load(`${n}.js`)));
const model = JSON.parse(fs.readFileSync(`${folder}/model.json`, "utf8")), ask = JSON.parse(fs.readFileSync(0, "utf8"));
const raw = fs.readFileSync(`${folder}/worlds.bin`);
const worlds = M.worldsOf(model, new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4));
const engine = await E.makeEngine(fs.readFileSync(`${folder}/engine.wasm`), model.shape);
engine.setWorlds(worlds.values, model.apart);
const rows = M.rowsWith(model, worlds, ask.structures ?? {}), reading = R.readingOf(model), seed = BigInt(ask.seed ?? 0);
const start = ask.start ?? model.start, cal = (p) => M.calendar(model, p, ask.months, start);
const out = {};
if (ask.calendars) out.calendars = ask.calendars.map((p) => [...cal(p)]);
if (ask.runs) {
  const counts = new C.Counts(worlds.unique, model.outcomes.length, model.residuals.length, rows), slice = P.slicing(rows.length);
  const here = cal(ask.policy), base = cal(ask.baseline ?? {});
  let ms = 0;
  for (let k = 0, n = 0; n < ask.runs; k++) {
    const [first, size] = slice(k), of = Int32Array.from({ length: size }, (_, i) => rows[(first + i) % rows.length]);
    const t = performance.now(), got = [here, base].map((c) => engine.run(c, of, seed, first).results);
    ms += performance.now() - t;
    counts.add(first, ...got.map((r) => R.read(r, reading)));
    n += size;
  }
  const switches = model.switches.map((s) => Float64Array.from({ length: worlds.unique }, (_, u) => worlds.values[u * worlds.width + s.column]));
  const t = performance.now(), rows_ = S.estimates(model, counts, switches, rows);
  out.estimateMs = performance.now() - t;
  out.runsPerSecond = (2000 * counts.total) / ms;
  out.structure = S.byStructure(rows_[rows_.length - 1], counts, switches);
  out.estimates = rows_.map(({ byWorld, baseByWorld, ...rest }) => rest);
}
if (ask.stories) {
  const calendar = cal(ask.policy ?? {});
  out.stories = [];
  for (let k = 0; k < ask.stories; k++) {
    const { trace } = engine.run(calendar, Int32Array.of(rows[k % rows.length]), seed, k, true);
    out.stories.push(T.events(model, trace, calendar, start).map((e) => [e.date, e.actor, e.text, e.options?.map((o) => o.probability)]));
  }
}
process.stdout.write(JSON.stringify(out, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v)));
