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

/** The id as the E2B SDKs know it. */
export const e2bIdOf = (id: string) => id.replace(/^sb-/, '').replaceAll('-', '');

/** How to get into a sandbox from elsewhere. */
export function snippetsOf(id: string, origin: string): Snippets {
  const e2b = (mark: string) => [
    `${mark} E2B_API_URL=${origin}/e2b`,
    `${mark} E2B_SANDBOX_URL=${origin}`,
    `${mark} E2B_API_KEY=<your API key>`,
  ];
  return {
    cli: [
      `export SANDBAR_URL=${origin}`,
      'export SANDBAR_API_KEY=<your API key>',
      `sandbar shell ${id}`,
      `sandbar exec ${id} -- python3 --version`,
    ].join('\n'),
    python: [
      ...e2b('#'),
      'from e2b import Sandbox',
      '',
      `sandbox = Sandbox.connect("${e2bIdOf(id)}")`,
      'print(sandbox.commands.run("uname -a").stdout)',
    ].join('\n'),
    javascript: [
      ...e2b('//'),
      "import { Sandbox } from 'e2b';",
      '',
      `const sandbox = await Sandbox.connect('${e2bIdOf(id)}');`,
      "console.log((await sandbox.commands.run('uname -a')).stdout);",
    ].join('\n'),
    curl: [
      `curl ${origin}/v1/sandboxes/${id}/exec \\`,
      '  -H "X-API-Key: <your API key>" \\',
      "  -H 'Content-Type: application/json' \\",
      `  -d '{"cmd":"uname","args":["-a"]}'`,
    ].join('\n'),
  };
}

/** `KEY=value` pairs in the order of their keys. */
export const pairsOf = (map: Sandbox['metadata']) =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
