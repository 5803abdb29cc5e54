// Says what in scripts and style sheets the oldest browsers of the pages lack: Safari 13.1, Chrome 80,
// Firefox 78. It reads {name: text} as JSON and writes a list of sentences.

import { readFileSync } from 'node:fs';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import DoIUse from 'doiuse/lib/DoIUse.js';
import postcss from 'postcss';

const browsers = ['safari 13.1', 'ios_saf 13.4', 'chrome 80', 'firefox 78'];

// Names of the platform that one of the browsers lacks (developer.mozilla.org, browser-compat-data).
const members = [
  'at', 'checkVisibility', 'findLast', 'findLastIndex', 'groupBy', 'hasOwn', 'isWellFormed', 'replaceAll', 'replaceChildren', 'requestSubmit',
  'showPopover', 'showPicker', 'structuredClone', 'toReversed', 'toSorted', 'toSpliced', 'withResolvers', 'randomUUID', 'requestIdleCallback',
  'setHTML', 'moveBefore', 'togglePopover',
];
const globals = ['structuredClone', 'WeakRef', 'FinalizationRegistry', 'AggregateError', 'Temporal', 'CookieStore', 'cookieStore', 'navigation', 'scheduler', 'requestIdleCallback'];
const pairs = ['AbortSignal.timeout', 'AbortSignal.any', 'Intl.DisplayNames', 'Intl.ListFormat', 'Intl.Segmenter', 'Intl.supportedValuesOf', 'Promise.any', 'Promise.try', 'Array.fromAsync', 'URL.canParse'];

function script(name, text, faults) {
  let tree;
  try {
    tree = parse(text, { ecmaVersion: 2020, sourceType: name === 'worker.js' ? 'script' : 'module', locations: true });
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
    return;
  }
  const fault = (node, what) => faults.push(`${name}:${node.loc.start.line}: ${what}`);
  full(tree, (node) => {
    if (node.type === 'MemberExpression' && !node.computed) {
      const pair = `${node.object.name}.${node.property.name}`;
      if (pairs.includes(pair)) fault(node, pair);
      else if (members.includes(node.property.name)) fault(node, `.${node.property.name}`);
    }
    if (node.type === 'Identifier' && globals.includes(node.name)) fault(node, node.name);
    // The look-behind of regular expressions came to Safari with 16.4, the flag d with 15, s with 11.1.
    if (node.type === 'Literal' && node.regex && (/\(\?<[=!]/.test(node.regex.pattern) || /[dv]/.test(node.regex.flags))) fault(node, String(node.raw));
  });
}

// Of these doiuse knows nothing, or not enough.
const properties = /^(inset(-.*)?|(padding|margin)-(inline|block)|aspect-ratio|translate|rotate|scale|content-visibility|overscroll-behavior(-.*)?|scrollbar-gutter|(border|border-(inline|block)-(start|end))-radius-.*)$/;
const values = /\b(dvh|svh|lvh|color-mix|oklch|oklab|lch|lab|hwb)\b/;
const selectors = /:has\(|:is\(|:where\(|:focus-visible|:not\([^)]*,|:user-invalid/;

// A declaration of a value that is not known is skipped, and the one of before counts. So a newer value is
// good where an older one stands before it, or in @supports.
function guarded(declaration) {
  for (let at = declaration.parent; at; at = at.parent) if (at.type === 'atrule' && at.name === 'supports') return true;
  for (let at = declaration.prev(); at; at = at.prev()) if (at.type === 'decl' && at.prop === declaration.prop) return true;
  return false;
}

function style(name, text, faults) {
  const fault = (node, what) => faults.push(`${name}:${node.source.start.line}: ${what}`);
  const root = postcss.parse(text);
  root.walkDecls((declaration) => {
    if (guarded(declaration)) return;
    if (properties.test(declaration.prop)) fault(declaration, declaration.prop);
    if (values.test(declaration.value)) fault(declaration, `${declaration.prop}: ${declaration.value}`);
    if (/^(row-|column-)?gap$/.test(declaration.prop) && !/grid|columns/.test(String(declaration.parent.nodes.find((n) => n.prop === 'display')?.value))) fault(declaration, 'gap without a grid');
  });
  // A rule with a selector that is not known is dropped as a whole.
  root.walkRules((rule) => {
    // Without this one an edge is seen more often.
    const known = rule.selector.replace(/:not\(:focus-visible\)/g, '');
    if (selectors.test(known)) fault(rule, rule.selector);
  });
  root.walkAtRules((rule) => {
    if (['layer', 'container', 'scope', 'starting-style', 'property'].includes(rule.name)) fault(rule, `@${rule.name}`);
    if (rule.name === 'media' && /[<>]=?/.test(rule.params)) fault(rule, rule.params);
  });
  const doiuse = new DoIUse({
    browsers,
    ignore: allowed,
    onFeatureUsage: ({ usage, feature, featureData }) => {
      if (usage.type === 'decl' && guarded(usage)) return;
      if (!featureData.missing) return; // a part of it is enough: the lists above have the rest
      fault(usage, `${feature}: ${featureData.missing}`);
    },
  });
  doiuse.postcss(root, postcss([]).process('').result);
}

// What a browser without it does well enough without: it shows the same, less prettily.
const allowed = ['css-resize', 'css-appearance', 'outline', 'prefers-reduced-motion', 'prefers-color-scheme', 'css-text-size-adjust', 'text-size-adjust', 'css-hyphens', 'extended-system-fonts', 'css-media-interaction', 'viewport-units', 'will-change', 'css-selection', 'css-text-align-last', 'css-placeholder', 'forced-colors', 'css-focus-visible', 'css-not-sel-list'];

const files = JSON.parse(readFileSync(0, 'utf8'));
const faults = [];
for (const [name, text] of Object.entries(files)) (name.endsWith('.css') ? style : script)(name, text, faults);
console.log(JSON.stringify(faults));
