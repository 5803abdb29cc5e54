// What is seen: one form, of which every screen shows a part.

import { clock } from './text.js';

const byId = (id) => document.getElementById(id);

// CheckBox is where a human check is seen: what it is, how far it has got, and a button that
// cancels it. It is hidden until show is called, and gone after close.
class CheckBox {
  constructor(view, cancel) {
    this.view = view;
    this.box = byId('check');
    this.text = byId('check-text');
    this.bar = byId('check-bar');
    this.bar.hidden = true;
    this.tasks = [];
    this.closed = false;
    byId('check-cancel').onclick = cancel;
  }

  get shown() {
    return !this.box.hidden;
  }

  show(key) {
    if (this.closed) return;
    if (!this.shown) this.view.clear();
    this.box.hidden = false;
    this.view.setText(this.text, this.view.words.of(key));
  }

  // progress says how far it is, from 0 to 1. NaN: nobody knows.
  progress(part) {
    this.bar.hidden = false;
    if (part <= 1) this.bar.value = part;
  }

  // place is a new element for a widget.
  place() {
    const place = document.createElement('div');
    if (!this.closed) {
      this.box.prepend(place);
      this.onClose(() => place.remove());
    }
    return place;
  }

  // onClose adds a task for the end. The last one is done first.
  onClose(task) {
    if (this.closed) task();
    else this.tasks.unshift(task);
  }

  close() {
    this.closed = true;
    this.tasks.forEach((task) => task());
    if (this.box.contains(document.activeElement)) this.view.submit.focus();
    this.box.hidden = true;
    this.bar.removeAttribute('value');
    this.text.textContent = '';
  }
}

export class View {
  constructor(words, name) {
    this.words = words;
    this.name = name;
    this.form = byId('form');
    this.title = byId('title');
    this.lead = byId('lead');
    this.alertBox = byId('alert');
    this.noteBox = byId('note');
    this.submit = byId('submit');
    this.links = byId('links');
    this.code = byId('code');
    this.password = byId('password');
    this.show = byId('show');
    this.show.addEventListener('click', () => this.reveal(this.password.type === 'password'));
    this.label = '';
    this.heldUntil = 0;
    this.timers = new Map();
  }

  // screen shows a screen: its texts, fields and links. spec: {key, phone, fields, links,
  // newPassword}; a link is [key, action].
  screen(spec) {
    this.clear();
    for (const stop of this.timers.values()) clearInterval(stop);
    this.timers.clear();
    this.heldUntil = 0;
    this.title.textContent = this.words.of(`title.${spec.key}`);
    document.title = this.name ? `${this.title.textContent} · ${this.name}` : this.title.textContent;
    this.setLead(spec);
    for (const [id, fields] of [['number', ['phone', 'country']], ['one-time', ['code']], ['secret', ['password']]]) {
      const shown = spec.fields.includes(id);
      byId(id).hidden = !shown;
      for (const field of fields) byId(field).disabled = !shown;
    }
    byId('secret-label').textContent = this.words.of(spec.newPassword ? 'label.new_password' : 'label.password');
    this.password.autocomplete = spec.newPassword ? 'new-password' : 'current-password';
    byId('hint').hidden = !spec.newPassword;
    this.describe(this.password, spec.newPassword ? 'hint' : '');
    byId('phone').autocomplete = spec.fields.includes('secret') ? 'username' : 'tel';
    this.reveal(false);
    this.label = this.words.of(`action.${spec.key}`);
    this.submit.hidden = spec.fields.length === 0 && !spec.onward;
    this.release();
    this.links.replaceChildren(...spec.links.map(([key, action]) => this.link(key, action)));
    this.form.hidden = false;
    this.form.dataset.screen = spec.key;
  }

