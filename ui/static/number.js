// The number field. #country, #phone and #dial work without this script. It finds a country by
// its name, alias or code, and writes the number as that country does. It never changes digits,
// asks the route "plan" for countries only, and stores nothing.

const pattern = (source, end = '') => new RegExp(`^(?:${source.replace(/d/g, '\\d')})${end}`);

// ascii writes the digits of every script as ASCII. Those of a script stand side by side, from 0 on
// (Unicode, 4.6).
export const ascii = (typed) => typed.replace(/\p{Nd}/gu, (c) => {
  let n = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(c.codePointAt() - n - 1))) n += 1;
  return n % 10;
}).replace(/[＋﹢]/g, '+');

// readings are the national numbers that digits may stand for: as they are, without the trunk
// prefix, without the calling code, and as the plan reads them.
function readings(plan, digits) {
  const all = [digits];
  for (const prefix of [plan.trunk, plan.code]) {
    if (prefix && digits.startsWith(prefix)) all.push(digits.slice(prefix.length));
  }
  const [source, rule] = plan.parse ?? [];
  const m = source && pattern(source).exec(digits);
  if (m) {
    const replaced = rule && m[m.length - 1] ? rule.replace(/\$(\d)/g, (_, n) => m[n]) : '';
    all.push(replaced + digits.slice(m[0].length));
  }
  return all;
}

const withoutTrunk = (plan, digits) => (plan.trunk && digits.startsWith(plan.trunk) ? digits.slice(plan.trunk.length) : digits);

// write is digits in the layout of a plan, as far as they go: "(201) 5". A layout "(3) 3-4" has 3
// digits, 3 and 4.
export function write(plan, digits) {
  const rest = withoutTrunk(plan, digits);
  const trunk = digits.slice(0, digits.length - rest.length);
  for (const [leading, ...layouts] of plan.formats ?? []) {
    const layout = pattern(leading).test(rest)
      && layouts.find((one) => one.replace(/\D/g, '').split('').reduce((sum, n) => sum + +n, 0) >= rest.length);
    if (!layout) continue;
    let [at, out] = [0, ''];
    for (const c of layout) {
      if (at >= rest.length) break;
      out += c > 0 ? rest.slice(at, at += +c) : c;
    }
    return trunk + (trunk.length > 1 || trunk > 0 ? ' ' : '') + out;
  }
  return digits;
}

// regionOf is the region of a number where regions share a calling code, if its digits tell it.
export function regionOf(plan, digits) {
  const national = withoutTrunk(plan, digits);
  const found = Object.entries(plan.shared ?? {}).find(([, leading]) => pattern(leading).test(national));
  return found ? found[0] : national.length > 3 && plan.main;
}

const bare = (text) => text.replace(/[^\d+]/g, '');

// read is what a text means: its digits, the calling code before them, which it leaves out, and how
// many of the digits stand before the caret. codeOf is the calling code of a served country that
// digits begin with. The plus stays where there is none.
export function read(typed, caret, codeOf, idd = '00') {
  const text = ascii(typed);
  let number = bare(text);
  let before = bare(text.slice(0, caret)).length;
  const drop = (n) => {
    number = number.slice(n);
    before = Math.max(0, before - n);
  };
  const plus = number.lastIndexOf('+');
  const earlier = number.slice(0, Math.max(plus, 0)).replace(/\+/g, '');
  if (plus > 0 && codeOf(earlier) === (earlier || undefined)) {
    drop(plus); // "+20 +20106…"
  } else if (plus > 0) {
    number = number.replace(/\+/g, '');
    before = text.slice(0, caret).replace(/\D/g, '').length;
  }
  const abroad = pattern(`\\+|${idd}|00`).exec(number);
  const after = abroad && number.slice(abroad[0].length);
  const code = after && codeOf(after);
  if (!code || after.length === code.length) return { number, before };
  drop(abroad[0].length + code.length);
  return { number, before, code };
}

