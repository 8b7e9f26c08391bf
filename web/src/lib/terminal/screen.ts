// SPDX-License-Identifier: Apache-2.0
import type { FitAddon } from '@xterm/addon-fit';
import type { ITheme, Terminal } from '@xterm/xterm';

// The terminal emulator, which is loaded only when the first terminal is opened.

const COLORS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

function themeOf(element: Element): ITheme {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const theme: Record<string, string> = {
    background: color('sunken'),
    foreground: color('text'),
    cursor: color('focus'),
    cursorAccent: color('sunken'),
    selectionBackground: color('accent-soft'),
    selectionForeground: color('text'),
  };
  for (const name of COLORS) {
    theme[name] = color(`ansi-${name}`);
    theme[`bright${name[0]!.toUpperCase()}${name.slice(1)}`] = color(`ansi-bright-${name}`);
  }
  return theme;
}

/** Software renderers draw the canvas slower than the page draws text. */
function hasGpu(): boolean {
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl2');
  if (!gl) return false;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(info ? gl.getParameter(info.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(renderer);
}

export interface Screen {
  term: Terminal;
  fit: FitAddon;
  dispose: () => void;
}

export interface ScreenHandlers {
  onText: (text: string) => void;
  onBytes: (text: string) => void;
  onResize: () => void;
  onTitle: (title: string) => void;
  onLeave: () => void;
}

export async function makeScreen(
  host: HTMLElement,
  screenReaderMode: boolean,
  handlers: ScreenHandlers,
): Promise<Screen> {
  const [{ Terminal }, { FitAddon }, { WebLinksAddon }] = await Promise.all([
    import('@xterm/xterm'),
    import('@xterm/addon-fit'),
    import('@xterm/addon-web-links'),
    import('@xterm/xterm/css/xterm.css'),
    document.fonts?.load('14px "IBM Plex Mono"'),
  ]);
  const root = document.documentElement;
  const term = new Terminal({
    fontFamily: '"IBM Plex Mono", ui-monospace, "DejaVu Sans Mono", monospace',
    fontSize: 13,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    scrollback: 10_000,
    minimumContrastRatio: 4.5,
    macOptionIsMeta: true,
    screenReaderMode,
    theme: themeOf(root),
  });
  const fit = new FitAddon();
  term.loadAddon(fit);
  term.loadAddon(
    new WebLinksAddon((event, address) => {
      event.preventDefault();
      window.open(address, '_blank', 'noopener,noreferrer');
    }),
  );
  term.open(host);
  if (hasGpu()) await useGpu(term);

  term.attachCustomKeyEventHandler((event) => onKey(event, term, handlers.onLeave));
  term.onData(handlers.onText);
  term.onBinary(handlers.onBytes);
  term.onResize(handlers.onResize);
  term.onTitleChange(handlers.onTitle);
  const themes = new MutationObserver(() => (term.options.theme = themeOf(root)));
  themes.observe(root, { attributes: true, attributeFilter: ['data-theme'] });
  return {
    term,
    fit,
    dispose: () => {
      themes.disconnect();
      term.dispose();
    },
  };
}

async function useGpu(term: Terminal): Promise<void> {
  try {
    const { WebglAddon } = await import('@xterm/addon-webgl');
    const addon = new WebglAddon();
    addon.onContextLoss(() => addon.dispose());
    term.loadAddon(addon);
  } catch {
    // The page draws the text itself.
  }
}

/** False for keys that the terminal shall not get. */
function onKey(event: KeyboardEvent, term: Terminal, leave: () => void): boolean {
  if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true;
  if (event.key === 'Escape') {
    event.preventDefault();
    leave();
    return false;
  }
  if (event.code === 'KeyC' && term.hasSelection()) {
    event.preventDefault();
    void navigator.clipboard?.writeText(term.getSelection()).catch(() => undefined);
    return false;
  }
  // The browser pastes by itself.
  return event.code !== 'KeyV';
}
