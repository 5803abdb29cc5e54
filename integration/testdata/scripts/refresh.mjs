// Whatever is answered, and whoever asks when, in however many tabs: a tab sends at most six requests
// a minute, and nothing goes on by itself. PHONEAUTH_RUNS and PHONEAUTH_SEED change the number of random
// runs and the first of their seeds. The runner of node:test watches each promise, which takes too long here.

import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';

globalThis.window = {};
const { Refresher, most } = await import(pathToFileURL(process.env.PHONEAUTH_STATIC + '/refresh.js'));

async function test(name, body) {
  await body();
  console.log(`ok ${name}`);
}

const runs = Number(process.env.PHONEAUTH_RUNS ?? 10_000);
const firstSeed = Number(process.env.PHONEAUTH_SEED ?? 1);
const minute = 60_000;

// randomOf is mulberry32: numbers from 0 to 1 that a seed repeats.
function randomOf(seed) {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// World has a time of its own, the locks and the channel of a browser, and a server that answers at random.
class World {
  constructor(seed) {
    this.random = randomOf(seed);
    this.time = 0;
    this.queue = []; // {at, task}
    this.tabs = [];
    this.requests = []; // {at, tab}
    this.holders = Promise.resolve(); // of the lock, one after the other
    this.withLocks = this.random() < 0.5;
    this.withChannel = this.random() < 0.6;
    this.mood = this.random();
  }

  int(n) {
    return Math.floor(this.random() * n);
  }

  // at puts a task into its place in the queue, of which the end comes first.
  at(time, task) {
    let [low, high] = [0, this.queue.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.queue[middle].at > time) low = middle + 1;
      else high = middle;
    }
    this.queue.splice(low, 0, { at: time, task });
  }

  sleep(time) {
    return new Promise((done) => this.at(this.time + time, done));
  }

  // run lets everything happen in its order. The clocks of the programs jump all the while.
  async run() {
    let steps = 0;
    Date.now = () => this.int(2 ** 31) * 1000;
    performance.now = () => this.int(2 ** 31);
    while (this.queue.length > 0) {
      steps += 1;
      assert.ok(steps < 20_000, 'it never ends');
      const { at, task } = this.queue.pop();
      this.time = Math.max(this.time, at);
      task();
      for (let i = 0; i < 12; i += 1) await null;
    }
  }

  // locks is like navigator.locks.
  get locks() {
    if (!this.withLocks) return null;
    return {
      request: (name, { signal }, task) => new Promise((done, failed) => {
        let granted = false;
        signal.addEventListener('abort', () => granted || failed(new Error('aborted')));
        this.holders = this.holders.then(async () => {
          if (signal.aborted) return;
          granted = true;
          try {
            done(await task());
          } catch (error) {
            failed(error);
          }
        });
      }),
    };
  }

  channel() {
    if (!this.withChannel) return null;
    const mine = {
      postMessage: (data) => {
        for (const tab of this.tabs) {
          if (tab.channel !== mine) this.at(this.time + this.int(3), () => tab.channel.onmessage({ data: { ...data } }));
        }
      },
    };
    return mine;
  }

  // answer is what a request is answered: each world has a mood of its own.
  async answer() {
    await this.sleep(this.int(4) === 0 ? this.int(30_000) : this.int(500));
    const kinds = [
      () => ({ is: 'ok' }),
      () => ({ is: 'ok' }), // and the cookie is too large to be kept: the host asks again at once
      () => ({ is: 'again', wait: 0 }),
      () => ({ is: 'again', wait: [NaN, Infinity, -Infinity, -5, 1e-9, 3, 59, 61, 1e12, '7', null, undefined][this.int(12)] }),
      () => { throw new Error('the line is dead'); },
      () => undefined,
      () => 'nonsense',
      () => ({ is: 'nonsense' }),
      () => ({ is: 'refused' }),
      () => ({ is: 'ended' }),
    ];
    const n = this.mood < 0.3 ? this.int(2) : this.mood < 0.6 ? 2 + this.int(6) : this.int(kinds.length);
    return kinds[n]();
  }

  tab() {
    const tab = { requests: [], endings: 0, channel: this.channel() };
    tab.refresher = new Refresher({
      name: '/signin/',
      ask: () => {
        assert.ok(!tab.refresher.over, 'it asks for a session that has ended');
        this.requests.push(this.time);
        tab.requests.push(this.time);
        return this.answer();
      },
      ended: () => { tab.endings += 1; },
      sleep: (time) => {
        assert.ok(time >= 0 && time <= minute * 1.5, `it sleeps ${time}`);
        return this.sleep(time);
      },
      random: this.random,
      locks: this.locks,
      channel: tab.channel,
    });
    this.tabs.push(tab);
    return tab;
  }
}