// verdict is what is wrong with a number for certain, or "": too_short, too_long, landline. It is ""
// for a number of one of the other plans, too: the server asks whether that country is meant.
export function verdict(plan, digits, others = []) {
  if ([plan, ...others].some((p) => p.mobile && readings(p, digits).some((n) => pattern(p.mobile, '$').test(n)))) return '';
  const all = readings(plan, digits);
  const region = regionOf(plan, digits);
  const lengths = plan.lengths ?? [];
  if (region && region !== plan.region && all.some((n) => lengths.includes(n.length))) return '';
  if (plan.landline && all.some((n) => pattern(plan.landline, '$').test(n))) return 'landline';
  if (all.every((n) => n.length < lengths[0])) return 'too_short';
  return all.every((n) => n.length > lengths[lengths.length - 1]) ? 'too_long' : '';
}

// numberField keeps the number field of root, also after its elements were replaced. texts are those
// of the page: it needs js.search, js.none_found, and has js. keys for its verdicts: too_short, too_long,
// landline, not_served. planURL is the address of the route "plan".
export const numberField = (root, options) => new NumberField(root, options);

// Where regions share a calling code, these are first until the digits tell the region.
const mainRegions = 'US RU GB IT AU NO FI MA';

class NumberField {
  constructor(root, { texts = {}, planURL }) {
    Object.assign(this, { root, texts, planURL, asked: {}, plans: {}, recent: [], onChange: () => {} });
    const typed = (e) => e.target === this.input && this.typed(e);
    root.addEventListener('input', typed);
    root.addEventListener('compositionstart', (e) => { this.composing = e.target === this.input; });
    root.addEventListener('compositionend', (e) => {
      this.composing = false;
      typed(e);
    });
    root.addEventListener('change', (e) => {
      if (e.target === this.select) this.choose(this.country, 'hand');
      else typed(e); // some browsers fill in without an input event
    });
    new MutationObserver(() => this.attach()).observe(root.body ?? root, { childList: true, subtree: true });
    this.attach();
  }

  find(selector) { return this.root.querySelector(selector); }

  get select() { return this.find('#country'); }

  get input() { return this.find('#phone'); }

  get chosen() { return this.find('[name=chosen]') ?? {}; }

  get country() { return this.select?.value; }

  get value() { return this.input?.value.trim(); }

  set value(typed) {
    this.input.value = typed;
    this.tidy();
  }

  get plan() { return this.plans[this.country]; }

  // verdict is a key of texts without "js.", or "".
  verdict() {
    const { plan, plans, zone, first } = this;
    const { number } = this.read();
    if (number[0] === '+') return number.length > 6 ? 'not_served' : 'too_short';
    if (!number || !plan) return '';
    const region = regionOf(plan, number);
    if (!plan.served || (region && !this.rows.has(region))) return 'not_served';
    return verdict(plan, number, [plans[zone], plans[first]].filter((p) => p));
  }

  // ask is an answer of the route "plan", or null.
  ask(query) {
    if (!this.asked[query]) {
      this.asked[query] = fetch(`${this.planURL}?${query}`).then((r) => (r.ok ? r.json() : null)).catch(() => {
        delete this.asked[query];
        return null;
      });
    }
    return this.asked[query];
  }

  // attach takes the elements of root, unless it has them.
  attach() {
    const { select, input } = this;
    if (!select || !input || select === this.attached) return;
    this.attached = select;
    this.composing = false;
    this.rows = new Map();
    for (const { value, text } of select.options) this.rows.set(value, { region: value, code: /\+(\d+)/.exec(text)[1], text });
    this.first = this.country;
    this.search = this.rows.size > 1 && this.searchField(select);
    this.tidy();
    this.show();
    this.guess();
  }

