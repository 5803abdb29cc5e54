// New tokens for the session of the browser.
//
// One tab asks for all tabs, and a tab asks at most 6 times a minute, whatever is answered. No clock
// is read: a clock that jumps changes nothing. Nothing is stored.
//
//   idle -refresh-> asking -ok-> idle
//                   asking -ended-> ended -reset-> idle
//                   asking -again-> waiting (1, 2, 4, 8 s) -> asking; after the fifth: idle
//                   asking -refused-> idle

export const most = 6; // requests of a tab in one minute
const minute = 60000;
const waits = [1, 2, 4, 8]; // seconds before the second, third, … request
const longest = 60; // seconds that an answer may make it wait
const lockLimit = 40000; // milliseconds; a request takes at most 30 s
const listening = 100; // milliseconds, where there are no locks

// Refresher refreshes the session that name names. ask sends one request and returns {is, wait}. It need
// not be careful: a failure counts as "again". is is
//
//   'ok'       there are new tokens
//   'ended'    the session has ended, which is certain
//   'again'    nobody knows; wait is the number of seconds that the answer asks to wait
//   'refused'  another request would be answered in the same way
export class Refresher {
  constructor({
    name, ask, ended = () => {},
    sleep = (time) => new Promise((done) => { setTimeout(done, time); }),
    random = Math.random,
    locks = navigator.locks,
    channel = 'BroadcastChannel' in window ? new BroadcastChannel(`phoneauth ${name}`) : null,
  }) {
    Object.assign(this, { name, ask, sleep, random, locks, channel });
    this.onEnded = ended;
    this.id = random();
    this.running = null; // the promise of the call that runs
    this.recent = 0; // requests of this minute, of this tab and of those that it has heard
    this.over = false; // the session has ended
    this.heard = 0; // results of other tabs
    this.result = null; // the last of them
    this.asking = false;
    this.claiming = false;
    this.busy = false; // another tab asks or is about to
    if (channel) channel.onmessage = ({ data }) => this.hear(data);
  }

  // refresh gets new tokens. It returns {is}, and never fails: 'ok', 'ended', 'refused', or 'again' when
  // it has given up for now. Calls at the same time are one. waiting is called with the seconds before
  // each further request, and with what was answered.
  refresh(waiting = () => {}) {
    if (this.over) return Promise.resolve({ is: 'ended' });
    if (!this.running) {
      const done = () => { this.running = null; };
      this.running = this.run(waiting);
      this.running.then(done, done);
    }
    return this.running;
  }

  // reset is for after a sign-in: there is a new session.
  reset() {
    this.over = false;
    this.tell({ kind: 'reset' });
  }

  async run(waiting) {
    for (let n = 0; ; n += 1) {
      const before = this.heard;
      const result = await this.once(before);
      if (result.is !== 'again' || n === waits.length) return result;
      const asked = result.wait > 0 ? result.wait : 0;
      if (asked > longest) return result;
      const seconds = Math.max(asked, waits[n] * (0.75 + this.random() / 2));
      waiting(Math.ceil(seconds), result);
      const since = this.heard;
      await this.sleep(seconds * 1000);
      if (this.over) return { is: 'ended' };
      if (this.heard !== since && this.result.is !== 'again') return this.result;
    }
  }

  // once sends one request, or takes the result of a tab that was faster.
  once(before) {
    return this.alone(async () => {
      if (this.over) return { is: 'ended' };
      if (this.heard !== before) return this.result;
      if (this.recent >= most) return { is: 'again', wait: minute / 1000 / most };
      this.count();
      this.tell({ kind: 'asked' });
      this.asking = true;
      let result;
      try {
        result = await this.ask();
      } catch {
        result = null;
      }
      this.asking = false;
      if (!['ok', 'ended', 'refused'].includes(result?.is)) result = { ...result, is: 'again' };
      this.tell({ kind: 'result', result: { is: result.is, wait: result.wait } });
      if (result.is === 'ended') this.end();
      return result;
    });
  }

  count() {
    this.recent += 1;
    this.sleep(minute).then(() => { this.recent -= 1; });
  }

  end() {
    if (this.over) return;
    this.over = true;
    this.onEnded();
  }

  tell(message) {
    this.channel?.postMessage({ ...message, id: this.id });
  }

  hear({ kind, result, id, to }) {
    if (kind === 'asked') this.count();
    if (kind === 'reset') this.over = false;
    if (kind === 'busy' && to === this.id) this.busy = true;
    if (kind === 'claim' && (this.asking || (this.claiming && this.id < id))) this.tell({ kind: 'busy', to: id });
    if (kind !== 'result') return;
    this.heard += 1;
    this.result = result;
    this.busy = false;
    if (result.is === 'ended') this.end();
  }

  // alone runs a task while no other tab runs one, as far as the browser can tell.
  async alone(task) {
    let release = () => {};
    if (this.locks) release = await this.lock();
    else if (this.channel) await this.claim();
    try {
      return await task();
    } finally {
      this.sleep(listening).then(release); // the next one has heard the result
    }
  }

  // lock waits for the lock of all tabs, and returns what gives it back. It goes on without where there
  // is none to be had.
  lock() {
    const limit = new AbortController();
    this.sleep(lockLimit).then(() => limit.abort());
    return new Promise((granted) => {
      this.locks.request(`phoneauth ${this.name}`, { signal: limit.signal }, () => new Promise(granted))
        .catch(() => granted(() => {}));
    });
  }

  // claim waits for a tab that asks, or that has a smaller id and is about to.
  async claim() {
    this.busy = false;
    this.claiming = true;
    this.tell({ kind: 'claim' });
    await this.sleep(listening);
    for (let waited = 0; this.busy && waited < lockLimit; waited += 10 * listening) await this.sleep(10 * listening);
    this.claiming = false;
  }
}
