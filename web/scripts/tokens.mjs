// OKLCH source of truth -> sRGB hex CSS custom properties + WCAG 2.x contrast table (exits 1 on a miss)
import { writeFileSync } from 'node:fs';
const oklch2lin = (L, C, h) => {
  const a = C * Math.cos((h * Math.PI) / 180),
    b = C * Math.sin((h * Math.PI) / 180);
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3,
    m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3,
    s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
};
const inG = (c) => c.every((v) => v >= -0.0005 && v <= 1.0005);
const enc = (v) => {
  v = Math.min(1, Math.max(0, v));
  return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
};
const hex = ([L, C, h]) => {
  let c = C,
    lin;
  for (;;) {
    lin = oklch2lin(L, c, h);
    if (inG(lin) || c <= 0) break;
    c -= 0.002;
  }
  return '#' + lin.map((v) => enc(v).toString(16).padStart(2, '0')).join('');
};
const lum = (hx) => {
  const [r, g, b] = [1, 3, 5]
    .map((i) => parseInt(hx.slice(i, i + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
export const ratio = (a, b) => {
  const [x, y] = [lum(a), lum(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
};
// "Sand & Ink": warm paper neutrals in light, blue-black ink in dark, one sand signature hue; status hues never reuse it
const P = 85,
  I = 262,
  S = 86;
const H = { run: 155, sleep: 275, busy: 222, warn: 55, bad: 25, idle: 0 };
const light = {
  canvas: [0.971, 0.006, P],
  surface: [0.998, 0.002, P],
  raised: [1, 0, 0],
  sunken: [0.948, 0.008, P],
  hover: [0.958, 0.01, P],
  selected: [0.935, 0.042, S],
  line: [0.895, 0.012, P],
  'line-strong': [0.615, 0.022, P],
  text: [0.235, 0.022, I],
  muted: [0.435, 0.016, I],
  faint: [0.5, 0.014, I],
  accent: [0.27, 0.03, I],
  'accent-hover': [0.36, 0.035, I],
  'on-accent': [0.985, 0.012, S],
  'accent-text': [0.4, 0.085, 72],
  'accent-soft': [0.925, 0.055, S],
  sand: [0.83, 0.1, S],
  focus: [0.47, 0.12, 70],
  danger: [0.515, 0.195, H.bad],
  'danger-hover': [0.455, 0.18, H.bad],
  'on-danger': [1, 0, 0],
};
const dark = {
  canvas: [0.172, 0.014, I],
  surface: [0.207, 0.016, I],
  raised: [0.243, 0.018, I],
  sunken: [0.148, 0.013, I],
  hover: [0.242, 0.018, I],
  selected: [0.285, 0.032, 88],
  line: [0.298, 0.018, I],
  'line-strong': [0.545, 0.022, I],
  text: [0.94, 0.008, S],
  muted: [0.755, 0.012, S],
  faint: [0.665, 0.012, S],
  accent: [0.86, 0.085, S],
  'accent-hover': [0.91, 0.07, S],
  'on-accent': [0.22, 0.03, I],
  'accent-text': [0.86, 0.085, S],
  'accent-soft': [0.31, 0.04, 88],
  sand: [0.83, 0.095, S],
  focus: [0.83, 0.1, S],
  danger: [0.54, 0.19, H.bad],
  'danger-hover': [0.5, 0.185, H.bad],
  'on-danger': [1, 0, 0],
};
const st = (t, k) => {
  const i = k === 'idle',
    h = i ? I : H[k];
  return t === 'l'
    ? {
        [`${k}`]: [k === 'warn' ? 0.6 : 0.56, i ? 0.016 : 0.15, h],
        [`${k}-text`]: [0.43, i ? 0.016 : 0.12, h],
        [`${k}-soft`]: [0.948, i ? 0.006 : 0.036, h],
      }
    : {
        [`${k}`]: [0.74, i ? 0.016 : 0.15, h],
        [`${k}-text`]: [0.83, i ? 0.012 : 0.11, h],
        [`${k}-soft`]: [0.272, i ? 0.016 : 0.045, h],
      };
};
for (const k of Object.keys(H)) {
  Object.assign(light, st('l', k));
  Object.assign(dark, st('d', k));
}
// categorical chart series (ordered), checked >=3:1 against surface
const ch = [
  [275, 0.16],
  [70, 0.13],
  [155, 0.14],
  [350, 0.16],
  [222, 0.12],
  [110, 0.11],
];
ch.forEach(([h, c], i) => {
  light[`chart-${i + 1}`] = [0.57, c, h];
  dark[`chart-${i + 1}`] = [0.76, c, h];
});
const ansi = [
  ['black', 0, 0],
  ['red', 25, 0.16],
  ['green', 150, 0.13],
  ['yellow', 85, 0.12],
  ['blue', 262, 0.14],
  ['magenta', 325, 0.15],
  ['cyan', 210, 0.1],
  ['white', 0, 0],
];
for (const [n, h, c] of ansi) {
  light[`ansi-${n}`] = n === 'black' ? [0.25, 0.01, I] : n === 'white' ? [0.5, 0.012, P] : [0.5, c, h];
  light[`ansi-bright-${n}`] = n === 'black' ? [0.42, 0.01, I] : n === 'white' ? [0.36, 0.01, P] : [0.45, c + 0.02, h];
  dark[`ansi-${n}`] = n === 'black' ? [0.56, 0.012, I] : n === 'white' ? [0.86, 0.008, P] : [0.76, c, h];
  dark[`ansi-bright-${n}`] = n === 'black' ? [0.64, 0.012, I] : n === 'white' ? [0.97, 0.005, P] : [0.84, c * 0.9, h];
}
// editor syntax
Object.assign(light, {
  'syn-kw': [0.43, 0.15, 300],
  'syn-str': [0.43, 0.11, 150],
  'syn-num': [0.45, 0.12, 45],
  'syn-fn': [0.43, 0.13, 260],
  'syn-com': [0.5, 0.014, I],
});
Object.assign(dark, {
  'syn-kw': [0.8, 0.11, 305],
  'syn-str': [0.83, 0.11, 150],
  'syn-num': [0.83, 0.1, 60],
  'syn-fn': [0.82, 0.09, 255],
  'syn-com': [0.69, 0.012, S],
});
const T = { light: {}, dark: {} };
for (const [n, s] of [
  ['light', light],
  ['dark', dark],
])
  for (const [k, v] of Object.entries(s)) T[n][k] = hex(v);
const rows = [];
const need = (theme, fg, bg, min) => {
  const r = ratio(T[theme][fg], T[theme][bg]);
  rows.push({ theme, fg, bg, min, r });
};
for (const t of ['light', 'dark']) {
  for (const bg of ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected']) {
    need(t, 'text', bg, 7);
    need(t, 'muted', bg, 4.5);
    need(t, 'faint', bg, 4.5);
  }
  for (const bg of ['canvas', 'surface', 'raised', 'hover', 'selected', 'accent-soft', 'sunken'])
    need(t, 'accent-text', bg, 4.5);
  need(t, 'on-accent', 'accent', 4.5);
  need(t, 'on-accent', 'accent-hover', 4.5);
  need(t, 'on-danger', 'danger', 4.5);
  need(t, 'on-danger', 'danger-hover', 4.5);
  for (const bg of ['canvas', 'surface', 'raised', 'sunken']) {
    need(t, 'line-strong', bg, 3);
    need(t, 'focus', bg, 3);
    need(t, 'accent', bg, 3);
  }
  for (const k of Object.keys(H)) {
    for (const bg of ['surface', 'canvas', 'hover', 'selected', `${k}-soft`]) need(t, `${k}-text`, bg, 4.5);
    for (const bg of ['surface', 'canvas', 'hover', 'selected', `${k}-soft`]) need(t, k, bg, 3);
  }
  for (let i = 1; i <= 6; i++) need(t, `chart-${i}`, 'surface', 3);
  for (const [n] of ansi) {
    need(t, `ansi-${n}`, 'sunken', t === 'dark' && n === 'black' ? 3 : 4.5);
    need(t, `ansi-bright-${n}`, 'sunken', 4.5);
  }
  for (const k of ['kw', 'str', 'num', 'fn', 'com'])
    for (const bg of ['surface', 'sunken', 'hover', 'selected', 'accent-soft']) need(t, `syn-${k}`, bg, 4.5);
}
const bad = rows.filter((r) => r.r < r.min);
const css = (t) =>
  Object.entries(T[t])
    .map(([k, v]) => `  --${k}: ${v};`)
    .join('\n');
writeFileSync(
  'src/tokens.css',
  `/* generated by scripts/tokens.mjs */\n:root,\n[data-theme='light'] {\n  color-scheme: light;\n${css('light')}\n}\n[data-theme='dark'] {\n  color-scheme: dark;\n${css('dark')}\n}\n`,
);
writeFileSync(
  'tokens.json',
  JSON.stringify({ tokens: T, pairs: rows.map((r) => ({ ...r, r: +r.r.toFixed(2) })) }, null, 1),
);
console.log(`${rows.length} pairs checked, ${bad.length} below`);
for (const b of bad) console.log(`MISS ${b.theme} ${b.fg} on ${b.bg}: ${b.r.toFixed(2)} < ${b.min}`);
const min = {};
for (const r of rows) {
  const k = `${r.theme} ${r.fg}`;
  if (!min[k] || r.r < min[k].r) min[k] = r;
}
if (process.argv.includes('-v'))
  for (const [k, r] of Object.entries(min))
    console.log(k.padEnd(24), T[r.theme][r.fg], 'min', r.r.toFixed(2), 'on', r.bg, `(need ${r.min})`);
process.exit(bad.length ? 1 : 0);
