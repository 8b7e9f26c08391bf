// SPDX-License-Identifier: Apache-2.0
// Seeded random histories of operations and faults. SANDBAR_HISTORIES says how many, SANDBAR_HISTORY_SEED where the seeds
// begin: the seed that a failure names, with SANDBAR_HISTORIES=1, repeats its operations (not their timing).
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from './random';
import { World } from './world';

const count = Number(process.env.SANDBAR_HISTORIES ?? 1000);
/** Where nobody says how many, a slow machine begins no further round after this time. */
const limitMs = process.env.SANDBAR_HISTORIES ? Infinity : 300_000;
const firstSeed = Number(process.env.SANDBAR_HISTORY_SEED ?? 1);
const together = 50;
const length = 15;
/** Rounds without any fault, one with, two with several: what a calm platform does must be exact. */
const faultsOf = (round: number) => [0, 1, 3][round % 3];

const world = new World();
beforeAll(() => world.start().then(() => {}), 120_000);
afterAll(() => world.stop());

test(`MO-6, SB-1, SB-3, SB-4, SB-6, C1, C3, C8: up to ${count} histories from seed ${firstSeed} end as the model says`, async () => {
  let run = 0;
  const begin = Date.now();
  for (let round = 0; run < count && Date.now() - begin < limitMs; ++round) {
    const seeds = Array.from({ length: Math.min(together, count - run) }, (_, i) => firstSeed + run + i);
    const histories = await world.round(seeds, length, faultsOf(round), new Random(seeds[0] * 7919), (seed) => new Random(seed));
    await world.clear(histories);
    run += seeds.length;
  }
  console.log(`${run} histories`);
  expect(run).toBeGreaterThan(0);
}, 3_600_000);
