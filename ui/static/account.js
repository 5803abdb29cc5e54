// Helps the account page beside app.js: a form with data-plain is answered with a file, so the browser
// sends it by itself. It does not tell when it has the file.

import { alert, note, quiet } from './screen.js';

const twice = 5000; // milliseconds: whoever presses twice sends the code once. The second would cancel the first

let sent = { code: '', time: -twice };
let pressed = null; // the button that was pressed last; Chrome 80 has no event.submitter

document.addEventListener('click', ({ target }) => { pressed = target.closest?.('button'); }, true);

// In the capturing phase, which comes before that of app.js.
document.addEventListener('submit', (event) => {
  const said = event.target.dataset.plain;
  const button = event.submitter ?? (pressed?.form === event.target ? pressed : null);
  if (!said || button?.hasAttribute('formaction')) return;
  event.stopPropagation();
  quiet();
  if (navigator.onLine === false) {
    event.preventDefault();
    alert('offline');
    return;
  }
  note(said);
  const { value: code } = event.target.elements.code;
  if (code === sent.code && event.timeStamp - sent.time < twice) event.preventDefault();
  else sent = { code, time: event.timeStamp };
}, true);
