// What is seen: the screen that the server has rendered, its sentences and its countdowns.

import { clock } from './digits.js';

export const byId = (id) => document.getElementById(id);
export const screen = () => byId('screen');
export const mainForm = () => screen().querySelector('form[data-main]');

// config is what the page says to its scripts: lang, base, check (the kind of the human check) and texts.
export const config = JSON.parse(byId('texts').textContent);

// say is the text of a key of the scripts.
export const say = (key) => config.texts[`js.${key}`] ?? '';

// sentence puts one sentence into a box, in place of what it says. An empty one empties it.
function sentence(box, kind, text) {
  if (!box) return;
  box.textContent = '';
  if (!text) return;
  const p = document.createElement('p');
  p.className = kind;
  p.textContent = text;
  box.append(p);
}

// alert says what is wrong with what the person did last, and forgets what was said before.
export function alert(code, text = say(code)) {
  note('');
  sentence(byId('alert'), 'alert', text);
  byId('alert').dataset.code = text && code;
}

// note says something that is not wrong.
export function note(text) {
  sentence(byId('note'), 'note', text);
}

// valid takes the mark of a fault from a field.
export function valid(field) {
  field.removeAttribute('aria-invalid');
  const ids = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== 'alert');
  if (ids.length > 0) field.setAttribute('aria-describedby', ids.join(' '));
  else field.removeAttribute('aria-describedby');
}

// quiet forgets the sentences and the faults, because the person does something about them.
export function quiet() {
  alert('', '');
  screen().querySelectorAll('[aria-invalid]').forEach(valid);
}

// busy says whether a request is on its way.
export function busy(on) {
  mainForm()?.setAttribute('aria-busy', String(on));
  byId('submit')?.classList.toggle('busy', on);
}

// show puts the screen of an answer into the page. Where it is the same one as before, the fields, the
// caret and the focus stay, and only what the answer says is replaced.
export function show(next) {
  const old = screen();
  const same = old.dataset.screen === next.dataset.screen && old.dataset.shape === next.dataset.shape;
  const held = focusOf(document.activeElement);
  document.adoptNode(next);
  if (same) merge(old, next);
  else {
    old.replaceWith(next);
    keepNumber(old, next);
  }
  if (next.dataset.title) document.title = document.title.replace(/^.*?(?= · |$)/, () => next.dataset.title);
  countdowns();
  if (!same) focusFirst();
  else if (!focusFault()) focusAgain(held);
  return !same;
}

// merge takes over what an answer says of the same screen.
function merge(old, next) {
  const [form, now] = [old, next].map((s) => s.querySelector('form[data-main]'));
  for (const part of old.querySelectorAll('[data-part][id]')) if (!next.querySelector(`#${part.id}`)) part.remove();
  for (const part of next.querySelectorAll('[data-part][id]')) {
    const before = old.querySelector(`#${part.id}`);
    // An alert is heard when it changes, so its box stays.
    if (before && part.hasAttribute('role')) {
      before.textContent = '';
      before.append(...part.childNodes);
      attributes(before, part);
    } else if (before) before.replaceWith(part);
    else (form ?? old).append(part);
  }
  for (const id of ['title', 'lead']) {
    const [before, now] = [old.querySelector(`#${id}`), next.querySelector(`#${id}`)];
    if (before && now) before.replaceWith(now);
  }
  for (const field of old.querySelectorAll('input:not([type=hidden]), select')) {
    const now = field.id && next.querySelector(`#${field.id}`);
    if (now) attributes(field, now, ['aria-invalid', 'aria-describedby', 'data-length', 'class']);
  }
  if (!form || !now) return;
  attributes(form, now, ['action', 'data-expires']);
  const kept = ['zone', 'chosen'];
  for (const input of form.querySelectorAll('input[type=hidden]')) if (!kept.includes(input.name)) input.remove();
  for (const input of now.querySelectorAll('input[type=hidden]')) if (!kept.includes(input.name)) form.append(input);
}

// keepNumber takes the number that was typed along to a screen that asks for one and has none.
function keepNumber(old, next) {
  const [from, to] = [old, next].map((s) => s.querySelector('#phone'));
  if (!from || !to || to.value) return;
  for (const field of ['#country', '[name=chosen]', '#phone']) {
    const [before, now] = [old, next].map((s) => s.querySelector(field));
    if (before && now) now.value = before.value;
  }
}

