// SPDX-License-Identifier: Apache-2.0
import { duration } from '$lib/format';

// A sandbox's life, told from the audit log and from its state.

export interface Entry {
  id: string;
  actor_type: 'user' | 'api_key' | 'system';
  actor_id?: string;
  actor_name?: string;
  resource_type: string;
  resource_id?: string;
  action: string;
  status: 'success' | 'info' | 'warning' | 'error';
  metadata?: Record<string, unknown>;
  created_at: string;
}

export interface Subject {
  status: string;
  status_cause: string;
  timeout_sec: number;
  on_timeout: 'pause' | 'destroy';
  created_at: string;
  started_at?: string;
  stopped_at?: string;
  last_updated: string;
}

export type Tone = 'run' | 'sleep' | 'busy' | 'warn' | 'bad' | 'idle';

export interface Told {
  tone: Tone;
  text: string;
  /** Why, as far as it is known; a part of a sentence. */
  cause?: string;
}

export interface Answer {
  question: string;
  sentence: string;
  tone: Tone;
  at?: string;
  /** What can be done about it. */
  advice?: string;
}

// Causes as control writes them, and as people say them.
const CAUSES: Record<string, string> = {
  'idle for longer than its timeout': 'it was idle for longer than its timeout',
  'its host had lost control': 'its host lost the connection to the control plane',
  'its host was shut down': 'its host was shut down',
  'paused by its agent': 'its host paused it',
  'gone from its host': 'it was gone from its host',
  'host silent': 'its host fell silent',
  'host back': 'its host is back',
  'its start was interrupted': 'its start was interrupted',
  'its request was interrupted': 'a request was interrupted',
  'its host was removed': 'its host was removed',
  'has no host': 'it had no host any more',
  'found running on its host': 'it was found running on its host',
};

export function causeText(cause: unknown): string | undefined {
  if (typeof cause !== 'string' || !cause.trim()) return undefined;
  return CAUSES[cause] ?? cause.trim().replace(/\.$/, '');
}

export function actorOf(entry: Entry): string {
  if (entry.actor_type === 'system') return 'Sandbar';
  return entry.actor_name || (entry.actor_type === 'api_key' ? 'an API key' : 'somebody');
}

const port = (entry: Entry) => `Port ${entry.metadata?.port ?? '?'}`;

function changesText(changes: unknown): string {
  if (!changes || typeof changes !== 'object') return '';
  const names = Object.keys(changes).map((name) => name.replace(/_sec$/, '').replaceAll('_', ' '));
  return names.length ? `: ${names.join(', ')}` : '';
}

const SENTENCES: Record<string, (entry: Entry) => [Tone, string]> = {
  create: (e) => ['run', e.metadata?.template ? `Created from ${e.metadata.template}` : 'Created'],
  create_failed: () => ['bad', 'Could not be started'],
  pause: () => ['sleep', 'Paused'],
  resume: () => ['run', 'Resumed'],
  destroy: () => ['idle', 'Destroyed'],
  missing: () => ['warn', 'Out of reach'],
  restore: () => ['run', 'Back in reach'],
  stop: () => ['idle', 'Found to be gone'],
  fail: () => ['bad', 'Failed'],
  orphan_destroy: () => ['idle', 'Leftovers on a host were removed'],
  update: (e) => ['busy', `Settings changed${changesText(e.metadata?.changes)}`],
  publish_port: (e) => ['warn', `${port(e)} opened to everybody`],
  close_port: (e) => ['run', `${port(e)} closed to the public`],
  reset_port: (e) => ['run', `${port(e)} is as open as the sandbox again`],
  create_link: (e) => ['busy', `Link to ${port(e).toLowerCase()} signed`],
  revoke_links: () => ['warn', 'All signed links revoked'],
};

export function tell(entry: Entry): Told {
  const known = SENTENCES[entry.action];
  const [tone, text] = known ? known(entry) : (['idle', entry.action.replaceAll('_', ' ')] as [Tone, string]);
  const cause = causeText(entry.metadata?.cause);
  return cause ? { tone, text, cause } : { tone, text };
}

const by = (entry: Entry) => (entry.actor_type === 'system' ? '' : ` by ${actorOf(entry)}`);

/** The newest entry whose action is one of these; entries are newest first. */
const newest = (entries: readonly Entry[], ...actions: string[]) =>
  entries.find((entry) => actions.includes(entry.action));

