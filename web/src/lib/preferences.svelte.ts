// SPDX-License-Identifier: Apache-2.0
import { setTimeZone, type TimeZone } from './format';

export type ThemeChoice = 'light' | 'dark' | 'system';
export type Density = 'comfortable' | 'normal' | 'compact';

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Private windows may refuse; the choice lasts as long as the page then.
  }
}

const dark = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

/** The same rule as `static/first.js`, which sets it before the first paint. */
class Theme {
  choice = $state<ThemeChoice>(choiceOf(read('theme')));
  private systemIsDark = $state(dark?.matches ?? false);
  shown = $derived(this.choice === 'system' ? (this.systemIsDark ? 'dark' : 'light') : this.choice);

  constructor() {
    dark?.addEventListener('change', (event) => {
      this.systemIsDark = event.matches;
      this.apply();
    });
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    write('theme', choice === 'system' ? undefined : choice);
    this.apply();
  }

  private apply(): void {
    document.documentElement.dataset.theme = this.shown;
  }
}

function choiceOf(text: string | null): ThemeChoice {
  return text === 'light' || text === 'dark' ? text : 'system';
}

/** Names of columns by the name of their table; what somebody else wrote there counts for nothing. */
function hiddenColumnsOf(text: string | null): Record<string, string[]> {
  try {
    const kept: unknown = JSON.parse(text ?? '{}');
    const isList = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every((name) => typeof name === 'string');
    return Object.fromEntries(Object.entries(kept ?? {}).filter(([, value]) => isList(value)));
  } catch {
    return {};
  }
}

/** Kept by the browser, for whoever uses it. */
class Preferences {
  density = $state<Density>((read('density') as Density | null) ?? 'normal');
  timeZone = $state<TimeZone>(read('time_zone') === 'utc' ? 'utc' : 'local');
  isSidebarSmall = $state(read('sidebar') === 'small');
  hasSingleKeys = $state(read('single_keys') !== 'off');
  private hiddenColumns = $state(hiddenColumnsOf(read('hidden_columns')));

  constructor() {
    setTimeZone(this.timeZone);
  }

  chooseDensity(density: Density): void {
    this.density = density;
    write('density', density);
    document.documentElement.dataset.density = density;
  }

  chooseTimeZone(zone: TimeZone): void {
    this.timeZone = zone;
    write('time_zone', zone);
    setTimeZone(zone);
  }

  toggleSidebar(): void {
    this.isSidebarSmall = !this.isSidebarSmall;
    write('sidebar', this.isSidebarSmall ? 'small' : undefined);
  }

  hidesColumn(table: string, column: string): boolean {
    return this.hiddenColumns[table]?.includes(column) ?? false;
  }

  toggleColumn(table: string, column: string): void {
    const hidden = this.hiddenColumns[table] ?? [];
    const isHidden = hidden.includes(column);
    this.hiddenColumns[table] = isHidden ? hidden.filter((each) => each !== column) : [...hidden, column];
    write('hidden_columns', JSON.stringify(this.hiddenColumns));
  }

  setSingleKeys(on: boolean): void {
    this.hasSingleKeys = on;
    write('single_keys', on ? undefined : 'off');
  }
}

export const theme = new Theme();
export const preferences = new Preferences();
