// SPDX-License-Identifier: Apache-2.0
// A program of ours that runs while tests do.
import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from '@sandbar/test-lib';

export class RunningProgram {
  private readonly child: ChildProcess;
  private output = '';

  constructor(
    private readonly name: string,
    path: string,
    args: string[],
    env: Record<string, string>,
    cwd: string,
  ) {
    this.child = spawn(path, args, { env: { PATH: process.env.PATH!, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (piece) => (this.output = (this.output + piece).slice(-200_000)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get log(): string {
    return this.output;
  }

  /** The first match of `pattern` in what it prints; fails if it ends before. */
  async printed(pattern: RegExp, limitMs = 20_000): Promise<RegExpMatchArray> {
    return waitFor(`${this.name} prints ${pattern}`, () => this.output.match(pattern) ?? this.failIfEnded(), limitMs);
  }

  private failIfEnded(): null {
    if (this.isRunning) return null;
    throw new Error(`${this.name} has ended:\n${this.output.slice(-4000)}`);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for its end; one that does not come is a failure, and forced. */
  async ended(): Promise<void> {
    await waitFor(`${this.name} ends`, () => !this.isRunning, 20_000).catch((error) => {
      this.kill();
      throw new Error(`${error}\n${this.output.slice(-4000)}`);
    });
  }

  /** An orderly end. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended();
  }
}
