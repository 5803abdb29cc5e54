// Helps the account page beside app.js: a form with data-plain is answered with a file, so the browser
// sends it by itself. It does not tell when it has the file.

import { alert, note, quiet } from './screen.js';

let pressed = null; // the button that was pressed last; Chrome 80 has no event.submitter

document.addEventListener('click', ({ target }) => { pressed = target.closest?.('button'); }, true);

// In the capturing phase, which comes before that of app.js.
document.addEventListener('submit', (event) => {
  const said = event.target.dataset.plain;
  const button = event.submitter ?? (pressed?.form === event.target ? pressed : null);
  if (!said || button?.hasAttribute('formaction')) return;
  event.stopPropagation();
  quiet();
  if (navigator.onLine !== false) {
    note(said);
    return;
  }
  event.preventDefault();
  alert('offline');
}, true);
