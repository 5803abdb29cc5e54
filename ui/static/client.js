// Package documentation "ui/client": signing in from a page of the host's own, by the routes of the page
// that ui.Handler serves. It stores nothing: the session is in cookies that no script reads.
//
//   import { Client } from '/signin/client.js';
//
//   const client = new Client();
//   const sent = await client.start({ phone: '+201061797840' });
//   if (sent.ok) await client.verify({ ...sent, code: '123456' });
//
// Every call returns an object and never fails: {ok: true, …} or {ok: false, code, …}. client.d.ts has the
// types, docs/pages.md the routes and the codes.

import { Check, able } from './human.js';
import { faultOf, send } from './net.js';
import { Refresher } from './refresh.js';

const rounds = 3; // questions of a human check that are answered for one code

// The answers of these routes have such a field. An answer without it is not of our server.
const marks = { start: 'session_token', register: 'session_token', verify: 'display', password: 'display', user: 'display', 'session/refresh': 'display' };

// Refusals that a further request would get again.
const lasting = ['blocked', 'locked', 'refused', 'cross_origin', 'bad_request'];

// Client is one visitor. options are those of ClientOptions in client.d.ts.
export class Client {
  constructor({
    path = new URL('./', import.meta.url).pathname, lang = document.documentElement.lang, check = 'altcha',
    place = null, progress = () => {}, slow = () => {}, ended = () => {},
  } = {}) {
    Object.assign(this, { path, lang, kind: check, place, progress, slow });
    this.check = null; // the human check that runs
    this.refreshed = 0; // how often there were new tokens
    this.refresher = new Refresher({ name: path, ended, ask: () => this.askRefresh() });
  }

  start({ phone, country = '', purpose = 'sign_in', channel = '', key = newKey() }) {
    return this.asked('start', { phone, country, purpose, channel, key });
  }

  // resend sends a code again. The password of a registration waits with its code.
  resend({ phone, purpose = 'sign_in', session_token: token = '' }, { channel = '', key = newKey() } = {}) {
    if (purpose === 'password_registration') return this.asked('register', { phone, session_token: token, channel, key });
    return this.asked('start', { phone, purpose, channel, key });
  }

  register({ phone, country = '', password, session_token: token = '', channel = '', key = newKey() }) {
    return this.asked('register', { phone, country, password, session_token: token, channel, key });
  }

  async verify({ phone, code, session_token: token = '', purpose = 'sign_in' }) {
    return this.signedIn(await this.call('verify', { phone, code, session_token: token, purpose }));
  }

  async password({ phone, country = '', password }) {
    return this.signedIn(await this.call('password', { phone, country, password }));
  }

  recover({ phone, code, session_token: token = '', password }) {
    return this.call('recover', { phone, code, session_token: token, password });
  }

  delivery({ session_token: token }) {
    return this.call('delivery', { session_token: token });
  }

  user() {
    return this.call('user', {});
  }

  end() {
    return this.call('session/end', {});
  }

  // refresh gets new tokens, in one tab for all tabs. It waits and tries again while nobody knows whether
  // the session lives, at most five times. waiting is called with the seconds before each further request.
  async refresh(waiting) {
    const { is, answer } = await this.refresher.refresh(waiting);
    if (is === 'ok') return { ok: true };
    return { ok: false, code: is === 'ended' ? 'signed_out' : answer?.code ?? 'unavailable' };
  }

  // fetch is like that of the browser. After a 401 it refreshes the session and asks once more, once.
  async fetch(input, init) {
    const first = new Request(input, init);
    const second = first.clone();
    const before = this.refreshed;
    const response = await fetch(first);
    if (response.status !== 401) return response;
    if (this.refreshed === before && !(await this.refresh()).ok) return response;
    return fetch(second);
  }

  // cancel ends the human check that runs: its call returns the code "cancelled".
  cancel() {
    this.check?.cancel();
  }

  async askRefresh() {
    const answer = await this.call('session/refresh', {});
    if (answer.ok) this.refreshed += 1;
    if (answer.ok) return { is: 'ok' };
    if (answer.code === 'signed_out') return { is: 'ended' };
    return { is: lasting.includes(answer.code) ? 'refused' : 'again', wait: answer.retry_after, answer };
  }

  signedIn(answer) {
    if (answer.ok) {
      this.refreshed += 1;
      this.refresher.reset();
    }
    return answer;
  }

  // asked is for routes that send a code: the server may ask whether a person asks.
  async asked(route, body) {
    const purpose = body.purpose ?? 'password_registration';
    let sent = able(this.kind) ? { ...body, human_check: '' } : body;
    for (let round = 0; ; round += 1) {
      const answer = await this.call(route, sent);
      if (answer.ok) return { ...answer, purpose };
      if (!answer.human_check || round === rounds) return answer;
      this.check = new Check(answer.human_check, new Place(this.place, this.progress), this.lang);
      const proof = await this.check.prove();
      this.check = null;
      if (!proof.ok) return proof;
      sent = { ...body, human_check: proof.text };
    }
  }

  // call asks a route. Fields without a value are left out.
  async call(route, fields) {
    const body = {};
    for (const [name, value] of Object.entries(fields)) if (value !== '' || name === 'human_check') body[name] = String(value);
    const outcome = await send({
      address: this.path + route,
      type: 'json',
      headers: { 'Content-Type': 'application/json', ...(this.lang && { 'Accept-Language': this.lang }) },
      body: JSON.stringify(body),
      slow: this.slow,
    }).outcome;
    const { status, wait, response } = outcome;
    const said = response && typeof response === 'object' ? response : {};
    const good = status >= 200 && status < 300 && response && (!marks[route] || typeof said[marks[route]] === 'string');
    if (good) return { ...said, ok: true };
    if (status >= 400 && typeof said.code === 'string') return { ...said, ok: false };
    return { ok: false, code: faultOf(outcome), ...(wait > 0 && { retry_after: wait }) };
  }
}

// newKey makes a request that is sent again count once.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Place is where the human check of a host's page is seen, if anywhere.
class Place {
  constructor(element, progress) {
    this.element = element;
    this.tell = progress;
    this.shown = false;
    this.tasks = [];
  }

  show(key) {
    this.shown = true;
    this.tell({ state: key === 'check_vendor' ? 'vendor' : 'working' });
  }

  progress(part) {
    if (part <= 1) this.tell({ state: 'working', part });
  }

  place() {
    if (!this.element) throw new Error('phoneauth: the check of a vendor needs options.place');
    const place = document.createElement('div');
    this.element.append(place);
    this.onClose(() => place.remove());
    return place;
  }

  onClose(task) {
    this.tasks.unshift(task);
  }

  close() {
    this.tasks.forEach((task) => task());
    this.tell({ state: 'done' });
  }
}
