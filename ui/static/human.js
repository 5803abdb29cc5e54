// The human check. The server may ask whether a person asks, before it sends a code. The
// browser answers, and the request is sent again with the answer.

const unseen = 1000; // milliseconds
const life = 5 * 60000; // of a question

// most is how many keys a challenge of our server takes at most, or NaN. It doubles with each
// level.
const most = ({ parameters }) => 300 * 2 ** (parameters.data?.level - 1);

// workerAddress is the one address that a worker of this page may have. The policy of the page
// forbids texts in its place.
let workerPolicy = null;
function workerAddress() {
  const address = new URL('worker.js', import.meta.url).href;
  if (!window.trustedTypes) return address;
  workerPolicy = workerPolicy ?? trustedTypes.createPolicy('phoneauth', { createScriptURL: () => address });
  return workerPolicy.createScriptURL('');
}

const kinds = {
  altcha: { able: () => window.isSecureContext && 'Worker' in window && 'subtle' in crypto, solve: work },
  turnstile: { able: () => true, solve: widget },
  hcaptcha: { able: () => true, solve: widget },
  recaptcha: { able: () => true, solve: widget },
};

// able says whether this browser can answer a check of a kind.
export const able = (kind) => kinds[kind]?.able() ?? false;

// Check answers one question. box is where it is seen: {shown, show(key), progress(part), place(),
// onClose(task), close()}. key is 'check_working' or 'check_vendor'; place returns an element for the
// widget of a vendor.
export class Check {
  constructor(question, box, lang) {
    this.question = question;
    this.box = box;
    this.lang = lang;
    this.stop = () => {}; // ends it with a code
  }

  // prove returns {ok: true, text}, or {ok: false, code}: 'check_failed', 'check_insecure'
  // or 'cancelled'. It never fails.
  async prove() {
    const kind = kinds[this.question.kind];
    if (!kind) return { ok: false, code: 'check_failed' };
    if (!kind.able()) return { ok: false, code: 'check_insecure' };
    const timers = [];
    try {
      return await new Promise((end) => {
        this.stop = (code) => end({ ok: false, code });
        timers.push(setTimeout(() => this.box.shown || this.box.show('check_working'), unseen), setTimeout(() => this.stop('check_failed'), life));
        kind.solve(this)
          .then((text) => end({ ok: true, text }), () => end({ ok: false, code: 'check_failed' }));
      });
    } finally {
      timers.forEach(clearTimeout);
      this.box.close();
    }
  }

  // cancel ends the check.
  cancel() {
    this.stop('cancelled');
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

// widget shows the widget of a vendor.
async function widget(check) {
  const { token } = await import('./vendor.js');
  return token(check);
}
