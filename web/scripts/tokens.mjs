// SPDX-License-Identifier: Apache-2.0
// The colours: OKLCH here, sRGB in src/tokens.css, and every pair that is read or seen checked for its contrast.
//   node scripts/tokens.mjs            writes src/tokens.css; exits with 1 when a pair is below its ratio
//   node scripts/tokens.mjs --check    compares src/tokens.css instead of writing it
//   node scripts/tokens.mjs -v         prints the lowest ratio of each colour too
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'src/tokens.css';

// --- from OKLCH to what a screen shows

function linearRgb(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const isInGamut = (rgb) => rgb.every((value) => value >= -0.0005 && value <= 1.0005);

function toByte(linear) {
  const value = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}

/** A colour that no screen shows loses chroma until one does. */
function toHex([lightness, wanted_chroma, hue]) {
  let chroma = wanted_chroma;
  let rgb = linearRgb(lightness, chroma, hue);
  while (!isInGamut(rgb) && chroma > 0) {
    chroma -= 0.002;
    rgb = linearRgb(lightness, chroma, hue);
  }
  return '#' + rgb.map((value) => toByte(value).toString(16).padStart(2, '0')).join('');
}

// --- contrast as WCAG 2 defines it

function luminance(hex) {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [lighter, darker] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

// --- "Sand & Ink": [lightness, chroma, hue]
// Warm paper in light, blue-black ink in dark, one hue of sand; no state uses sand.

const PAPER = 85;
const INK = 262;
const SAND = 86;
const RED = 25;

const light = {
  canvas: [0.971, 0.006, PAPER],
  surface: [0.998, 0.002, PAPER],
  raised: [1, 0, 0],
  sunken: [0.948, 0.008, PAPER],
  hover: [0.958, 0.01, PAPER],
  selected: [0.935, 0.042, SAND],
  line: [0.895, 0.012, PAPER],
  'line-strong': [0.615, 0.022, PAPER],
  text: [0.235, 0.022, INK],
  muted: [0.435, 0.016, INK],
  faint: [0.5, 0.014, INK],
  accent: [0.27, 0.03, INK],
  'accent-hover': [0.36, 0.035, INK],
  'on-accent': [0.985, 0.012, SAND],
  'accent-text': [0.4, 0.085, 72],
  'accent-soft': [0.925, 0.055, SAND],
  sand: [0.83, 0.1, SAND],
  focus: [0.47, 0.12, 70],
  danger: [0.515, 0.195, RED],
  'danger-hover': [0.455, 0.18, RED],
  'on-danger': [1, 0, 0],
};

const dark = {
  canvas: [0.172, 0.014, INK],
  surface: [0.207, 0.016, INK],
  raised: [0.243, 0.018, INK],
  sunken: [0.148, 0.013, INK],
  hover: [0.242, 0.018, INK],
  selected: [0.285, 0.032, 88],
  line: [0.298, 0.018, INK],
  'line-strong': [0.545, 0.022, INK],
  text: [0.94, 0.008, SAND],
  muted: [0.755, 0.012, SAND],
  faint: [0.665, 0.012, SAND],
  accent: [0.86, 0.085, SAND],
  'accent-hover': [0.91, 0.07, SAND],
  'on-accent': [0.22, 0.03, INK],
  'accent-text': [0.86, 0.085, SAND],
  'accent-soft': [0.31, 0.04, 88],
  sand: [0.83, 0.095, SAND],
  focus: [0.83, 0.1, SAND],
  danger: [0.54, 0.19, RED],
  'danger-hover': [0.5, 0.185, RED],
  'on-danger': [1, 0, 0],
};

/** States: a mark, its text, and a soft background. */
const STATES = { run: 155, sleep: 275, busy: 222, warn: 55, bad: RED, idle: INK };

for (const [name, hue] of Object.entries(STATES)) {
  const isGrey = name === 'idle';
  // Orange is lighter than the others at the same lightness of eye.
  light[name] = [name === 'warn' ? 0.6 : 0.56, isGrey ? 0.016 : 0.15, hue];
  light[`${name}-text`] = [0.43, isGrey ? 0.016 : 0.12, hue];
  light[`${name}-soft`] = [0.948, isGrey ? 0.006 : 0.036, hue];
  dark[name] = [0.74, isGrey ? 0.016 : 0.15, hue];
  dark[`${name}-text`] = [0.83, isGrey ? 0.012 : 0.11, hue];
  dark[`${name}-soft`] = [0.272, isGrey ? 0.016 : 0.045, hue];
}

/** Series of charts, in this order: [hue, chroma]. */
const SERIES = [
  [275, 0.16],
  [70, 0.13],
  [155, 0.14],
  [350, 0.16],
  [222, 0.12],
  [110, 0.11],
];

for (const [index, [hue, chroma]] of SERIES.entries()) {
  light[`chart-${index + 1}`] = [0.57, chroma, hue];
  dark[`chart-${index + 1}`] = [0.76, chroma, hue];
}

/** The terminal's sixteen colours: black, white, and these by hue and chroma. */
const ANSI = {
  black: undefined,
  red: [25, 0.16],
  green: [150, 0.13],
  yellow: [85, 0.12],
  blue: [262, 0.14],
  magenta: [325, 0.15],
  cyan: [210, 0.1],
  white: undefined,
};

const ANSI_GREYS = {
  black: {
    light: [0.25, 0.01, INK],
    bright_light: [0.42, 0.01, INK],
    dark: [0.56, 0.012, INK],
    bright_dark: [0.64, 0.012, INK],
  },
  white: {
    light: [0.5, 0.012, PAPER],
    bright_light: [0.36, 0.01, PAPER],
    dark: [0.86, 0.008, PAPER],
    bright_dark: [0.97, 0.005, PAPER],
  },
};

for (const [name, colour] of Object.entries(ANSI)) {
  const grey = ANSI_GREYS[name];
  const [hue, chroma] = colour ?? [];
  light[`ansi-${name}`] = grey?.light ?? [0.5, chroma, hue];
  light[`ansi-bright-${name}`] = grey?.bright_light ?? [0.45, chroma + 0.02, hue];
  dark[`ansi-${name}`] = grey?.dark ?? [0.76, chroma, hue];
  dark[`ansi-bright-${name}`] = grey?.bright_dark ?? [0.84, chroma * 0.9, hue];
}

/** The editor's keywords, strings, numbers, functions and comments. */
Object.assign(light, {
  'syn-kw': [0.43, 0.15, 300],
  'syn-str': [0.43, 0.11, 150],
  'syn-num': [0.45, 0.12, 45],
  'syn-fn': [0.43, 0.13, 260],
  'syn-com': [0.5, 0.014, INK],
});
Object.assign(dark, {
  'syn-kw': [0.8, 0.11, 305],
  'syn-str': [0.83, 0.11, 150],
  'syn-num': [0.83, 0.1, 60],
  'syn-fn': [0.82, 0.09, 255],
  'syn-com': [0.69, 0.012, SAND],
});

// --- what has to be told apart

const TEXT = 4.5;
const BODY_TEXT = 7;
const MARK = 3;

/** [colour, backgrounds, lowest ratio] */
const RULES = [
  ['text', ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected'], BODY_TEXT],
  ['muted', ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected'], TEXT],
  ['faint', ['canvas', 'surface', 'raised', 'sunken', 'hover', 'selected'], TEXT],
  ['accent-text', ['canvas', 'surface', 'raised', 'hover', 'selected', 'accent-soft', 'sunken'], TEXT],
  ['on-accent', ['accent', 'accent-hover'], TEXT],
  ['on-danger', ['danger', 'danger-hover'], TEXT],
  ['line-strong', ['canvas', 'surface', 'raised', 'sunken'], MARK],
  ['focus', ['canvas', 'surface', 'raised', 'sunken'], MARK],
  ['accent', ['canvas', 'surface', 'raised', 'sunken'], MARK],
  ...Object.keys(STATES).flatMap((name) => {
    const backgrounds = ['surface', 'canvas', 'hover', 'selected', `${name}-soft`];
    return [
      [`${name}-text`, backgrounds, TEXT],
      [name, backgrounds, MARK],
    ];
  }),
  ...SERIES.map((_, index) => [`chart-${index + 1}`, ['surface'], MARK]),
  ...Object.keys(ANSI).flatMap((name) => [
    [`ansi-${name}`, ['sunken'], TEXT],
    [`ansi-bright-${name}`, ['sunken'], TEXT],
  ]),
  ...['kw', 'str', 'num', 'fn', 'com'].map((name) => [
    `syn-${name}`,
    ['surface', 'sunken', 'hover', 'selected', 'accent-soft'],
    TEXT,
  ]),
];

/** Programs print black on backgrounds of their own; on a dark terminal it need only be seen. */
const EXCEPTIONS = { 'dark ansi-black': MARK };

const toHexes = (colours) => Object.fromEntries(Object.entries(colours).map(([name, colour]) => [name, toHex(colour)]));
const themes = { light: toHexes(light), dark: toHexes(dark) };

const pairs = Object.entries(themes).flatMap(([theme, hexes]) =>
  RULES.flatMap(([name, backgrounds, needed]) =>
    backgrounds.map((background) => ({
      theme,
      name,
      background,
      needed: EXCEPTIONS[`${theme} ${name}`] ?? needed,
      ratio: contrast(hexes[name], hexes[background]),
    })),
  ),
);

// --- the file

function block(selector, theme) {
  const lines = Object.entries(themes[theme]).map(([name, hex]) => `  --${name}: ${hex};`);
  return `${selector} {\n  color-scheme: ${theme};\n${lines.join('\n')}\n}\n`;
}

const css =
  '/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by scripts/tokens.mjs. */\n' +
  block(":root,\n[data-theme='light']", 'light') +
  block("[data-theme='dark']", 'dark');

let failed = false;
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== css) {
    console.error(`${FILE} is not what this script makes: run it.`);
    failed = true;
  }
} else {
  writeFileSync(FILE, css);
}

const misses = pairs.filter((pair) => pair.ratio < pair.needed);
for (const miss of misses) {
  console.error(`${miss.theme}: ${miss.name} on ${miss.background} is ${miss.ratio.toFixed(2)}, below ${miss.needed}`);
}
console.log(`${pairs.length} pairs checked, ${misses.length} below their ratio`);

if (process.argv.includes('-v')) {
  const lowest = new Map();
  for (const pair of pairs) {
    const key = `${pair.theme} ${pair.name}`;
    if (pair.ratio < (lowest.get(key)?.ratio ?? Infinity)) lowest.set(key, pair);
  }
  for (const [key, pair] of lowest) {
    const hex = themes[pair.theme][pair.name];
    console.log(key.padEnd(26), hex, pair.ratio.toFixed(2), `on ${pair.background}, needs ${pair.needed}`);
  }
}
process.exit(failed || misses.length > 0 ? 1 : 0);
