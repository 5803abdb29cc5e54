// The course of a sign-in: which screen comes after which answer.

import { call } from './api.js';
import { HumanCheck } from './human.js';
import { Words, ascii } from './text.js';
import { PhoneField } from './phone.js';
import { View } from './view.js';

const told = (id) => JSON.parse(document.getElementById(id).textContent);
const config = told('config');
const visit = told('visit');
const words = new Words(config.texts, config.lang);
const phone = new PhoneField(config);
const view = new View(words, config.name);
const human = new HumanCheck(config, view);

const storeKey = `phoneauth:${location.pathname}`;
const minPassword = 8;
const maxPassword = 128;
const maxLife = 10 * 60_000; // of a code

// code is the one that is on its way, or none: purpose, key (of whom it was sent to),
// country, phone, display, token, expiresAt, resendAt, tries, length. It outlives the page,
// which a phone may drop while its owner reads the message. There is no secret in it.
let code = null;
let current = 'phone';
let webOTP = null;
let checked = ''; // the code that was given last
let user = null; // the number of whoever is signed in, "" while it is not known

const go = (key, options) => () => show(key, options);

const screens = {
  phone: {
    fields: ['number'],
    links: () => (config.passwords ? [['password', go('password')]] : []),
    submit: () => start('sign_in'),
  },
  code: {
    fields: ['one-time'],
    links: () => [['resend', resend], ['change', () => show(code.purpose === 'password_registration' ? 'register' : 'phone')]],
    submit: verify,
  },
  password: {
    fields: ['number', 'secret'],
    links: () => [['forgot', go('forgot')], ['phone', go('phone')], ['register', go('register')]],
    submit: signIn,
  },
  register: {
    fields: ['number', 'secret'],
    newPassword: true,
    links: () => [['sign_in', go('password')], ['phone', go('phone')]],
    submit: register,
  },
  forgot: {
    fields: ['number'],
    links: () => [['sign_in', go('password')]],
    submit: () => start('password_reset'),
  },
  reset: {
    fields: ['one-time', 'secret'],
    newPassword: true,
    links: () => [['resend', resend], ['change', go('forgot')]],
    submit: recover,
  },
  done: {
    fields: [],
    links: () => [['sign_out', signOut]],
    submit: leave,
  },
};

// show goes to a screen. Going back in the browser comes back to the one before.
function show(key, { silent = false, replace = false } = {}) {
  webOTP?.abort();
  human.cancel();
  const registering = [key, current].every((k) => k === 'register' || k === 'code');
  if (!registering) view.password.value = ''; // else sending again needs it
  current = key;
  const screen = screens[key];
  const display = key === 'done' ? user : code?.display;
  view.screen({ ...screen, key, links: screen.links(), phone: display, onward: visit.next !== '' });
  if (history.state?.screen !== key) {
    history[replace || silent ? 'replaceState' : 'pushState']({ screen: key }, '');
  }
  if (key === 'code' || key === 'reset') awaitCode();
  if (!silent || matchMedia('(hover: hover)').matches) view.focus(); // else a keyboard would cover the page
  remember();
}

function awaitCode() {
  view.code.value = '';
  checked = '';
  view.form.style.setProperty('--digits', code.length || 6);
  view.describe(view.code, 'lead');
  view.resend(code.resendAt);
  if (code.expiresAt) {
    view.until('expiry', code.expiresAt, (left) => {
      if (left === 0) view.note(words.of('note.expired'));
    });
  }
  readMessage();
}

// readMessage asks the browser for the code of the message (WebOTP), where it can.
async function readMessage() {
  if (!('OTPCredential' in window)) return;
  webOTP = new AbortController();
  try {
    const otp = await navigator.credentials.get({ otp: { transport: ['sms'] }, signal: webOTP.signal });
    view.code.value = otp.code;
    typedCode();
  } catch {
    // No message, no permission, or the screen was left: people can type.
  }
}

const number = () => ({ country: phone.country, phone: phone.value });
const numberOf = ({ country, phone: typed }) => ({ country, phone: typed });
const keyOf = (purpose, { country, phone: typed }) => JSON.stringify([purpose, country, typed]);

// codeExpired reports whether the code is dead for certain.
const codeExpired = () => code.tries === 0 || (code.expiresAt && Date.now() >= code.expiresAt);

