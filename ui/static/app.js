// Helps the screens that the server renders: it sends their forms without leaving the page, says what
// the network does, counts down, and keeps what was typed. Without it every screen still works.

import { Box } from './box.js';
import { enhanceCode, forgetGiven } from './code.js';
import { Check, able } from './human.js';
import { faultOf, send } from './net.js';
import { numberField } from './number.js';
import {
  alert, busy, byId, config, countdowns, focusFirst, hold, isHeld, mainForm, note, quiet, release, say, screen, show, valid,
} from './screen.js';

const rounds = 3; // questions of a human check that are answered for one code
const opened = 'phone password register forgot number export delete'.split(' '); // the screens that have an address

let running = null; // the request on its way: {abort}
let check = null; // the human check that runs
let pressed = null; // the button that was pressed last; Chrome 80 has no event.submitter
let leaving = false; // the browser is on its way to another page
let refused = null; // {number, until}: the number that a limit has refused, and for how long

const number = numberField(document, { texts: config.texts, planURL: `${config.base}plan` });
number.onChange = () => free();

// request sends one request while nothing else is on its way. It returns its outcome.
async function request(options) {
  const one = send({ slow: () => note(say('slow')), ...options, headers: { 'Phoneauth-Script': '1', ...options.headers } });
  running = one;
  busy(true);
  const outcome = await one.outcome;
  if (running === one) {
    running = null;
    busy(false);
  }
  return outcome;
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

// screenOf is the screen in an answer, or null: what has none is not of our server.
const screenOf = ({ response }) => response?.querySelector('#screen[data-screen]');

// fields are those of a form as a browser sends them when a button is pressed.
function fields(of, button) {
  const body = new URLSearchParams();
  new FormData(of).forEach((value, name) => body.append(name, value));
  if (button?.name) body.append(button.name, button.value);
  return body;
}

// submit sends a form and shows what is answered.
async function submit(of, button) {
  if (running || check || leaving || (button?.id === 'submit' && isHeld(button))) return;
  const main = !button?.hasAttribute('formaction');
  const address = main ? of.getAttribute('action') : button.getAttribute('formaction');
  const body = fields(of, button);
  const asked = numberOf(body.get('country'), body.get('phone'));
  quiet();
  const wrong = main && of === mainForm() && byId('phone') && number.verdict();
  if (wrong) {
    alert(wrong);
    byId('phone').setAttribute('aria-invalid', 'true');
    byId('phone').setAttribute('aria-describedby', 'alert');
    byId('phone').focus();
    return;
  }
  if (able(config.check)) body.set('human_check', '');
  const outcome = await answered(() => request({ address, body: String(body), headers: form }), body);
  if (!outcome) return;
  if (!main) forgetGiven();
  if (take(outcome) && outcome.status === 429) refused = { number: asked, until: Date.now() + outcome.wait * 1000 };
  const code = byId('code');
  if (!main && code && !screen().querySelector('[aria-invalid]')) code.value = '';
}

// answered sends a request, and again with the answer to each question of the human check.
async function answered(sending, body) {
  for (let round = 0; ; round += 1) {
    const outcome = await sending();
    const question = screenOf(outcome)?.dataset.check;
    if (!question || round === rounds) return outcome;
    const box = new Box(() => check.cancel());
    check = new Check(JSON.parse(question), box, config.lang);
    busy(true);
    const proof = await check.prove();
    check = null;
    busy(false);
    if (proof.ok) body.set('human_check', proof.text);
    else if (proof.code === 'cancelled') return note(say('cancelled'));
    else if (proof.code !== 'left') return alert(proof.code);
    if (!proof.ok) return null;
  }
}

// take shows the screen of an outcome, or says what is wrong. It returns whether there was a screen.
function take(outcome, { back = false, replace = false } = {}) {
  if (outcome.is === 'aborted') return false;
  const next = screenOf(outcome);
  if (!next) {
    const fault = faultOf(outcome);
    alert(fault);
    if (fault === 'rate_limited') hold(byId('submit'), outcome.wait || 30, byId('submit')?.dataset.wait);
    return false;
  }
  if (next.dataset.leave) {
    leaving = true;
    busy(true);
    location.replace(next.dataset.leave);
    return true;
  }
  refused = null;
  if (!back) visited(next.dataset.screen, replace);
  if (show(next)) fresh();
  else tellDelivery();
  return true;
}

// addressOf is the address of a screen. Screens without one of their own are at the address of the page,
// where the server shows what is pending.
function addressOf(key) {
  const address = new URL(location.href);
  const past = ['screen', 'done', 'signed_out']; // they were about the visit
  if (address.searchParams.has('reauth') && !key.startsWith('reauth')) past.push('reauth', 'next');
  past.forEach((name) => address.searchParams.delete(name));
  if (opened.includes(key)) address.searchParams.set('screen', key);
  return address.pathname + address.search;
}

// visited makes the buttons of the browser go from screen to screen.
function visited(key, replace) {
  const from = screen().dataset.screen;
  if (from === key) return;
  const to = addressOf(key);
  const here = location.pathname + location.search;
  if (replace || key === 'done' || (!opened.includes(from) && to === here)) {
    history.replaceState(null, '', to);
    return;
  }
  if (opened.includes(from)) history.replaceState(null, '', addressOf(from));
  history.pushState(null, '', to);
}

// visit loads a screen by its address.
async function visit(address, options) {
  check?.stop('left');
  running?.abort();
  return take(await request({ method: 'GET', address }), options);
}

// The number that a limit has refused holds the button. Another number is free, and the sentence about
// the first one goes.
const numberOf = (country, phone) => `${country} ${(phone ?? '').replace(/\D/g, '')}`;
const numberNow = () => numberOf(byId('country')?.value, byId('phone')?.value);

function free() {
  const button = byId('submit');
  if (!refused || !byId('phone') || !button) return;
  const left = Math.ceil((refused.until - Date.now()) / 1000);
  if (numberNow() === refused.number && left > 0 && !isHeld(button)) {
    hold(button, left, button.dataset.wait);
  } else if (numberNow() !== refused.number && isHeld(button)) {
    release(button);
    quiet();
    screen().querySelector('[data-key=have_code]')?.remove(); // it is about that number
  }
}

// fresh is for a screen that has just come.
function fresh() {
  enhanceCode(() => submit(mainForm(), byId('submit')));
  reveal();
  tellDelivery();
  if (mainForm()?.dataset.autosubmit !== undefined) resume();
}

// reveal shows the button that shows the password.
function reveal() {
  const [button, field] = [byId('show'), byId('password')];
  if (!button || !field) return;
  button.hidden = false;
  button.onclick = () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  };
}

