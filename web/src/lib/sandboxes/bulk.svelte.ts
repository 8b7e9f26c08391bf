// SPDX-License-Identifier: Apache-2.0
import { errorText } from '$lib/api/error';
import type { Sandbox } from '$lib/api/sandboxes';
import { changeSandbox, removeSandbox, type SandboxAction } from './actions';

export interface BulkResult {
  id: string;
  status: 'waiting' | 'working' | 'done' | 'failed';
  problem?: string;
}

/** So many requests at a time. */
const kAtOnce = 4;

/** One action for many sandboxes, with the outcome of each. */
export class BulkRun {
  results = $state<BulkResult[]>([]);
  action = $state<SandboxAction>('pause');
  isRunning = $state(false);

  done = $derived(this.results.filter((each) => each.status === 'done').length);
  failed = $derived(this.results.filter((each) => each.status === 'failed').length);

  /** Ids of those that went well. */
  async run(action: SandboxAction, sandboxes: Pick<Sandbox, 'id' | 'status'>[]): Promise<string[]> {
    this.action = action;
    this.isRunning = true;
    this.results = sandboxes.map(({ id }) => ({ id, status: 'waiting' }));
    const queue = [...sandboxes.entries()];
    const work = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.one(next[0], next[1]);
    };
    await Promise.all(Array.from({ length: kAtOnce }, work));
    this.isRunning = false;
    return this.results.filter((each) => each.status === 'done').map((each) => each.id);
  }

  clear(): void {
    if (!this.isRunning) this.results = [];
  }

  private async one(index: number, sandbox: Pick<Sandbox, 'id' | 'status'>): Promise<void> {
    const result = this.results[index];
    if (!result) return;
    result.status = 'working';
    try {
      if (this.action === 'destroy') await removeSandbox(sandbox.id);
      else await changeSandbox(sandbox, this.action);
      result.status = 'done';
    } catch (thrown) {
      result.status = 'failed';
      result.problem = errorText(thrown);
    }
  }
}
