// SPDX-License-Identifier: Apache-2.0
// How a file is shown: as text in the editor, as a picture, or only offered for download.

export const MAX_EDITABLE_BYTES = 2 * 1024 * 1024;
export const MAX_IMAGE_BYTES = 16 * 1024 * 1024;

const IMAGES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
  svg: 'image/svg+xml',
};

const LANGUAGES: Record<string, Language> = {
  py: 'python',
  pyi: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  mts: 'typescript',
  tsx: 'typescript',
  json: 'json',
  jsonl: 'json',
  webmanifest: 'json',
  ipynb: 'json',
};

export type Language = 'python' | 'javascript' | 'typescript' | 'json';

function extensionOf(name: string): string {
  const at = name.lastIndexOf('.');
  return at > 0 ? name.slice(at + 1).toLowerCase() : '';
}

export const imageType = (name: string): string | undefined => IMAGES[extensionOf(name)];
export const languageOf = (name: string): Language | undefined => LANGUAGES[extensionOf(name)];

/** What can be said before the file was read. */
export function planFor(file: { name: string; size: number }): 'image' | 'read' | 'too_big' {
  if (imageType(file.name) && file.size <= MAX_IMAGE_BYTES) return 'image';
  return file.size > MAX_EDITABLE_BYTES ? 'too_big' : 'read';
}

export interface Text {
  text: string;
  /** Lines end with \r\n, which the editor would lose. */
  crlf: boolean;
  bom: boolean;
}

/** The text of a file; nothing if its bytes are not UTF-8 text. */
export function textOf(bytes: Uint8Array): Text | undefined {
  if (bytes.includes(0)) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const bom = text.startsWith('\ufeff');
  if (bom) text = text.slice(1);
  // Mixed endings are kept as they are seen: only a file that has \r\n throughout gets it back.
  const crlf = text.includes('\r\n') && !/(^|[^\r])\n/.test(text);
  return { text, crlf, bom };
}

/** The bytes to write for an edited text. */
export function bytesOf(edited: Text): Uint8Array<ArrayBuffer> {
  const text = edited.crlf ? edited.text.replace(/\r?\n/g, '\r\n') : edited.text;
  return new TextEncoder().encode((edited.bom ? '\ufeff' : '') + text) as Uint8Array<ArrayBuffer>;
}