// resume opens the session of the browser again, once for each time that the page is loaded.
let resumed = false;
async function resume() {
  if (resumed) return;
  resumed = true;
  const of = mainForm();
  const { Refresher } = await import('./refresh.js');
  let last = null;
  const kinds = { leave: 'ok', done: 'ok', resume: 'again' };
  const refresher = new Refresher({
    name: config.base,
    ask: async () => {
      if (!of.isConnected) return { is: 'refused' };
      last = await request({ address: of.getAttribute('action'), body: String(fields(of)), headers: form });
      const key = screenOf(last)?.dataset.screen;
      if (last.is === 'aborted') return { is: 'refused' };
      return { is: key ? kinds[key] ?? 'ended' : 'again', wait: last.wait };
    },
  });
  const { is } = await refresher.refresh((seconds) => {
    take(last);
    hold(byId('submit'), seconds, byId('submit').dataset.wait, () => {});
  });
  if (!of.isConnected) return;
  // Another tab may have done it, so that there is no answer here which says so.
  if (is === 'ok' && !screenOf(last ?? {})?.dataset.leave) location.reload();
  else if (last) take(last);
  else submit(of, byId('submit'));
}

// tellDelivery asks at longer and longer intervals whether the text has arrived, for a minute, while
// somebody looks.
let telling = 0;
function tellDelivery() {
  clearTimeout(telling);
  const began = Date.now();
  const ask = async (wait) => {
    const part = byId('delivery');
    if (!part?.dataset.delivery || Date.now() - began > 60000) return;
    if (document.visibilityState === 'visible') {
      const body = fields(mainForm());
      body.delete('code');
      const { response } = await send({ address: part.dataset.delivery, body: String(body), headers: { 'Phoneauth-Script': '1', ...form } }).outcome;
      const now = response?.querySelector('#delivery');
      if (!now || byId('delivery') !== part) return;
      if (part.textContent !== now.textContent) part.textContent = now.textContent;
      if (now.dataset.delivery) part.dataset.delivery = now.dataset.delivery;
      else delete part.dataset.delivery;
    }
    telling = setTimeout(ask, wait, Math.min(wait * 2, 16000));
  };
  telling = setTimeout(ask, 2000, 4000);
}

document.addEventListener('click', (event) => {
  const target = event.target.closest?.('button, a[href]');
  if (!target || !screen().contains(target)) return;
  pressed = target;
  if (target.tagName !== 'A' || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const to = new URL(target.href);
  if (to.origin !== location.origin || to.pathname !== location.pathname) return;
  event.preventDefault();
  visit(to.href, { replace: target.dataset.key === 'change' });
});

document.addEventListener('submit', (event) => {
  if (!screen().contains(event.target) || event.target.method !== 'post') return;
  event.preventDefault();
  const button = event.submitter ?? (pressed?.form === event.target ? pressed : byId('submit'));
  pressed = null;
  submit(event.target, button);
});

// What is wrong with a field goes as soon as somebody corrects it.
document.addEventListener('input', ({ target }) => {
  if (!screen().contains(target) || (byId('submit') && isHeld(byId('submit')))) return;
  if (target.hasAttribute('aria-invalid')) valid(target);
  if (byId('alert').textContent) quiet();
});

window.addEventListener('popstate', () => visit(location.href, { back: true }));
window.addEventListener('pageshow', ({ persisted }) => {
  leaving = false;
  if (persisted) visit(location.href, { back: true }); // much may have happened since
});

fresh();
countdowns();
// Without a mouse a keyboard would cover the page. Whoever was faster than this script stays where they are.
if (matchMedia('(hover: hover)').matches && document.activeElement === document.body) focusFirst();
