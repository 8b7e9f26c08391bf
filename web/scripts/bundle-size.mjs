// SPDX-License-Identifier: Apache-2.0
// What a browser loads first for each route, from the Vite manifest.
//   node scripts/bundle-size.mjs            prints
//   node scripts/bundle-size.mjs --check    exits with 1 when something is over its budget
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const OUTPUT = '.svelte-kit/output/client';
const GENERATED = '.svelte-kit/generated';

/** Bytes; JavaScript and CSS as gzip sends them. */
const BUDGETS = {
  login: 45_000,
  route: 130_000,
  css: 16_000,
  fonts: 70_000,
  terminal: 120_000,
  editor: 165_000,
  charts: 25_000,
};

/** What is loaded when it is needed, by words that only its packages contain. */
const LATER = {
  terminal: /xterm-helper-textarea|xterm-link-layer|WebglAddon/,
  editor: /cm-editor|cm-content/,
  charts: /u-over/,
};

if (!existsSync(`${OUTPUT}/.vite/manifest.json`)) {
  console.error('There is no build to measure: run `npm run build` first.');
  process.exit(2);
}
const manifest = JSON.parse(readFileSync(`${OUTPUT}/.vite/manifest.json`, 'utf8'));
const problems = [];

const sizes = new Map();
function sizeOf(file) {
  if (!sizes.has(file)) {
    const bytes = readFileSync(`${OUTPUT}/${file}`);
    sizes.set(file, { gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes).length });
  }
  return sizes.get(file);
}

/** A chunk and everything that it imports at once. */
function withImports(keys, found = new Set()) {
  for (const key of keys) {
    if (!key || found.has(key)) continue;
    found.add(key);
    withImports(manifest[key].imports ?? [], found);
  }
  return found;
}

function sum(files) {
  const total = { gzip: 0, brotli: 0 };
  for (const file of new Set(files)) {
    const { gzip, brotli } = sizeOf(file);
    total.gzip += gzip;
    total.brotli += brotli;
  }
  return total;
}

function weigh(keys) {
  const chunks = [...keys].map((key) => manifest[key]);
  return {
    js: sum(chunks.map((chunk) => chunk.file).filter((file) => file.endsWith('.js'))),
    css: sum(chunks.flatMap((chunk) => chunk.css ?? [])),
  };
}

const kilobytes = (bytes) => (bytes / 1000).toFixed(1).padStart(7);

function row(name, js, css, note = '') {
  const columns = [
    name.padEnd(46),
    kilobytes(js.gzip),
    kilobytes(js.brotli),
    css ? kilobytes(css.gzip) : ''.padStart(7),
  ];
  console.log(columns.join(' '), note);
}

function hold(what, bytes, budget) {
  if (bytes > budget) problems.push(`${what}: ${kilobytes(bytes).trim()} KB, more than ${kilobytes(budget).trim()} KB`);
}

// The start: kit's client and the app that knows all routes.
const keys = Object.keys(manifest);
const isStart = /(client\/entry|generated\/client(-optimized)?\/app|runtime\/client\/entry)\.js$/;
const start = keys.filter((key) => manifest[key].isEntry && isStart.test(key));
const nodes = keys.filter((key) => /generated\/client(-optimized)?\/nodes\/\d+\.js$/.test(key));
const node = (number) => nodes.find((key) => key.endsWith(`/nodes/${number}.js`));

/** Kit writes `route: [page, [layouts], [errors]]`; a page with a server's load is ~number. */
function readRoutes() {
  const file = keys.find((key) => /generated\/client(-optimized)?\/app\.js$/.test(key));
  const source = readFileSync(existsSync(file) ? file : `${GENERATED}/client-optimized/app.js`, 'utf8');
  const dictionary = source.match(/export const dictionary = (\{[\s\S]*?\});/)?.[1];
  if (!dictionary) throw new Error('app.js has no dictionary of routes');
  return Object.entries(Function(`return ${dictionary}`)());
}

console.log(''.padEnd(46), ' js gz   js br  css gz');
const entry = weigh(withImports(start));
row('start', entry.js, entry.css);

const loadedFirst = new Set();
for (const [route, [page, layouts = []]] of readRoutes()) {
  const pageNumber = page < 0 ? ~page : page;
  const used = [0, ...layouts, pageNumber].filter((number) => Number.isInteger(number)).map(node);
  const first = withImports([...start, ...used]);
  const { js, css } = weigh(first);
  row(route, js, css);
  hold(`${route}, JavaScript`, js.gzip, route.endsWith('/login') ? BUDGETS.login : BUDGETS.route);
  hold(`${route}, CSS`, css.gzip, BUDGETS.css);
  for (const key of first) loadedFirst.add(key);
}

/** Chunks that no route loads first, by what they are. */
function later(pattern) {
  const rest = keys.filter((key) => !loadedFirst.has(key) && manifest[key].file.endsWith('.js'));
  const found = rest.filter((key) => pattern.test(readFileSync(`${OUTPUT}/${manifest[key].file}`, 'utf8')));
  return [...withImports(found)].filter((key) => !loadedFirst.has(key));
}

for (const [name, pattern] of Object.entries(LATER)) {
  const { js } = weigh(later(pattern));
  if (js.gzip === 0) continue;
  row(`later: ${name}`, js);
  hold(`later: ${name}`, js.gzip, BUDGETS[name]);
}

const fonts = readdirSync(`${OUTPUT}/_app/immutable/assets`).filter((file) => file.endsWith('.woff2'));
const fontBytes = fonts.reduce(
  (total, file) => total + readFileSync(`${OUTPUT}/_app/immutable/assets/${file}`).length,
  0,
);
console.log(`${fonts.length} fonts`.padEnd(46), kilobytes(fontBytes));
hold('fonts', fontBytes, BUDGETS.fonts);

for (const problem of problems) console.error(`over budget: ${problem}`);
if (problems.length === 0) console.log('All within their budgets.');
if (process.argv.includes('--check') && problems.length > 0) process.exit(1);
