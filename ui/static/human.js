// The human check. The server may ask whether a person asks, before it sends a code. The
// browser answers, and asks for the code again.

import { call } from './api.js';

const rounds = 3; // questions that are answered for one code
const unseen = 1000; // milliseconds
const life = 5 * 60_000; // of a question

// most is how many keys a challenge of our server takes at most, or NaN. It doubles with each
// level.
const most = ({ parameters }) => 300 * 2 ** (parameters.data?.level - 1);

// workerAddress is the one address that a worker of this page may have. The policy of the page
// forbids texts in its place.
let workerPolicy = null;
function workerAddress() {
  if (!window.trustedTypes) return 'worker.js';
  workerPolicy = workerPolicy ?? trustedTypes.createPolicy('phoneauth', { createScriptURL: () => 'worker.js' });
  return workerPolicy.createScriptURL('');
}

const kinds = {
  altcha: { able: () => window.isSecureContext && 'Worker' in window && 'subtle' in crypto, solve: work },
  turnstile: { able: () => true, solve: ask },
  hcaptcha: { able: () => true, solve: ask },
  recaptcha: { able: () => true, solve: ask },
};

export class HumanCheck {
  constructor({ check, lang }, view) {
    this.kind = check;
    this.lang = lang;
    this.view = view;
    this.stop = null; // ends the check that runs
  }

  // send calls a route that sends a code. It says that it can answer, where it can.
  async send(route, body) {
    const able = kinds[this.kind]?.able();
    let answer = await call(route, able ? { ...body, human_check: '' } : body, this.lang);
    for (let round = 0; round < rounds && answer.human_check; round += 1) {
      const proof = await this.prove(answer.human_check);
      if (!proof.ok) return proof;
      answer = await call(route, { ...body, human_check: proof.text }, this.lang);
    }
    return answer;
  }

  // prove answers a question: {ok: true, text}, or {ok: false, code}.
  async prove(question) {
    const kind = kinds[question.kind];
    if (!kind) return { ok: false, code: 'check_failed' };
    if (!kind.able()) return { ok: false, code: 'check_insecure' };
    const box = this.view.check(() => this.cancel());
    const timers = [];
    try {
      return await new Promise((end) => {
        this.stop = (code) => end({ ok: false, code });
        timers.push(setTimeout(() => box.shown || box.show('check.working'), unseen), setTimeout(() => this.stop('human_check_required'), life));
        kind.solve({ question, box, lang: this.lang })
          .then((text) => end({ ok: true, text }), () => end({ ok: false, code: 'check_failed' }));
      });
    } finally {
      this.stop = null;
      timers.forEach(clearTimeout);
      box.close();
    }
  }

  // cancel ends the check that runs, if one does.
  cancel() {
    this.stop?.('cancelled');
  }
}

// work solves a challenge of the embedded check.
async function work({ question: { challenge }, box }) {
  const worker = new Worker(workerAddress());
  box.onClose(() => worker.terminate());
  const solution = await new Promise((solved, failed) => {
    worker.onerror = failed;
    worker.onmessage = ({ data }) => {
      if ('tried' in data) box.progress(data.tried / most(challenge));
      else if (data.solution) solved(data.solution);
      else failed(data.fault);
    };
    worker.postMessage(challenge);
  });
  const text = new TextEncoder().encode(JSON.stringify({ challenge, solution }));
  return btoa(String.fromCharCode(...text));
}

// ask shows the widget of a vendor.
async function ask(task) {
  const { token } = await import('./vendor.js');
  return token(task);
}
