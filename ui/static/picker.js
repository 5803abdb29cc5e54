// The search among countries, by name, alias and calling code: a combobox with a list box (ARIA
// Authoring Practices). number.js loads it.

import { ascii } from './number.js';

const plain = (text) => text.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().trim();

// rank is how well a country fits a query: 1 is best, 0 not at all. "uk" is the United Kingdom before
// it is Ukraine.
export function rank({ region, code, text }, aliases, query) {
  const [name] = plain(text).split(' (\u2066');
  const all = plain(aliases).split('|');
  const digits = ascii(query).replace(/^(\+|00)/, '');
  if (name === query || all.includes(query) || code === digits) return 1;
  if (name.startsWith(query) || region.toLowerCase() === query) return 2;
  if (name.includes(` ${query}`) || (digits && code.startsWith(digits))) return 3;
  return name.includes(query) || all.some((alias) => alias.startsWith(query)) ? 4 : 0;
}

// pick makes box the search field of a number field.
export function pick(field, box) {
  const { rows, recent, texts, select } = field;
  const list = document.createElement('ul');
  let aliases = null;
  let query = '';
  let options = [];
  let active = -1;

  // point marks an option as the one that Enter takes.
  function point(to) {
    options[active]?.setAttribute('aria-selected', false);
    active = to in options ? to : -1;
    options[active]?.setAttribute('aria-selected', true);
    options[active]?.scrollIntoView({ block: 'nearest' });
    box.setAttribute('aria-activedescendant', options[active]?.id ?? '');
  }

  // found are the countries that fit the query, or all of them, those first that are likely.
  function found() {
    const all = [...rows.values()];
    if (query) {
      const ranks = new Map(all.map((row) => [row, rank(row, aliases?.[row.region] ?? '', query)]));
      return all.filter((row) => ranks.get(row)).sort((a, b) => ranks.get(a) - ranks.get(b));
    }
    return [...new Set([...recent, field.zone, field.first].map((region) => rows.get(region)).filter((row) => row).concat(all))];
  }

  function open(typed) {
    query = plain(typed);
    const likely = found();
    if (!likely.length) likely.push({ text: texts['js.none_found'] ?? '' }); // an option is read out
    options = likely.map(({ region, text }, i) => {
      const option = document.createElement('li');
      option.id = `country-${i}`;
      if (region) option.dataset.region = region;
      else option.setAttribute('aria-disabled', true);
      option.textContent = text;
      option.setAttribute('role', 'option');
      return option;
    });
    list.textContent = '';
    list.append(...options);
    list.hidden = false;
    box.setAttribute('aria-expanded', true);
    point(query ? 0 : likely.findIndex(({ region }) => region === field.country));
  }

  function close() {
    list.hidden = true;
    box.setAttribute('aria-expanded', false);
    box.setAttribute('aria-activedescendant', '');
    field.named();
  }

  function take(option) {
    if (option?.dataset.region) field.choose(option.dataset.region, 'hand');
    close();
  }

  function key(event) {
    if (event.isComposing || event.keyCode === 229) return; // it is for the input method (UI Events, 7.3)
    const n = options.length;
    const down = event.key === 'ArrowDown';
    if (down || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) open('');
      else if (n) point((active + (down ? 1 : n - (active >= 0))) % n);
    } else if (!list.hidden && event.key === 'Enter') {
      event.preventDefault(); // it does not send the form
      take(options[active]);
    } else if (!list.hidden && event.key === 'Tab' && query) {
      take(options[active]);
    } else if (!list.hidden && event.key === 'Escape') {
      event.preventDefault();
      close();
    }
  }

  list.id = 'countries';
  list.hidden = true;
  list.tabIndex = -1; // browsers stop at what scrolls
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', box.labels[0].textContent);
  box.placeholder = texts['js.search'] ?? '';
  box.spellcheck = false;
  box.setAttribute('aria-autocomplete', 'list');
  box.setAttribute('aria-controls', list.id);
  box.after(list);
  box.addEventListener('focus', () => box.select());
  box.addEventListener('click', () => list.hidden && open(''));
  box.addEventListener('input', () => open(box.value));
  box.addEventListener('keydown', key);
  box.addEventListener('blur', close);
  list.addEventListener('mousedown', (event) => event.preventDefault()); // it keeps the focus
  list.addEventListener('click', (event) => take(event.target.closest('[data-region]')));
  field.ask('names').then((names) => {
    aliases = names;
    if (!list.hidden && query) open(query);
  });
  if (box.ownerDocument.activeElement !== box) return;
  if (box.value === rows.get(field.country)?.text) {
    box.select();
    open('');
  } else open(box.value); // somebody was faster than this script
}
