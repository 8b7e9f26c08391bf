// SPDX-License-Identifier: Apache-2.0
// Text that arrives in pieces, as lines with colours. Pieces may end inside a character, an escape or a line.

export interface Span {
  text: string;
  /** Name of a token without its dashes, such as `ansi-red`. */
  color?: string;
  bold?: boolean;
  dim?: boolean;
}

export interface Line {
  /** Counts from 1 for the first line that ever arrived. */
  number: number;
  source: string;
  spans: Span[];
  text: string;
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

type Style = Omit<Span, 'text'>;

function applied(style: Style, codes: number[]): Style {
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) (delete next.bold, delete next.dim);
    else if (code >= 30 && code <= 37) next.color = `ansi-${NAMES[code - 30]}`;
    else if (code >= 90 && code <= 97) next.color = `ansi-bright-${NAMES[code - 90]}`;
    else if (code === 39) delete next.color;
    else if (code === 38 || code === 48) i += codes[i + 1] === 5 ? 2 : 4;
  }
  return next;
}

// Colours; other control sequences; operating system commands; other two-byte escapes.
const ESCAPES = /\x1b\[([\d;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_=>]/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*)?$/;

/** A line's spans and the style that goes on after it. */
export function spansOf(raw: string, style: Style = {}): { spans: Span[]; style: Style } {
  // A progress bar writes over itself: what it wrote last counts.
  const line = raw.includes('\r') ? (raw.split('\r').filter(Boolean).at(-1) ?? '') : raw;
  const spans: Span[] = [];
  let at = 0;
  const push = (text: string) => {
    const clean = text.replace(CONTROLS, '');
    if (clean) spans.push({ text: clean, ...style });
  };
  for (const match of line.matchAll(ESCAPES)) {
    push(line.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[1] !== undefined) style = applied(style, (match[1] || '0').split(/[;:]/).map(Number));
  }
  push(line.slice(at).replace(UNFINISHED, ''));
  return { spans, style };
}

interface Source {
  decoder: TextDecoder;
  rest: string;
  style: Style;
  open?: Line;
}

/** The last lines of one or several sources, in the order in which they came. */
export class LogLines {
  private readonly sources = new Map<string, Source>();
  private count = 0;
  lines: Line[] = [];
  dropped = 0;

  constructor(private readonly most = 20_000) {}

  add(piece: Uint8Array | string, name = 'stdout'): void {
    const source = this.sourceOf(name);
    const text = typeof piece === 'string' ? piece : source.decoder.decode(piece, { stream: true });
    const parts = (source.rest + text).split('\n');
    source.rest = parts.pop()!;
    for (const part of parts) this.close(source, name, part);
    if (source.rest) this.open(source, name);
    this.trim();
  }

  private sourceOf(name: string): Source {
    let source = this.sources.get(name);
    if (!source) {
      source = { decoder: new TextDecoder(), rest: '', style: {} };
      this.sources.set(name, source);
    }
    return source;
  }

  private fill(line: Line, spans: Span[]): void {
    line.spans = spans;
    line.text = spans.map((s) => s.text).join('');
  }

  private close(source: Source, name: string, raw: string): void {
    const { spans, style } = spansOf(raw.replace(/\r$/, ''), source.style);
    source.style = style;
    const line = source.open ?? this.newLine(name);
    this.fill(line, spans);
    source.open = undefined;
  }

  /** A line without its end is shown as far as it is known. */
  private open(source: Source, name: string): void {
    source.open ??= this.newLine(name);
    this.fill(source.open, spansOf(source.rest, source.style).spans);
  }

  private newLine(name: string): Line {
    const line: Line = { number: ++this.count, source: name, spans: [], text: '' };
    this.lines.push(line);
    return line;
  }

  private trim(): void {
    const over = this.lines.length - this.most;
    // A tenth more than asked for goes, so that it does not happen with every line.
    if (over <= 0) return;
    const drop = over + Math.floor(this.most / 10);
    this.lines.splice(0, drop);
    this.dropped += drop;
  }
}

/** What part of a long list is to be drawn, with some lines above and below what is seen. */
export function windowOf(count: number, rowHeight: number, scrollTop: number, height: number, overscan = 20) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const last = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { first: Math.min(first, count), last: Math.max(last, 0) };
}