function attributes(to, from, names = from.getAttributeNames()) {
  for (const name of names) {
    if (from.hasAttribute(name)) to.setAttribute(name, from.getAttribute(name));
    else to.removeAttribute(name);
  }
}

// focusFirst moves to the first field that is empty, or else to the heading, so that a screen reader
// says where one is.
export function focusFirst() {
  if (focusFault()) return;
  const fields = [...screen().querySelectorAll('input:not([type=hidden]):not(:disabled)')].filter((f) => !f.closest('[hidden]'));
  (fields.find((f) => f.value === '') ?? fields[0] ?? byId('title'))?.focus();
}

// focusFault moves to the field that is at fault, and selects what it holds.
function focusFault() {
  const field = screen().querySelector('[aria-invalid=true]');
  if (!field) return false;
  field.focus();
  field.select?.();
  return true;
}

// focusOf says where the focus is, so that it can be found in a part that is replaced.
const focusOf = (e) => (e?.id ? `#${e.id}` : e?.dataset.key && `[data-key="${e.dataset.key}"]`);

function focusAgain(where) {
  if (!where || screen().contains(document.activeElement)) return;
  const e = screen().querySelector(where);
  if (e && !e.disabled) e.focus();
  else (screen().querySelector('#code') ?? byId('submit') ?? byId('title'))?.focus();
}

// Countdowns. All run by one timer, and end with their elements.
let timers = []; // {element, end, each}
let ticking = 0;

// until calls each with the whole seconds that are left, now and every second until there are none.
// There is one countdown for an element.
export function until(element, seconds, each) {
  stop(element);
  const timer = { element, end: Date.now() + seconds * 1000, each, left: seconds + 1 };
  timers.push(timer);
  tell(timer);
  if (!ticking) ticking = setInterval(() => timers.forEach(tell), 250);
}

// stop ends the countdown of an element.
export function stop(element) {
  timers = timers.filter((timer) => timer.element !== element && timer.element.isConnected);
  if (timers.length > 0) return;
  clearInterval(ticking);
  ticking = 0;
}

function tell(timer) {
  const left = Math.max(0, Math.ceil((timer.end - Date.now()) / 1000));
  if (!timer.element.isConnected || left === 0) stop(timer.element);
  if (!timer.element.isConnected || left === timer.left) return;
  timer.left = left;
  timer.each(left);
}

// countdowns begins those that the screen asks for by its attributes.
export function countdowns() {
  for (const button of screen().querySelectorAll('[data-available]')) later(button);
  const submit = screen().querySelector('[data-held]');
  if (submit) hold(submit, Number(submit.dataset.held), submit.dataset.wait);
  const form = screen().querySelector('[data-expires]');
  if (form) {
    until(form, Number(form.dataset.expires), (left) => {
      if (left === 0) show(byId('expired').content.firstChild);
    });
  }
}

// later keeps a button from being used until its seconds are over.
function later(button) {
  const text = button.textContent;
  const seconds = Number(button.dataset.available);
  if (!(seconds > 0)) return;
  until(button, seconds, (left) => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? button.dataset.in.replace('{time}', clock(left)) : text;
  });
}

// hold keeps the main button from being used, and counts down on it. It keeps the focus.
export function hold(button, seconds, wait, then = ready) {
  if (!button || !(seconds > 0)) return;
  const text = button.dataset.text ?? button.textContent;
  button.dataset.text = text;
  button.setAttribute('aria-disabled', 'true');
  until(button, seconds, (left) => {
    button.textContent = left > 0 && wait ? wait.replace('{time}', clock(left)) : text;
    if (left > 0) return;
    release(button);
    then();
  });
}

function ready() {
  quiet();
  note(say('ready'));
}

// release lets the main button be used again.
export function release(button) {
  stop(button);
  button.removeAttribute('aria-disabled');
  button.textContent = button.dataset.text ?? button.textContent;
  delete button.dataset.text;
}

export const isHeld = (button) => button?.getAttribute('aria-disabled') === 'true';
