// SPDX-License-Identifier: Apache-2.0
// What axe finds on a page, in short.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary?: string }[];
}

/** "color-contrast: .badge (…)" for each element that breaks a rule. */
export async function violations(page: Page): Promise<string[]> {
  // evaluate() is no part of the page: its content security policy does not hold axe back.
  await page.evaluate(source);
  const found = await page.evaluate(async (runOnly): Promise<Violation[]> => {
    const axe = (globalThis as unknown as { axe: { run(where: Document, options: object): Promise<{ violations: Violation[] }> } }).axe;
    return (await axe.run(document, { runOnly, resultTypes: ['violations'] })).violations;
  }, tags);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} (${failureSummary?.split('\n').at(-1)?.trim()})`));
}
