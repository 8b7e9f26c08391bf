// Per-route first-load size from the Vite manifest. node scripts/bundle-size.mjs [--check]
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync, brotliCompressSync } from 'node:zlib';
const root = '.svelte-kit/output/client',
  man = JSON.parse(readFileSync(`${root}/.vite/manifest.json`, 'utf8'));
const BUDGET = { entry: 60_000, route: 130_000, css: 16_000, lazy: 140_000, fonts: 80_000 };
const sz = (f) => {
  const b = readFileSync(`${root}/${f}`);
  return { raw: b.length, gz: gzipSync(b, { level: 9 }).length, br: brotliCompressSync(b).length };
};
const closure = (keys, seen = new Set()) => {
  for (const k of keys) {
    if (seen.has(k)) continue;
    seen.add(k);
    closure(man[k].imports ?? [], seen);
  }
  return seen;
};
const sum = (keys) => {
  const js = { raw: 0, gz: 0, br: 0 },
    css = { raw: 0, gz: 0, br: 0 },
    cs = new Set();
  for (const k of keys) {
    const s = sz(man[k].file);
    if (man[k].file.endsWith('.js')) for (const p in js) js[p] += s[p];
    for (const c of man[k].css ?? []) cs.add(c);
  }
  for (const c of cs) {
    const s = sz(c);
    for (const p in css) css[p] += s[p];
  }
  return { js, css, n: [...keys].length };
};
const entries = Object.keys(man).filter((k) => man[k].isEntry);
const start = entries.filter((k) =>
  /client\/entry|generated\/client(-optimized)?\/app\.js|runtime\/client\/entry\.js/.test(k),
);
const nodes = Object.keys(man).filter((k) => /generated\/client(-optimized)?\/nodes\/\d+\.js$/.test(k));
const appSrc = Object.keys(man).find((k) => /generated\/client(-optimized)?\/app\.js$/.test(k));
const dict = readFileSync(appSrc, 'utf8').match(/export const dictionary = (\{[\s\S]*?\});/)[1];
const routes = Function(`return ${dict}`)();
let fail = 0;
const kb = (n) => (n / 1000).toFixed(1).padStart(7);
const base = closure(start);
const b = sum(base);
console.log('entry (start+app)'.padEnd(44), 'js gz', kb(b.js.gz), 'br', kb(b.js.br), 'raw', kb(b.js.raw));
const nodeKey = (i) => nodes.find((k) => k.endsWith(`/nodes/${i}.js`));
// node file -> universal/component sources; layouts: [leaf, layouts?, errors?] in the dictionary
for (const [id, v] of Object.entries(routes)) {
  const [leaf, layouts = []] = v;
  const leafI = leaf < 0 ? ~leaf : leaf;
  const keys = closure(
    [...start, nodeKey(0), ...layouts.filter((x) => x !== undefined && x !== null).map(nodeKey), nodeKey(leafI)].filter(
      Boolean,
    ),
  );
  const s = sum(keys);
  const dyn = new Set();
  for (const k of closure([nodeKey(leafI)])) for (const d of man[k].dynamicImports ?? []) dyn.add(d);
  const lazy = new Set([...closure([...dyn])].filter((k) => !keys.has(k)));
  const l = sum(lazy);
  console.log(
    id.padEnd(44),
    'js gz',
    kb(s.js.gz),
    'br',
    kb(s.js.br),
    'raw',
    kb(s.js.raw),
    'css gz',
    kb(s.css.gz),
    l.n ? `| lazy js gz ${kb(l.js.gz)} css ${kb(l.css.gz)}` : '',
  );
  if (s.js.gz > BUDGET.route || s.css.gz > BUDGET.css || l.js.gz > BUDGET.lazy) {
    fail = 1;
    console.log('  OVER BUDGET');
  }
}
const fonts = readdirSync(`${root}/_app/immutable/assets`).filter((f) => f.endsWith('.woff2'));
let ft = 0;
for (const f of fonts) ft += readFileSync(`${root}/_app/immutable/assets/${f}`).length;
console.log('fonts', fonts.length, kb(ft));
if (ft > BUDGET.fonts) fail = 1;
if (process.argv.includes('--check')) process.exit(fail);
