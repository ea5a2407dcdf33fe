// The engine: one instance of the WebAssembly module that numba's code of the kernel was lowered to.

/**
 * @typedef {{columns: number, parameters: number, results: number, fields: number}} Shape
 * @typedef {{memory: WebAssembly.Memory, run: Function, alloc: (n: number) => number, mark: () => number,
 *   release: (to: number) => void}} Exports
 */

export class Engine {
  /** @param {WebAssembly.Instance} instance @param {Shape} shape */
  constructor(instance, shape) {
    this.api = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
    this.shape = shape;
    this.worlds = 0;
    this.nWorlds = 0;
    /** @type {Float64Array | null} */
    this.theory = null;
  }

  /** Bytes that will be written; the address. @param {number} bytes @returns {number} */
  room(bytes) {
    const place = this.api.alloc(Math.max(bytes, 64));
    if (!place) throw new Error("no memory left for the engine");
    return place;
  }

  /** The worlds of all runs to come: a row a world. @param {Float64Array} values @param {number[]} apart columns of switches */
  setWorlds(values, apart) {
    const width = this.shape.parameters;
    this.worlds = this.room(values.byteLength);
    this.nWorlds = values.length / width;
    new Float64Array(this.api.memory.buffer, this.worlds, values.length).set(values);
    this.theory = new Float64Array(this.nWorlds);
    for (let w = 0; w < this.nWorlds; w++) for (const c of apart) this.theory[w] = this.theory[w] * 8 + values[w * width + c];
  }

  /**
   * Runs numbered from `first` on, each in the world that `rows` names.
   * @param {Float64Array} calendar a row a month @param {Int32Array} rows @param {bigint} seed @param {number} first
   * @param {boolean} [traced] whether every field of every month is wanted
   * @returns {{results: Float64Array, trace: Float64Array}}
   */
  run(calendar, rows, seed, first, traced = false) {
    const { columns, parameters, results, fields } = this.shape, n = rows.length, months = calendar.length / columns;
    const before = this.api.mark(), theory = /** @type {Float64Array} */ (this.theory);
    const c = this.room(calendar.byteLength), of = this.room(n * 8), at = this.room(n * 8), r = this.room(n * results * 8);
    const cells = traced ? n * months * fields : 0, t = this.room(cells * 8);
    // Leaders who weigh risk alike stand together: what only some do is done by whole vectors. No bit hangs on it.
    const order = Int32Array.from({ length: n }, (_, k) => k).sort((a, b) => theory[rows[a]] - theory[rows[b]] || rows[a] - rows[b]);
    new Float64Array(this.api.memory.buffer, c, calendar.length).set(calendar);
    const worlds = new Int32Array(this.api.memory.buffer, of, 2 * n), places = new Int32Array(this.api.memory.buffer, at, 2 * n);
    for (let k = 0; k < n; k++) {
      worlds[2 * k] = rows[k]; worlds[2 * k + 1] = 0;
      places[2 * k] = order[k]; places[2 * k + 1] = 0;
    }
    const status = this.api.run(c, months, columns, this.worlds, this.nWorlds, parameters, of, at, n, seed, BigInt(first),
      r, results, t, traced ? n : 0, fields);
    if (status) throw new Error(`the engine gave up (status ${status})`);
    const out = {
      results: new Float64Array(this.api.memory.buffer, r, n * results).slice(),
      trace: new Float64Array(this.api.memory.buffer, t, cells).slice(),
    };
    this.api.release(before);
    return out;
  }
}

/** An engine of a module's bytes, or of a compiled module. @param {BufferSource | WebAssembly.Module} source
 * @param {Shape} shape @returns {Promise<Engine>} */
export async function makeEngine(source, shape) {
  const made = source instanceof WebAssembly.Module ? { instance: await WebAssembly.instantiate(source, {}) }
    : await WebAssembly.instantiate(source, {});
  return new Engine(made.instance, shape);
}
