// A worker: an engine of its own, and one slice of runs at a time.
import { makeEngine } from "./engine.js";
import { read } from "./runs.js";

/**
 * @typedef {{kind: "start", module: WebAssembly.Module | ArrayBuffer, shape: import("./engine.js").Shape, values: Float64Array,
 *   apart: number[], reading: import("./runs.js").Reading}} Start
 * @typedef {{kind: "slice", id: number, calendar: Float64Array, rows: Int32Array, seed: bigint, first: number}} Slice
 * @typedef {{kind: "trace", id: number, calendar: Float64Array, rows: Int32Array, seed: bigint, first: number}} Trace
 */

/** @type {import("./engine.js").Engine | null} */
let engine = null;
/** @type {import("./runs.js").Reading | null} */
let reading = null;

/** @param {MessageEvent<Start | Slice | Trace>} event */
self.onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") {
      engine = await makeEngine(data.module, data.shape);
      engine.setWorlds(data.values, data.apart);
      reading = data.reading;
      self.postMessage({ kind: "ready" });
      return;
    }
    if (!engine || !reading) throw new Error("the worker was not started");
    const { results, trace } = engine.run(data.calendar, data.rows, data.seed, data.first, data.kind === "trace");
    const runs = read(results, reading);
    const moved = [runs.when.buffer, runs.residual.buffer, trace.buffer];
    self.postMessage({ kind: data.kind, id: data.id, runs, trace }, { transfer: /** @type {ArrayBuffer[]} */ (moved) });
  } catch (error) {
    self.postMessage({ kind: "failed", said: String(error) });
  }
};