// densest is the largest number of times within one minute.
function densest(times) {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to += 1) {
    while (times[to] - times[from] >= minute) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

// caller asks a tab for new tokens, again and again: at once after each result, or after a while.
function caller(world, tab, calls, results) {
  const greedy = world.random() < 0.5;
  const next = async (left) => {
    const before = tab.requests.length;
    const began = world.time;
    const { is } = await tab.refresher.refresh();
    results.push(is);
    assert.ok(['ok', 'ended', 'again', 'refused'].includes(is), is);
    assert.ok(tab.requests.length - before <= 5 + most, 'one call asks too often');
    assert.ok(world.time - began < 15 * minute, 'one call takes too long');
    if (left > 1) world.at(world.time + (greedy ? 0 : world.int(20_000)), () => next(left - 1));
  };
  world.at(world.int(30_000), () => next(calls));
}

await test('no storm', async () => {
  const [now, performanceNow] = [Date.now, performance.now];
  let total = 0;
  try {
    for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
      const world = new World(seed);
      const results = [];
      const tabs = Array.from({ length: 1 + world.int(3) }, () => world.tab());
      let calls = 0;
      for (const tab of tabs) {
        for (let n = world.int(2); n >= 0; n -= 1) {
          const of = 1 + world.int(8);
          calls += of;
          caller(world, tab, of, results);
        }
      }
      await world.run();
      total += world.requests.length;
      const where = `seed ${seed}`;
      assert.equal(results.length, calls, `a call has no result: ${where}`);
      for (const tab of tabs) {
        assert.ok(densest(tab.requests) <= most, `${densest(tab.requests)} requests a minute: ${where}`);
        assert.ok(tab.endings <= 1, `the end is told twice: ${where}`);
      }
      // Where tabs hear one another, they are like one. A message may come after the lock.
      if (world.withLocks && world.withChannel) {
        assert.ok(densest(world.requests) < most + tabs.length, `${densest(world.requests)} requests a minute of all tabs: ${where}`);
      }
    }
  } finally {
    [Date.now, performance.now] = [now, performanceNow];
  }
  assert.ok(total > 5 * runs, 'the runs ask for little');
});

// scripted is a world of one tab whose answers are given.
function scripted(answers, options = {}) {
  const world = new World(1);
  Object.assign(world, { withLocks: false, withChannel: false, ...options });
  world.answer = async () => {
    await world.sleep(10);
    return answers.length > 1 ? answers.shift() : answers[0];
  };
  return world;
}

await test('a dead line is tried five times, at longer and longer intervals', async () => {
  const world = scripted([{ is: 'again' }]);
  const tab = world.tab();
  let result;
  const waits = [];
  tab.refresher.refresh((seconds) => waits.push(seconds)).then((r) => { result = r; });
  await world.run();
  assert.equal(result.is, 'again');
  assert.equal(tab.requests.length, 5);
  assert.equal(waits.length, 4);
  const gaps = tab.requests.slice(1).map((t, i) => t - tab.requests[i]);
  for (let i = 1; i < gaps.length; i += 1) assert.ok(gaps[i] > gaps[i - 1], String(gaps));
});

await test('an outage that ends is waited for', async () => {
  const world = scripted([{ is: 'again' }, { is: 'again', wait: 7 }, { is: 'ok' }]);
  const tab = world.tab();
  let result;
  tab.refresher.refresh().then((r) => { result = r; });
  await world.run();
  assert.equal(result.is, 'ok');
  assert.equal(tab.requests.length, 3);
  assert.ok(tab.requests[2] - tab.requests[1] >= 7000);
});

await test('an ended session is asked for once, and again after a sign-in', async () => {
  const world = scripted([{ is: 'ended' }, { is: 'ok' }]);
  const tab = world.tab();
  const results = [];
  const once = async () => results.push((await tab.refresher.refresh()).is);
  world.at(0, once);
  world.at(1000, once);
  world.at(2000, () => tab.refresher.reset());
  world.at(3000, once);
  await world.run();
  assert.deepEqual(results, ['ended', 'ended', 'ok']);
  assert.equal(tab.requests.length, 2);
  assert.equal(tab.endings, 1);
});

for (const [name, options] of [['locks and a channel', { withLocks: true, withChannel: true }], ['a channel alone', { withChannel: true }]]) {
  await test(`one tab asks for all, with ${name}`, async () => {
    const world = scripted([{ is: 'ok' }], options);
    const tabs = [world.tab(), world.tab(), world.tab()];
    const results = [];
    for (const tab of tabs) world.at(0, async () => results.push((await tab.refresher.refresh()).is));
    await world.run();
    assert.deepEqual(results, ['ok', 'ok', 'ok']);
    assert.equal(world.requests.length, 1);
  });
}
