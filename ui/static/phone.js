// The country picker and the number beside it.

import { ascii } from './text.js';

export class PhoneField {
  constructor(config) {
    this.select = document.getElementById('country');
    this.input = document.getElementById('phone');
    this.dial = document.getElementById('dial');
    this.codes = new Map(config.regions.split(' ').map((entry) => [entry.slice(0, 2), entry.slice(2)]));
    this.fill(config.lang);
    this.country = [config.region, ...browserRegions(), 'US'].find((region) => this.codes.has(region))
      ?? this.select.options[0].value;
    this.select.addEventListener('change', () => this.showDial());
    this.input.addEventListener('input', () => this.tidy());
  }

  fill(lang) {
    const names = new Intl.DisplayNames([lang], { type: 'region' });
    const { compare } = new Intl.Collator(lang);
    const rows = [...this.codes].map(([region, code]) => ({ region, code, name: names.of(region) ?? region }));
    rows.sort((a, b) => compare(a.name, b.name));
    for (const { region, code, name } of rows) {
      // The isolates keep "+20" from turning around in Arabic.
      this.select.add(new Option(`${name} (\u2066+${code}\u2069)`, region));
    }
  }

  get country() {
    return this.select.value;
  }

  set country(region) {
    this.select.value = region;
    this.showDial();
  }

  get value() {
    return this.input.value.trim();
  }

  set value(typed) {
    this.input.value = typed;
  }

  showDial() {
    this.dial.textContent = `+${this.codes.get(this.country)}`;
  }

  // tidy makes what was typed or pasted what the server reads: ASCII digits, no invisible
  // marks; and a number with its calling code chooses the country.
  tidy() {
    const typed = this.input.value;
    let tidied = ascii(typed).replace(/[\u00a0\u2000-\u200a\u202f]/g, ' ').replace(/[\u2010-\u2015\u2212/]/g, '-')
      .replace(/[^\d+ ().-]/g, '').replace(/^\s*00(?=[1-9])/, '+');
    const region = this.regionOf(tidied);
    if (region) this.country = region;
    if (tidied !== typed) this.input.value = tidied;
  }

  // regionOf is the country of a number that begins with +, if that is another one than
  // is chosen: where countries share a code, the most populous of those that do.
  regionOf(number) {
    const digits = number.replace(/[^\d+]/g, '');
    if (!digits.startsWith('+')) return undefined;
    for (const length of [3, 2, 1]) {
      const code = digits.slice(1, 1 + length);
      if (code.length < length) continue;
      const regions = [...this.codes].filter(([, c]) => c === code).map(([region]) => region);
      if (regions.length === 0) continue;
      if (regions.includes(this.country)) return undefined;
      return ['US', 'RU', 'GB', 'IT', 'NO', 'FI', 'AU', 'MA'].find((region) => regions.includes(region)) ?? regions[0];
    }
    return undefined;
  }
}

function browserRegions() {
  return navigator.languages.map((tag) => {
    try {
      return new Intl.Locale(tag).maximize().region;
    } catch {
      return undefined;
    }
  });
}
