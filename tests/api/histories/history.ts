// SPDX-License-Identifier: Apache-2.0
// One history: what a team does, one thing after the other, and a model of what may have become of it. An answer that
// says what happened leaves one possibility; one that does not (a broken connection, a 5xx) leaves two.
import type { Answer, Client, Json } from '../client';
import type { Random } from './random';

export type State = 'running' | 'paused' | 'stopped' | 'error';
type Action = 'create' | 'pause' | 'resume' | 'destroy';

export class Modelled {
  readonly possible = new Set<State>();
  /** How often each action certainly happened, and how often it may have. */
  readonly done: Record<Action, number> = { create: 1, pause: 0, resume: 0, destroy: 0 };
  readonly perhaps: Record<Action, number> = { create: 0, pause: 0, resume: 0, destroy: 0 };

  constructor(readonly id: string, private readonly timeoutSec: number) {
    this.become('running');
  }

  become(state: State): void {
    this.possible.clear();
    this.possible.add(state);
    if (state === 'running' && this.timeoutSec > 0) this.possible.add('paused');
  }

  settle(action: Action, state: State): void {
    this.become(state);
    ++this.done[action];
  }

  doubt(action: Action, state: State): void {
    this.possible.add(state);
    ++this.perhaps[action];
  }
}

const operations = [
  ['create', 5], ['createTwice', 1], ['pause', 4], ['pauseTwice', 1], ['resume', 4], ['destroy', 2], ['ping', 1], ['timeout', 1], ['view', 1], ['list', 1],
] as const;

export class History {
  readonly sandboxes: Modelled[] = [];
  /** Creates of which nobody knows whether they made something. */
  lostCreates = 0;
  readonly steps: string[] = [];
  private keys = 0;

  constructor(
    readonly seed: number,
    readonly team: string,
    private readonly client: Client,
    private readonly random: Random,
    private readonly onStep: () => void,
    /** Waits until the platform answers again. */
    private readonly whenReady: () => Promise<unknown>,
  ) {}

  async run(length: number): Promise<void> {
    for (let i = 0; i < length; ++i) {
      const operation = this.sandboxes.length === 0 ? 'create' : this.random.weighted(operations);
      const target = this.sandboxes[this.random.below(Math.max(1, this.sandboxes.length))];
      await this[operation](target);
      this.onStep();
    }
  }

  /** The answer, or nothing when the connection broke. */
  private async ask(what: string, call: () => Promise<Answer>): Promise<Answer | null> {
    try {
      const answer = await call();
      this.steps.push(`${what}: ${answer.status}`);
      return answer;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's word for a broken connection
      this.steps.push(`${what}: broken`);
      await this.whenReady();
      return null;
    }
  }

  private knows(answer: Answer | null, ...good: number[]): boolean {
    if (answer === null || answer.status >= 500) return false;
    if (!good.includes(answer.status)) throw new Error(`unexpected answer ${answer.status}: ${JSON.stringify(answer.body)}`);
    return true;
  }

  private newSandbox(body: Json, timeoutSec: number): void {
    if (!this.sandboxes.some((one) => one.id === body.id)) this.sandboxes.push(new Modelled(body.id, timeoutSec));
  }

  private async create(_: Modelled, client = this.client): Promise<void> {
    const timeout_sec = this.random.next() < 0.1 ? 1 : 0;
    const answer = await this.ask('create', () => client.post('/v1/sandboxes', { timeout_sec }));
    // 409: it took so long that the monitor had given it up, and then it does not run.
    if (!this.knows(answer, 201, 409)) ++this.lostCreates;
    else if (answer!.status === 201) this.newSandbox(answer!.body, timeout_sec);
  }

  /** The same key with the same request makes one sandbox, whatever comes of the first one. */
  private async createTwice(): Promise<void> {
    const client = this.client.with({ 'Idempotency-Key': `key-${++this.keys}` });
    const first = await this.ask('create with a key', () => client.post('/v1/sandboxes', {}));
    if (!this.knows(first, 201, 409)) ++this.lostCreates;
    else if (first!.status === 201) this.newSandbox(first!.body, 0);
    const second = await this.ask('and again', () => client.post('/v1/sandboxes', {}));
    if (!this.knows(second, 201, 409)) ++this.lostCreates;
    else if (second!.status === 201) {
      if (first?.status === 201 && second!.body.id !== first.body.id) throw new Error('one key made two sandboxes');
      this.newSandbox(second!.body, 0);
    }
  }

  private conclude(answer: Answer | null, target: Modelled, action: 'pause' | 'resume', state: State): void {
    if (!this.knows(answer, 200, 409)) target.doubt(action, state);
    else if (answer!.status === 200) target.settle(action, state);
  }

  private async pause(target: Modelled): Promise<void> {
    this.conclude(await this.ask(`pause ${target.id}`, () => this.client.post(`/v1/sandboxes/${target.id}/pause`)), target, 'pause', 'paused');
  }

  private async pauseTwice(target: Modelled): Promise<void> {
    const both = await Promise.all([1, 2].map(() => this.ask(`pause ${target.id}`, () => this.client.post(`/v1/sandboxes/${target.id}/pause`))));
    if (both.filter((answer) => answer?.status === 200).length > 1) throw new Error('two pauses of one sandbox succeeded');
    for (const answer of both.sort((a, b) => (b?.status ?? 600) - (a?.status ?? 600))) this.conclude(answer, target, 'pause', 'paused');
  }

  private async resume(target: Modelled): Promise<void> {
    this.conclude(await this.ask(`resume ${target.id}`, () => this.client.post(`/v1/sandboxes/${target.id}/resume`)), target, 'resume', 'running');
  }

  private async destroy(target: Modelled): Promise<void> {
    const answer = await this.ask(`destroy ${target.id}`, () => this.client.delete(`/v1/sandboxes/${target.id}`));
    if (!this.knows(answer, 204)) return target.doubt('destroy', 'stopped');
    target.become('stopped');
    target.done.destroy = 1;
  }

  private async ping(target: Modelled): Promise<void> {
    this.knows(await this.ask('ping', () => this.client.post(`/v1/sandboxes/${target.id}/ping`)), 204, 404, 409);
  }

  private async timeout(target: Modelled): Promise<void> {
    const answer = await this.ask('timeout', () => this.client.post(`/v1/sandboxes/${target.id}/timeout`, { timeout_sec: 3600 }));
    this.knows(answer, 200, 404, 409);
  }

  private async view(target: Modelled): Promise<void> {
    const answer = await this.ask('view', () => this.client.get(`/v1/sandboxes/${target.id}`));
    if (this.knows(answer, 200) && answer!.body.id !== target.id) throw new Error('another sandbox was shown');
  }

  private async list(): Promise<void> {
    const answer = await this.ask('list', () => this.client.get('/v1/sandboxes?limit=200'));
    if (this.knows(answer, 200) && answer!.body.items.some((item: Json) => ['stopped', 'error'].includes(item.status)))
      throw new Error('a list shows what is gone');
  }
}
