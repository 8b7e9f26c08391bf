// SPDX-License-Identifier: Apache-2.0
import { set_time_zone, type TimeZone } from './format';

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

/** The same rule as `static/theme.js`, which sets it before the first paint. */
class Theme {
  choice = $state<ThemeChoice>(choice_of(read('theme')));
  private system_is_dark = $state(dark?.matches ?? false);
  shown = $derived(this.choice === 'system' ? (this.system_is_dark ? 'dark' : 'light') : this.choice);

  constructor() {
    dark?.addEventListener('change', (event) => {
      this.system_is_dark = event.matches;
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

function choice_of(text: string | null): ThemeChoice {
  return text === 'light' || text === 'dark' ? text : 'system';
}

/** Kept by the browser, for whoever uses it. */
class Preferences {
  density = $state<Density>((read('density') as Density | null) ?? 'normal');
  time_zone = $state<TimeZone>(read('time_zone') === 'utc' ? 'utc' : 'local');
  is_sidebar_small = $state(read('sidebar') === 'small');
  has_single_keys = $state(read('single_keys') !== 'off');

  constructor() {
    set_time_zone(this.time_zone);
  }

  choose_density(density: Density): void {
    this.density = density;
    write('density', density);
    document.documentElement.dataset.density = density;
  }

  choose_time_zone(zone: TimeZone): void {
    this.time_zone = zone;
    write('time_zone', zone);
    set_time_zone(zone);
  }

  toggle_sidebar(): void {
    this.is_sidebar_small = !this.is_sidebar_small;
    write('sidebar', this.is_sidebar_small ? 'small' : undefined);
  }

  set_single_keys(on: boolean): void {
    this.has_single_keys = on;
    write('single_keys', on ? undefined : 'off');
  }
}

export const theme = new Theme();
export const preferences = new Preferences();
