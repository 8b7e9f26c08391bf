// SPDX-License-Identifier: Apache-2.0
export interface FieldProblem {
  field: string;
  what: string;
}

/** An answer that is not a success, or no answer at all (status 0). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly request_id: string = '',
    readonly problems: FieldProblem[] = [],
    /** The whole answer, for the few errors that carry more. */
    readonly body: unknown = undefined,
    /** Seconds to wait, of the answer's `Retry-After`. */
    readonly retry_after: number | undefined = undefined,
  ) {
    super(message);
  }

  get isOffline(): boolean {
    return this.status === 0;
  }
}

export async function errorOfResponse(response: Response): Promise<ApiError> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  const told = (body as { error?: Partial<ApiError> } | undefined)?.error;
  const wait = Number(response.headers.get('Retry-After'));
  return new ApiError(
    response.status,
    told?.code ?? 'unknown',
    told?.message ?? `The server answered ${response.status}.`,
    told?.request_id ?? response.headers.get('X-Request-Id') ?? '',
    told?.problems ?? [],
    body,
    wait > 0 ? wait : undefined,
  );
}

/** Whatever was thrown, as an ApiError. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof TypeError) return new ApiError(0, 'offline', 'The server cannot be reached.');
  return new ApiError(0, 'unknown', thrown instanceof Error ? thrown.message : String(thrown));
}

/** A sentence for people: capital letter, full stop. */
export function errorText(thrown: unknown): string {
  const message = asApiError(thrown).message.trim();
  if (!message) return 'Something went wrong.';
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** What the server says about a form's field, as a sentence. */
export function problemOf(thrown: unknown, field: string): string | undefined {
  if (!(thrown instanceof ApiError)) return undefined;
  const problem = thrown.problems.find((each) => each.field === field);
  return problem && errorText(new Error(problem.what));
}
