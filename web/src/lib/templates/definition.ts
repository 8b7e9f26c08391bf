// SPDX-License-Identifier: Apache-2.0
// The text of a template's definition, as far as the page looks into it before it is sent.

export interface Problem {
  line: number;
  what: string;
}

const WORDS = new Set([
  'include',
  'name',
  'package',
  'file',
  'run',
  'network',
  'env',
  'user',
  'workdir',
  'vcpus',
  'memory',
  'disk',
  'start',
  'healthcheck',
]);
const MAY_HAVE_TEXT = new Set(['file', 'run', 'start', 'healthcheck']);
export const MAX_BYTES = 256 * 1024;

export const STARTER = `# What a sandbox starts from. One word, then its value, on each line.
name my-template

package bash coreutils python3 curl ca-certificates
vcpus 1
memory 512MiB
disk 4GiB

file /etc/motd
  | Hello from my template.

run useradd --create-home --shell /bin/bash user
user user
workdir /home/user
`;

/** Mistakes that can be seen without building; control finds the others. */
export function problemsOf(definition: string): Problem[] {
  const problems: Problem[] = [];
  const tell = (line: number, what: string) => problems.push({ line, what });
  let above = '';
  let lacksValue = 0;
  const settle = () => {
    if (lacksValue) tell(lacksValue, `${above} needs a value`);
    lacksValue = 0;
  };
  definition.split('\n').forEach((raw, i) => {
    const line = raw.trim();
    if (line.startsWith('|')) {
      if (MAY_HAVE_TEXT.has(above)) lacksValue = above === 'file' ? lacksValue : 0;
      else tell(i + 1, 'this text belongs to nothing above it');
      return;
    }
    if (!line || line.startsWith('#')) return;
    settle();
    const [word = '', ...rest] = line.split(/\s+/);
    above = word;
    if (!WORDS.has(word)) tell(i + 1, `'${word}' is not known`);
    else if (!rest.length) lacksValue = i + 1;
  });
  settle();
  if (new TextEncoder().encode(definition).length > MAX_BYTES) tell(1, 'a definition has at most 256 KiB');
  return problems.sort((a, b) => a.line - b.line);
}

/** The name that the definition gives itself. */
export function nameOf(definition: string): string | undefined {
  let found: string | undefined;
  for (const match of definition.matchAll(/^[ \t]*name[ \t]+(\S+)/gm)) found = match[1];
  return found;
}

/** Where a build is: "3 of 6", and a fraction for a bar. */
export function progressOf(build: { current_step: number; total_steps: number; status: string }): number | undefined {
  if (build.status === 'success') return 1;
  if (!build.total_steps) return undefined;
  return Math.min(1, build.current_step / build.total_steps);
}

export const isOver = (status: string) => status === 'success' || status === 'failed' || status === 'cancelled';

/** A build that runs is on its way, unlike a sandbox that does. */
export const stateOf = (status: string) => (status === 'running' ? 'building' : status);
