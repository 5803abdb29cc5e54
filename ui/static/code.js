// The field for the code: it takes the code out of what is pasted or filled in, and gives it once.

import { codeIn } from './digits.js';
import { byId, isHeld } from './screen.js';

let given = ''; // the code that was given last
let reading = null; // ends WebOTP

// enhanceCode attaches a new code field. give sends the form.
export function enhanceCode(give) {
  reading?.abort();
  reading = null;
  const field = byId('code');
  if (!field) return;
  given = '';
  const alone = field.dataset.manual === undefined; // else there is more to do
  const length = () => Number(field.dataset.length) || 0;
  const take = ({ code, sure }) => {
    place(field, code);
    if (!sure || !alone || !field.isConnected || code === given || isHeld(byId('submit'))) return;
    given = code;
    give();
  };
  const read = ({ data, inputType, isComposing }) => {
    const typed = data?.length === 1 || /^delete/.test(inputType ?? '');
    const code = codeIn(field.value, 0).code.slice(0, length() || 10);
    const found = typed && length() ? { code, sure: code.length === length() } : codeIn(field.value, length());
    if (!isComposing || found.code === field.value) take(found); // an input method has its text until it ends
  };
  field.addEventListener('input', read);
  field.addEventListener('compositionend', read);
  field.addEventListener('paste', (event) => {
    const found = codeIn(event.clipboardData?.getData('text') ?? '', length());
    if (!length() || found.code.length !== length()) return; // a part of a code goes where the caret is
    event.preventDefault();
    field.dispatchEvent(new Event('input', { bubbles: true })); // what is wrong is about to change
    take(found);
  });
  readMessage(take, length);
}

// place writes code into the field, and keeps the caret behind the digit that it stood behind.
function place(field, code) {
  if (field.value === code) return;
  const before = codeIn(field.value.slice(0, field.selectionStart), 0).code.length;
  field.value = code;
  if (document.activeElement === field) field.setSelectionRange(before, before);
}

// forgetGiven lets the same code be given again: another one may have been sent.
export function forgetGiven() {
  given = '';
}

// readMessage asks the browser for the code of the message (WebOTP), where it can.
async function readMessage(take, length) {
  if (!('OTPCredential' in window)) return;
  const mine = reading = new AbortController();
  try {
    const { code } = await navigator.credentials.get({ otp: { transport: ['sms'] }, signal: mine.signal });
    if (reading === mine) take(codeIn(code, length() || code.length));
  } catch {
    // No message, no permission, or the screen was left: people can type.
  }
}