// sent takes down what the server said of a code that it has sent.
function sent(purpose, to, answer) {
  code = {
    purpose,
    key: keyOf(purpose, to),
    ...to,
    display: answer.display,
    token: answer.session_token,
    expiresAt: Date.now() + answer.expires_in * 1000,
    resendAt: Date.now() + answer.resend_in * 1000,
    tries: answer.tries_left,
    length: answer.code_length,
  };
  remember();
}

async function start(purpose) {
  if (phone.value === '') return refuse('empty_phone', phone.input);
  const next = purpose === 'sign_in' ? 'code' : 'reset';
  if (code?.key === keyOf(purpose, number()) && !codeExpired() && Date.now() < code.resendAt) return show(next);
  const to = number();
  const answer = await ask('start', { ...to, purpose });
  if (!answer.ok) {
    if (answer.limit === 'sent') view.addLink('have_code', () => haveCode(purpose, answer));
    return undefined;
  }
  sent(purpose, to, answer);
  return show(next);
}

// haveCode goes on with a code that another page has asked for.
function haveCode(purpose, answer) {
  code = {
    purpose,
    key: keyOf(purpose, number()),
    ...number(),
    display: phone.value.startsWith('+') ? phone.value : `${phone.dial.textContent} ${phone.value.replace(/^0/, '')}`,
    token: '',
    expiresAt: 0, // another page knows
    askedAt: Date.now(),
    resendAt: Date.now() + answer.retry_after * 1000,
    length: 0,
  };
  show(purpose === 'sign_in' ? 'code' : 'reset');
}

async function register() {
  if (phone.value === '') return refuse('empty_phone', phone.input);
  if (!newPasswordFits()) return undefined;
  const token = code?.purpose === 'password_registration' ? code.token : '';
  const to = number();
  const answer = await ask('register', { ...to, password: view.password.value, session_token: token });
  if (!answer.ok) return undefined;
  sent('password_registration', to, answer);
  return show('code');
}

async function resend() {
  const { purpose } = code;
  const to = numberOf(code);
  if (purpose === 'password_registration' && view.password.value === '') return show('register');
  const answer = purpose === 'password_registration'
    ? await ask('register', { ...to, password: view.password.value, session_token: code.token })
    : await ask('start', { ...to, purpose });
  if (!answer.ok) return undefined;
  sent(purpose, to, answer);
  awaitCode();
  view.note(words.of('note.resent'));
  return view.code.focus();
}

async function verify() {
  const typed = typedDigits();
  if (!codeFits(typed)) return undefined;
  checked = typed;
  const { purpose, token } = code;
  const answer = await ask('verify', { ...numberOf(code), purpose, session_token: token, code: typed });
  return answer.ok ? signedIn(answer) : undefined;
}

async function recover() {
  const typed = typedDigits();
  if (!codeFits(typed) || !newPasswordFits()) return undefined;
  const answer = await ask('recover', {
    ...numberOf(code), session_token: code.token, code: typed, password: view.password.value,
  });
  if (!answer.ok) return undefined;
  code = null;
  show('password');
  return view.note(words.of('note.saved'));
}

async function signIn() {
  if (phone.value === '') return refuse('empty_phone', phone.input);
  if (view.password.value === '') return refuse('empty_password', view.password);
  const answer = await ask('password', { ...number(), password: view.password.value });
  return answer.ok ? signedIn(answer) : undefined;
}

function signedIn(answer) {
  code = null;
  view.password.value = '';
  sessionStorage.removeItem(storeKey);
  user = answer.display;
  if (visit.next === '') return show('done', { replace: true });
  return leave();
}

// leave goes on to the host's page. The server has seen to it that it is of this origin.
function leave() {
  const to = new URL(visit.next, location.href);
  if (to.origin === location.origin) location.replace(to);
}

async function signOut() {
  const answer = await ask('session/end', {});
  if (!answer.ok) return;
  user = null;
  show('phone', { replace: true });
  view.note(words.of('note.signed_out'));
}

const typedDigits = () => ascii(view.code.value).replace(/\D/g, '');

function codeFits(typed) {
  const wanted = code.length || 6;
  if (code.length ? typed.length === wanted : typed.length >= wanted) return true;
  refuse(words.count('error.empty_code', wanted), view.code);
  return false;
}

function newPasswordFits() {
  const length = [...view.password.value].length;
  if (length >= minPassword && length <= maxPassword) return true;
  refuse(length < minPassword ? 'password_short' : 'password_long', view.password);
  return false;
}

