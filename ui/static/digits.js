// Digits, as people type them and as times are shown.

import { ascii } from './number.js';

// clock is seconds as 0:42, 11:58 or 1:00:00.
export function clock(seconds) {
  const pad = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

// codeIn is the code of length digits in a text. sure is false where the text may mean another one:
// such a code is shown and not sent. Without a code it is the digits of the text, too many or too few.
export function codeIn(text, length) {
  const plain = ascii(text);
  if (!length) return { code: plain.replace(/\D/g, '').slice(0, 10), sure: false };
  const bound = new RegExp(`#(\\d{${length}})\\s*$`).exec(plain); // the line for browsers: "@host #123456"
  if (bound) return { code: bound[1], sure: true };
  const runs = plain.match(/\d+/g) ?? [];
  const exact = runs.filter((run) => run.length === length);
  if (exact.length > 0) return { code: exact[0], sure: exact.every((run) => run === exact[0]) };
  const spaced = /^\D*(\d(?:[ \u00a0-]?\d)*)\D*$/.exec(plain); // "123 456"
  const digits = spaced ? spaced[1].replace(/\D/g, '') : runs.sort((a, b) => b.length - a.length)[0] ?? '';
  return { code: digits.slice(0, length), sure: digits.length === length };
}
