// The words of the page, in its language, and how it writes numbers and times. Digits are
// ASCII in every language, as those of codes and phone numbers are.

export class Words {
  constructor(texts, lang) {
    this.texts = texts;
    this.lang = `${lang}-u-nu-latn`;
    this.plurals = new Intl.PluralRules(lang);
  }

  // of is the text of key with its {placeholders} filled in.
  of(key, values = {}) {
    return (this.texts[key] ?? '').replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  has(key) {
    return key in this.texts;
  }

  // count is the text of key in the form that n asks for.
  count(key, n) {
    const form = `${key}.${this.plurals.select(n)}`;
    return this.of(this.has(form) ? form : `${key}.other`, { n });
  }

  // parts are the text of key, split at its one placeholder.
  parts(key, name) {
    return this.of(key).split(`{${name}}`);
  }

  // duration is seconds in words, rounded up: "42 seconds", "12 minutes".
  duration(seconds) {
    const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]]
      .find(([, size]) => seconds >= 2 * size || size === 1);
    return new Intl.NumberFormat(this.lang, { style: 'unit', unit, unitDisplay: 'long' })
      .format(Math.ceil(seconds / size));
  }
}

// clock is seconds as 0:42, 11:58 or 1:00:00.
export function clock(seconds) {
  const pad = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

// digitScripts are where the digits begin of scripts that people type them in: Arabic,
// Persian, Devanagari, Bengali, full width.
const digitScripts = [0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10];

// ascii is typed with ASCII digits and plus sign.
export function ascii(typed) {
  return [...typed].map((c) => {
    const at = c.codePointAt(0);
    const zero = digitScripts.find((zero) => at >= zero && at < zero + 10);
    return zero === undefined ? c : String(at - zero);
  }).join('').replace(/＋/g, '+');
}