// refuse says what is wrong: the name of a sentence, or a sentence.
function refuse(name, field) {
  view.alert(words.has(`error.${name}`) ? words.of(`error.${name}`) : name, field);
}

// ask calls a route and says what is wrong when it refuses. Calls wait for one another; of
// the same route there is one at a time.
const sends = ['start', 'register']; // send a code
let asking = null; // {route, done}
async function ask(route, body) {
  if (asking?.route === route) return { ok: false };
  while (asking) await asking.done;
  view.busy(true);
  const done = sends.includes(route) ? human.send(route, body) : call(route, body, config.lang);
  asking = { route, done };
  const answer = await done;
  asking = null;
  view.busy(false);
  if (!answer.ok) explain(answer);
  return answer;
}

// fieldOf says which field an answer is about.
const fieldOf = {
  invalid_phone: () => phone.input,
  phone_taken: () => phone.input,
  invalid_code: () => view.code,
  password_rejected: () => view.password,
  invalid_password: () => view.password,
};

function explain(answer) {
  const field = fieldOf[answer.code]?.();
  const shown = field && !field.disabled ? field : undefined;
  switch (answer.code) {
    case 'rate_limited':
      return limited(answer);
    case 'invalid_code':
      return wrongCode(answer);
    case 'cancelled':
      return view.note(words.of('note.cancelled'));
    case 'password_rejected':
      return view.alert(words.of('error.password_rejected', { reason: answer.reason }), shown);
    default:
      return refuse(words.has(`error.${answer.code}`) ? answer.code : 'unavailable', shown);
  }
}

// limited counts down what there is to wait for: on the link to send again where a code
// has been sent, else on the main button.
function limited({ limit, retry_after: seconds }) {
  const key = limit ? `error.rate_limited_${limit}` : 'error.rate_limited';
  view.alert(words.of(key, { time: words.duration(seconds) }));
  const time = Date.now() + seconds * 1000;
  if (limit === 'sent' && code && (current === 'code' || current === 'reset')) {
    code.resendAt = time;
    view.resend(time);
    return;
  }
  view.hold(time, () => view.note(words.of('note.ready')));
}

// wrongCode says how many tries are left, as the server counts them. It does not tell
// where the code was asked for by another page, or is gone: then there is none for this one.
function wrongCode({ tries_left: left }) {
  const sentences = [words.of('error.invalid_code')];
  if (code.token) {
    code.tries = left ?? 0;
    sentences.push(code.tries === 0 ? words.of('tries.none') : words.count('tries', code.tries));
  }
  remember();
  view.alert(sentences.join(' '), view.code);
}

// typedCode tidies the code and gives it as soon as it is whole, once.
function typedCode() {
  const typed = typedDigits().slice(0, code.length || 10);
  if (view.code.value !== typed) view.code.value = typed;
  if (current === 'code' && code.length && typed.length === code.length && typed !== checked && !view.held) verify();
}

function remember() {
  if (code) sessionStorage.setItem(storeKey, JSON.stringify({ code, current }));
  else sessionStorage.removeItem(storeKey);
}

// recall goes on where this page was left, if its code still lives.
function recall() {
  try {
    const left = JSON.parse(sessionStorage.getItem(storeKey));
    if (!left || Date.now() >= (left.code.expiresAt || left.code.askedAt + maxLife)) return 'phone';
    code = left.code;
    phone.country = code.country;
    phone.value = code.phone;
    return left.current in screens ? left.current : 'phone';
  } catch {
    return 'phone';
  }
}

view.form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!view.held) screens[current].submit();
});
view.code.addEventListener('input', typedCode);
window.addEventListener('popstate', ({ state }) => {
  let key = state?.screen ?? 'phone';
  if (!code && (key === 'code' || key === 'reset')) key = 'phone';
  if (user === null && key === 'done') key = 'phone';
  show(key, { replace: true });
});

async function begin() {
  if (visit.signed_in) {
    const answer = await call('user', {}, config.lang);
    if (answer.code !== 'signed_out') {
      user = answer.display ?? '';
      show('done', { silent: true });
      return answer.ok ? undefined : explain(answer);
    }
  }
  if (visit.refresh) {
    const answer = await call('session/refresh', {}, config.lang);
    if (answer.ok) return signedIn(answer);
  }
  return show(recall(), { silent: true });
}

begin();
