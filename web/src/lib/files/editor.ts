// SPDX-License-Identifier: Apache-2.0
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension, type Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Language } from './kind';

// The editor, which is loaded only when the first file is opened in it.

const colors = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.definitionKeyword], color: 'var(--syn-kw)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--syn-str)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--syn-num)' },
  {
    tag: [tags.function(tags.variableName), tags.definition(tags.variableName), tags.propertyName, tags.className],
    color: 'var(--syn-fn)',
  },
  { tag: tags.comment, color: 'var(--syn-com)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--surface)', fontSize: '13px' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunken)', color: 'var(--faint)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--hover) 60%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--hover)', color: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-selectionMatch': { backgroundColor: 'var(--selected)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-soft)', outline: '1px solid var(--warn)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--accent-soft)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selected)', outline: '1px solid var(--line-strong)' },
  '.cm-panels': { backgroundColor: 'var(--raised)', color: 'var(--text)', borderColor: 'var(--line)' },
  '.cm-panel.cm-search': { padding: '8px' },
  '.cm-panel.cm-search label': { fontSize: '13px' },
  '.cm-textfield': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    fontSize: '13px',
  },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    fontSize: '13px',
  },
  '.cm-panel.cm-search [name=close]': { color: 'var(--text)', fontSize: '16px', padding: '0 6px' },
});

async function languageExtension(language: Language | undefined): Promise<Extension> {
  switch (language) {
    case 'python':
      return (await import('@codemirror/lang-python')).python();
    case 'javascript':
      return (await import('@codemirror/lang-javascript')).javascript({ jsx: true });
    case 'typescript':
      return (await import('@codemirror/lang-javascript')).javascript({ jsx: true, typescript: true });
    case 'json':
      return (await import('@codemirror/lang-json')).json();
    default:
      return [];
  }
}

export interface EditorHandlers {
  onchange: () => void;
  onsave: () => void;
}

/** An editor of one text, which knows whether it differs from what was read or saved last. */
export class TextEditor {
  private readonly view: EditorView;
  private readonly language = new Compartment();
  private base: Text;

  constructor(
    parent: HTMLElement,
    text: string,
    label: string,
    language: Language | undefined,
    handlers: EditorHandlers,
  ) {
    const save = () => {
      handlers.onsave();
      return true;
    };
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          indentOnInput(),
          indentUnit.of(language === 'python' ? '    ' : '  '),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          syntaxHighlighting(colors),
          look,
          this.language.of([]),
          keymap.of([{ key: 'Mod-s', run: save }, ...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
          EditorView.contentAttributes.of({
            'aria-label': label,
            spellcheck: 'false',
            autocapitalize: 'off',
            tabindex: '0',
          }),
          EditorView.updateListener.of((update) => update.docChanged && handlers.onchange()),
        ],
      }),
    });
    this.base = this.view.state.doc;
    void languageExtension(language)
      .then((extension) => this.view.dispatch({ effects: this.language.reconfigure(extension) }))
      .catch(() => undefined);
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get isDirty(): boolean {
    return !this.view.state.doc.eq(this.base);
  }

  /** What is in the editor is what lies in the sandbox now; what is typed meanwhile is not. */
  markSaved(text: string): void {
    this.base = this.view.state.toText(text);
  }

  /** Another text from the sandbox; the place is kept as far as it exists. */
  replace(text: string): void {
    const { main } = this.view.state.selection;
    const length = this.view.state.toText(text).length;
    this.view.dispatch({
      changes: { from: 0, to: this.view.state.doc.length, insert: text },
      selection: { anchor: Math.min(main.head, length) },
    });
    this.base = this.view.state.doc;
  }

  focus(): void {
    this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }
}
