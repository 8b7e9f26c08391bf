// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { program, run } from '@sandbar/test-lib';
import { environment, newSandbox, ok } from './sandbar.js';

async function complete(...words: string[]): Promise<string[]> {
  const script = `
    PATH=${program('sandbar').replace(/\/sandbar$/, '')}:$PATH
    source <(sandbar completion bash)
    COMP_WORDS=(sandbar ${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length}
    _sandbar
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const finished = await run('bash', ['-c', script], { env: environment });
  expect(finished.stderr.toString()).toBe('');
  return finished.stdout.toString().split('\n').filter(Boolean);
}

test('bash completes commands, subcommands and options', async () => {
  expect(await complete('temp')).toEqual(['templates']);
  expect(await complete('templates', 'r')).toEqual(['rm']);
  expect(await complete('create', '--time')).toEqual(['--timeout']);
});

test('bash completes the ids of sandboxes', async () => {
  const id = await newSandbox();
  expect(await complete('exec', id.slice(0, 10))).toContain(id);
  await ok('rm', id);
});

test('the other shells get scripts that name every command', async () => {
  for (const shell of ['zsh', 'fish']) {
    const script = await ok('completion', shell);
    for (const command of ['create', 'exec', 'snapshot', 'keys']) expect(script).toContain(command);
  }
});
