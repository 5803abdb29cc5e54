// Where a human check of the page is seen: what it is, how far it has got, and a button that cancels it.

import { byId, quiet, say } from './screen.js';

// Box is hidden until show is called, and gone after close.
export class Box {
  constructor(cancel) {
    this.cancel = cancel;
    this.shown = false;
    this.tasks = [];
    this.closed = false;
  }

  show(key) {
    if (this.closed) return;
    if (!this.shown) this.open();
    byId('check-text').textContent = say(key);
  }

  open() {
    quiet();
    this.shown = true;
    const box = byId('check');
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'link';
    button.textContent = say('cancel');
    button.onclick = this.cancel;
    this.bar = document.createElement('progress');
    this.bar.id = 'check-bar';
    this.bar.hidden = true;
    this.bar.setAttribute('aria-labelledby', 'check-text');
    box.append(this.bar, button);
    box.hidden = false;
    this.onClose(() => {
      if (box.contains(document.activeElement)) (byId('submit') ?? byId('title')).focus();
      box.hidden = true;
      box.textContent = '';
      byId('check-text').textContent = '';
    });
  }

  // progress says how far it is, from 0 to 1. NaN: nobody knows.
  progress(part) {
    if (!this.bar) return;
    this.bar.hidden = false;
    if (part <= 1) this.bar.value = part;
  }

  // place is a new element for a widget.
  place() {
    const place = document.createElement('div');
    if (!this.closed) {
      byId('check').prepend(place);
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
  }
}
