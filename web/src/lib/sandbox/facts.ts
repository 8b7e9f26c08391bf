// SPDX-License-Identifier: Apache-2.0
import type { Sandbox } from '$lib/api/sandbox_detail';

/** What a sandbox may reach, in words. */
export function networkText(rules: Partial<Sandbox['network']>): string {
  const allowed = rules.allow_cidrs?.length ? rules.allow_cidrs.join(', ') : '';
  const denied = rules.deny_cidrs?.length ? rules.deny_cidrs.join(', ') : '';
  if (rules.egress === 'deny') return allowed ? `Only ${allowed}` : 'Nothing';
  return denied ? `Everything but ${denied}${allowed ? `, and ${allowed}` : ''}` : 'Everything';
}

/** Who made it, as far as an id says it. */
export function makerText(created_by: string): string {
  if (created_by.startsWith('key-')) return 'an API key';
  if (created_by.startsWith('usr-')) return 'a member';
  return 'the platform';
}

export interface Snippets {
  cli: string;
  python: string;
  javascript: string;
  curl: string;
}

/** How to get into a sandbox from elsewhere, with what the languages bring. */
export function snippetsOf(id: string, origin: string): Snippets {
  const url = `${origin}/v1/sandboxes/${id}/exec`;
  return {
    cli: [
      `export SANDBAR_URL=${origin}`,
      'export SANDBAR_API_KEY=<your API key>',
      `sandbar shell ${id}`,
      `sandbar exec ${id} -- python3 --version`,
    ].join('\n'),
    python: [
      'import json, urllib.request',
      '',
      'request = urllib.request.Request(',
      `    "${url}",`,
      '    json.dumps({"cmd": "uname", "args": ["-a"]}).encode(),',
      '    {"X-API-Key": "<your API key>", "Content-Type": "application/json"})',
      'print(json.load(urllib.request.urlopen(request))["stdout"])',
    ].join('\n'),
    javascript: [
      `const answer = await fetch('${url}', {`,
      "  method: 'POST',",
      "  headers: { 'X-API-Key': '<your API key>', 'Content-Type': 'application/json' },",
      "  body: JSON.stringify({ cmd: 'uname', args: ['-a'] }),",
      '});',
      'console.log((await answer.json()).stdout);',
    ].join('\n'),
    curl: [
      `curl ${url} \\`,
      '  -H "X-API-Key: <your API key>" \\',
      "  -H 'Content-Type: application/json' \\",
      `  -d '{"cmd":"uname","args":["-a"]}'`,
    ].join('\n'),
  };
}

/** `KEY=value` pairs in the order of their keys. */
export const pairsOf = (map: Sandbox['metadata']) =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