  setLead({ key, phone }) {
    const [before, after] = this.words.parts(`lead.${key}`, 'phone');
    this.lead.replaceChildren(before);
    if (after !== undefined) {
      const number = document.createElement('bdi');
      number.dir = 'ltr';
      number.textContent = phone;
      this.lead.append(number, after);
    }
    this.lead.hidden = this.lead.textContent === '' || (after !== undefined && !phone);
  }

  link(key, action) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.dataset.key = key;
    button.textContent = this.words.of(`link.${key}`);
    button.addEventListener('click', action);
    return button;
  }

  addLink(key, action) {
    if (!this.linkOf(key)) this.links.prepend(this.link(key, action));
  }

  linkOf(key) {
    return this.links.querySelector(`[data-key="${key}"]`);
  }

  // focus moves to the first field that is empty, or else to the heading, so that a
  // screen reader says where one is.
  focus() {
    const fields = [...this.form.querySelectorAll('input:enabled')].filter((input) => !input.closest('[hidden]'));
    const first = fields.find((input) => input.value === '') ?? fields[0];
    (first ?? this.title).focus();
  }

  reveal(on) {
    this.password.type = on ? 'text' : 'password';
    this.show.setAttribute('aria-pressed', String(on));
  }

  // describe says by which elements a field is described, for those who cannot see them.
  describe(field, ...ids) {
    const list = ids.filter(Boolean).join(' ');
    if (list) field.setAttribute('aria-describedby', list);
    else field.removeAttribute('aria-describedby');
  }

  clear() {
    this.alertBox.replaceChildren();
    this.noteBox.replaceChildren();
    for (const input of this.form.querySelectorAll('[aria-invalid]')) {
      input.removeAttribute('aria-invalid');
      this.describe(input, input === this.password && !byId('hint').hidden ? 'hint' : '');
    }
  }

  // alert says what went wrong, and with which field.
  alert(sentence, field) {
    this.clear();
    const p = document.createElement('p');
    p.className = 'alert';
    p.textContent = sentence;
    this.alertBox.replaceChildren(p);
    if (field) {
      field.setAttribute('aria-invalid', 'true');
      this.describe(field, 'alert', field === this.password && !byId('hint').hidden ? 'hint' : '');
      field.focus();
      field.select();
    }
  }

  note(sentence) {
    this.clear();
    const p = document.createElement('p');
    p.className = 'note';
    p.textContent = sentence;
    this.noteBox.replaceChildren(p);
  }

  // check is a place for a human check.
  check(cancel) {
    return new CheckBox(this, cancel);
  }

  busy(on) {
    this.form.setAttribute('aria-busy', String(on));
    this.submit.classList.toggle('busy', on);
  }

  // until calls each with the whole seconds that are left, every second until there are
  // none. There is one countdown of a name.
  until(name, time, each) {
    clearInterval(this.timers.get(name));
    const tell = () => {
      const left = Math.max(0, Math.ceil((time - Date.now()) / 1000));
      if (left === 0) {
        clearInterval(this.timers.get(name));
        this.timers.delete(name);
      }
      each(left);
    };
    this.timers.set(name, setInterval(tell, 250));
    tell();
  }

  // hold keeps the main button from being used until then, and counts down on it.
  hold(time, then) {
    this.heldUntil = time;
    this.until('hold', time, (left) => {
      if (left === 0) {
        this.release();
        then();
        return;
      }
      this.submit.setAttribute('aria-disabled', 'true');
      this.setText(this.submit, this.words.of('action.wait', { time: clock(left) }));
    });
  }

  get held() {
    return Date.now() < this.heldUntil;
  }

  release() {
    this.heldUntil = 0;
    this.submit.removeAttribute('aria-disabled');
    this.setText(this.submit, this.label);
  }

  setText(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  // resend counts down on the link that sends again.
  resend(time) {
    const link = this.linkOf('resend');
    if (!link) return;
    this.until('resend', time, (left) => {
      link.disabled = left > 0;
      this.setText(link, left > 0 ? this.words.of('link.resend_in', { time: clock(left) }) : this.words.of('link.resend'));
    });
  }
}
