// SPDX-License-Identifier: Apache-2.0
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(Headless)?Chrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^sandbar-cli/, 'Sandbar command line'],
  [/^curl\//, 'curl'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

function firstMatch(table: readonly [RegExp, string][], text: string): string | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1];
}

/** `Firefox on Linux`: what people recognise of a user agent. */
export function deviceOf(user_agent: string): string {
  if (!user_agent) return 'Unknown device';
  const browser = firstMatch(BROWSERS, user_agent);
  const system = firstMatch(SYSTEMS, user_agent);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? user_agent.split(/[\s/]/)[0]!;
}