function becauseOf(entry: Entry | undefined, fallback: string): string {
  const cause = causeText(entry?.metadata?.cause ?? (fallback || undefined));
  return cause ? ` because ${cause}` : '';
}

// What everybody can see from the state itself.
const PLAIN = new Set(['pause requested', 'memory stored', 'memory restored', 'guest ready', 'destroy requested']);

/** "Paused by Ada", "Paused because it was idle …": who, if it was somebody, else why. */
function whoOrWhy(verb: string, entry: Entry | undefined, status_cause: string): string {
  if (entry && entry.actor_type !== 'system') return `${verb}${by(entry)}`;
  return verb + becauseOf(entry, PLAIN.has(status_cause) ? '' : status_cause);
}

type Teller = (sandbox: Subject, entries: readonly Entry[]) => Answer;

const ANSWERS: Record<string, Teller> = {
  paused(sandbox, entries) {
    const entry = newest(entries, 'pause');
    let sentence = whoOrWhy('Paused', entry, sandbox.status_cause);
    const wasIdle = sentence.includes('idle') && sandbox.timeout_sec > 0;
    if (wasIdle) sentence += ` of ${duration(sandbox.timeout_sec)}`;
    return {
      question: 'Why is it paused?',
      sentence: `${sentence}.`,
      tone: 'sleep',
      at: entry?.created_at ?? sandbox.last_updated,
      advice: 'Memory and files are kept. Resume it to go on.',
    };
  },
  stopped(sandbox, entries) {
    const entry = newest(entries, 'destroy', 'stop', 'fail');
    const verb =
      entry?.action === 'stop' || (!entry && sandbox.status_cause === 'gone from its host') ? 'Stopped' : 'Destroyed';
    return {
      question: 'Why did it stop?',
      sentence: `${whoOrWhy(verb, entry, sandbox.status_cause)}.`,
      tone: 'idle',
      at: sandbox.stopped_at ?? entry?.created_at ?? sandbox.last_updated,
      advice: 'Nothing is left of it. Its measurements are kept for a while.',
    };
  },
  error(sandbox, entries) {
    const entry = newest(entries, 'create_failed', 'fail');
    const failed = entry?.action === 'fail' ? 'It failed' : 'It could not be started';
    const cause = causeText(entry?.metadata?.cause) ?? causeText(sandbox.status_cause);
    return {
      question: 'Why did it stop?',
      sentence: cause ? `${failed}: ${cause}.` : `${failed}.`,
      tone: 'bad',
      at: entry?.created_at ?? sandbox.last_updated,
      advice: 'Only destroying it is left.',
    };
  },
  missing(sandbox, entries) {
    const entry = newest(entries, 'missing');
    return {
      question: 'Why is it missing?',
      sentence: `Out of reach${becauseOf(entry, sandbox.status_cause)}.`,
      tone: 'warn',
      at: entry?.created_at ?? sandbox.last_updated,
      advice: 'It comes back by itself when its host does.',
    };
  },
  running(sandbox, entries) {
    const entry = newest(entries, 'resume', 'restore', 'create');
    const sentence =
      entry?.action === 'resume'
        ? whoOrWhy('Running since it was resumed', entry, sandbox.status_cause)
        : entry?.action === 'restore'
          ? `Running, and in reach again${becauseOf(entry, '')}`
          : entry
            ? `Running since it was created${by(entry)}`
            : 'Running';
    return {
      question: 'What is it doing?',
      sentence: `${sentence}.`,
      tone: 'run',
      at: entry?.created_at ?? sandbox.started_at ?? sandbox.created_at,
    };
  },
};

const IN_BETWEEN: Record<string, string> = {
  pending: 'It is about to start.',
  starting: 'It is being started.',
  pausing: 'Its memory is being stored.',
  resuming: 'Its memory is being brought back.',
  stopping: 'It is being destroyed.',
};

/** One sentence that answers what a person asks first. */
export function explain(sandbox: Subject, entries: readonly Entry[]): Answer {
  const answer = ANSWERS[sandbox.status];
  if (answer) return answer(sandbox, entries);
  return {
    question: 'What is it doing?',
    sentence: IN_BETWEEN[sandbox.status] ?? `It is ${sandbox.status}.`,
    tone: 'busy',
    at: sandbox.last_updated,
  };
}
