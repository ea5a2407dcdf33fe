// Who computes what, and when: slices of runs on every core, the newest question first, nothing computed twice.

/**
 * @typedef {{key: string, calendar: Float64Array, rows: Int32Array, seed: bigint}} Question
 * @typedef {import("./runs.js").Runs} Runs
 * @typedef {{question: Question, slices: (Runs | null)[]}} Answered
 */

/** Runs of a slice at most. */
export const MOST = 500;

/** The slices of an ensemble: they end at whole rounds through its rows. @param {number} rows @returns {(k: number) => [number, number]} */
export function slicing(rows) {
  const parts = Math.max(1, Math.ceil(rows / MOST)), rounds = parts > 1 ? 1 : Math.max(1, Math.floor(MOST / rows));
  const size = Math.ceil(rows / parts);
  return (k) => {
    if (parts === 1) return [k * rounds * rows, rounds * rows];
    const part = k % parts, first = Math.floor(k / parts) * rows + part * size;
    return [first, Math.min(size, rows - part * size)];
  };
}

/** Whether statistics can be made of so many runs: they weigh equally. @param {number} n @param {number} rows @returns {boolean} */
export const isWhole = (n, rows) => n > 0 && (n <= rows || n % rows === 0);

export class Pool {
  /** @param {() => Worker} make @param {number} size @param {object} start the first message to each */
  constructor(make, size, start) {
    /** @type {Map<string, Answered>} */
    this.answers = new Map();
    /** @type {{worker: Worker, busy: boolean}[]} */
    this.workers = [];
    /** @type {(() => {question: Question, k: number, urgent?: boolean} | null)[]} */
    this.wanted = [];
    /** @type {Map<number, {question: Question, k: number} | ((data: any) => void)>} */
    this.open = new Map();
    this.next = 1;
    this.held = 1_000_000; // runs, some 90 MB
    this.computed = 0;
    /** @type {(question: Question, k: number) => void} */
    this.onSlice = () => {};
    /** @type {(said: string) => void} */
    this.onFailure = () => {};
    /** @type {{calendar: Float64Array, rows: Int32Array, seed: bigint, first: number, done: (data: any) => void}[]} */
    this.traces = [];
    for (let w = 0; w < size; w++) {
      const one = { worker: make(), busy: true };
      one.worker.onmessage = (event) => this.heard(one, event.data);
      one.worker.onerror = (event) => this.onFailure(event.message || "a worker did not start");
      one.worker.postMessage(start);
      this.workers.push(one);
    }
  }

  /** @param {Question} question @returns {Answered} */
  of(question) {
    let held = this.answers.get(question.key);
    if (held) this.answers.delete(question.key);
    else held = { question, slices: [] };
    this.answers.set(question.key, held);
    return held;
  }

  /** Forget the questions that were asked longest ago, but for some, where more runs are kept than memory should hold.
   * @param {Set<string>} but */
  forget(but) {
    let kept = 0;
    for (const { slices } of this.answers.values()) kept += slices.length * MOST;
    for (const [key, { slices }] of this.answers) {
      if (kept <= this.held) return;
      if (but.has(key)) continue;
      kept -= slices.length * MOST;
      this.answers.delete(key);
    }
  }

  /** @param {{worker: Worker, busy: boolean}} one @param {any} data */
  heard(one, data) {
    one.busy = false;
    if (data.kind === "failed") { this.onFailure(data.said); return; }
    const what = this.open.get(data.id);
    this.open.delete(data.id);
    if (typeof what === "function") what(data);
    else if (what) {
      const held = this.answers.get(what.question.key);
      this.computed += data.runs.n;
      if (held) { held.slices[what.k] = data.runs; this.onSlice(what.question, what.k); }
    }
    this.feed();
  }

  /** Every field of every month of one run. @param {Question} question @param {number} run @returns {Promise<any>} */
  trace(question, run) {
    return new Promise((done) => {
      const rows = Int32Array.of(question.rows[run % question.rows.length]);
      this.traces.push({ calendar: question.calendar, rows, seed: question.seed, first: run, done });
      this.feed();
    });
  }

  /** Give idle workers the most urgent work there is. */
  feed() {
    for (const one of this.workers) {
      if (one.busy) continue;
      const id = this.next++, trace = this.traces.shift();
      if (trace) {
        const { done, ...rest } = trace;
        this.open.set(id, done);
        one.busy = true;
        one.worker.postMessage({ kind: "trace", id, ...rest });
        continue;
      }
      let job = null;
      for (const ask of this.wanted) if ((job = ask())) break;
      if (!job) return;
      const { question, k } = job, [first, n] = slicing(question.rows.length)(k);
      this.of(question).slices[k] = this.of(question).slices[k] ?? null;
      const rows = Int32Array.from({ length: n }, (_, i) => question.rows[(first + i) % question.rows.length]);
      this.open.set(id, job);
      one.busy = true;
      one.worker.postMessage({ kind: "slice", id, calendar: question.calendar, rows, seed: question.seed, first });
    }
  }

  /** The first slice of a question that nobody works on, below a number of runs; null if there is none.
   * @param {Question} question @param {number} runs @returns {{question: Question, k: number} | null} */
  missing(question, runs) {
    const slices = this.of(question).slices, slice = slicing(question.rows.length);
    for (let k = 0; slice(k)[0] < runs; k++) if (slices[k] === undefined) return { question, k };
    return null;
  }
}
