// SPDX-License-Identifier: Apache-2.0
/**
 * A refresh token works once, and using one again ends the session as stolen: tabs that start together take turns.
 * Pages that are not a secure context have no locks; there a lease in the storage does.
 */
export async function oneTabAtATime<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (globalThis.navigator?.locks) return navigator.locks.request(name, work) as Promise<T>;
  const mine = await takeLease(name);
  try {
    return await work();
  } finally {
    giveLeaseBack(name, mine);
  }
}

const kLease_ms = 5000;
const kWait_ms = 60;

function read(name: string): { holder: string; until: number } | undefined {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

async function takeLease(name: string): Promise<string> {
  const mine = `${Math.random()}`;
  const giveUp = Date.now() + 2 * kLease_ms;
  while (Date.now() < giveUp) {
    const lease = read(name);
    if (!lease || lease.until < Date.now()) {
      try {
        localStorage.setItem(name, JSON.stringify({ holder: mine, until: Date.now() + kLease_ms }));
      } catch {
        return mine;
      }
      // Two tabs may have written at once: the last one holds it.
      await wait(kWait_ms / 2);
      if (read(name)?.holder === mine) return mine;
    }
    await wait(kWait_ms);
  }
  return mine;
}

function giveLeaseBack(name: string, mine: string): void {
  if (read(name)?.holder === mine) localStorage.removeItem(name);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