  // guess takes the country of the time zone, unless there is a stronger sign or a number.
  async guess() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const field = this.find('[name=zone]');
    if (!zone || !field) return;
    field.value = zone;
    const plan = await this.ask(`zone=${encodeURIComponent(zone)}`);
    if (!plan?.served || !field.isConnected || !this.rows.has(plan.region)) return;
    this.plans[plan.region] = plan;
    this.zone = plan.region;
    if (!this.value && !/host|hand|number/.test(this.chosen.value)) this.choose(plan.region, 'zone');
  }

  // choose chooses a country. by says why: "hand" or "zone", for the server.
  choose(region, by) {
    this.chosen.value = by;
    if (by === 'hand') this.recent.unshift(region);
    this.select.value = region;
    this.tidy();
    this.show();
    this.onChange();
  }

  // show shows the country that is chosen, and asks for its plan.
  async show() {
    const { country } = this;
    this.named();
    const plan = await this.ask(`region=${country}`);
    if (!plan) return;
    this.plans[country] = plan;
    if (country === this.country) this.tidy();
  }

  // searchField stands in place of the list, which stays in the form. What it does is in picker.js,
  // which is loaded when somebody goes there.
  searchField(select) {
    const box = select.ownerDocument.createElement('input');
    box.id = 'country-name';
    box.autocomplete = 'off';
    box.setAttribute('role', 'combobox');
    box.setAttribute('aria-expanded', false);
    const label = this.find('label[for=country]');
    const put = (on) => {
      label.htmlFor = (on ? box : select).id;
      select.hidden = on;
    };
    box.addEventListener('focus', () => import('./picker.js').then(({ pick }) => pick(this, box)).catch(() => {
      put(false); // the list is as good
      box.remove();
      select.focus();
    }), { once: true });
    const here = select === select.ownerDocument.activeElement;
    select.after(box);
    put(true);
    if (here) box.focus();
    return box;
  }

  // named shows the name of the country that is chosen.
  named() {
    if (this.search) this.search.value = this.rows.get(this.country)?.text ?? '';
  }

  // codeOf is the calling code that digits begin with, of a country to choose from.
  codeOf(digits) {
    const codes = [...this.rows.values()].map((row) => row.code);
    return [1, 2, 3].map((n) => digits.slice(0, n)).find((code) => codes.includes(code));
  }

  typed(event) {
    if (this.composing) return;
    const { input } = this;
    if (input.hasAttribute('aria-invalid')) { // it is being corrected
      input.removeAttribute('aria-invalid');
      const alert = this.find('#alert');
      if (alert) alert.textContent = '';
    }
    this.tidy(event.inputType);
    this.onChange();
  }

  read() {
    const { value, selectionStart } = this.input;
    return read(value, selectionStart ?? value.length, (digits) => this.codeOf(digits), this.plan?.idd);
  }

  // tidy writes the number anew. The caret stays behind the digit that it was behind. A number with
  // a calling code chooses the country.
  tidy(inputType = '') {
    const { input, country } = this;
    let { number, before, code } = this.read();
    if (/^deleteContent/.test(inputType) && number === this.last) { // of a space: delete the digit beside it
      if (inputType.endsWith('Backward')) before -= 1;
      number = number.slice(0, Math.max(before, 0)) + number.slice(before + 1);
    }
    if (code) this.abroad(code);
    else if (!number && this.chosen.value === 'number') this.chosen.value = '';
    const { plan } = this;
    const region = plan?.shared && this.chosen.value !== 'hand' && number[0] !== '+' && regionOf(plan, number);
    if (region && this.rows.has(region)) this.select.value = region;
    this.last = number;
    const kept = ascii(input.value).replace(/[^\d+ ().-]/g, '');
    let text = bare(kept) === number ? kept : number;
    if (this.plan && number[0] !== '+') text = write(this.plan, number);
    if (text !== input.value) this.put(text, before);
    const row = this.rows.get(this.country);
    this.find('#dial').textContent = row?.code && number[0] !== '+' ? `+${row.code}` : '';
    input.placeholder = this.plan?.example ?? '';
    if (this.country !== country) this.show();
  }

  abroad(code) {
    this.chosen.value = 'number';
    if (this.rows.get(this.country)?.code === code) return;
    const regions = [...this.rows.values()].filter((row) => row.code === code).map((row) => row.region);
    this.select.value = regions.find((region) => mainRegions.includes(region)) ?? regions[0];
  }

  put(text, before) {
    const { input } = this;
    if (this.composing) return; // an input method has the text until it ends
    const all = input.selectionStart === 0 && input.selectionEnd === input.value.length;
    input.value = text;
    if (input.ownerDocument.activeElement !== input) return;
    if (all) {
      input.select();
      return;
    }
    let at = 0;
    for (let left = before; left > 0 && at < text.length; at += 1) left -= bare(text[at]).length;
    input.setSelectionRange(at, at);
  }
}
