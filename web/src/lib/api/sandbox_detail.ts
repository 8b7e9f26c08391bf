// SPDX-License-Identifier: Apache-2.0
import { session } from '$lib/session/session.svelte';
import { api, idempotencyKey, ok, type Schema } from './client';

export type { Sandbox } from './sandboxes';
export type Traffic = Schema['TrafficView'];
export type Port = Schema['PortView'];
export type SignedLink = Schema['LinkView'];
export type Process = Schema['ProcessView'];
export type AuditEntry = Schema['AuditLogView'];
export type Snapshot = Schema['SnapshotView'];

const path = (id: string) => ({ path: { id } });

/** Keys of what belongs to one sandbox. */
export const keys = {
  traffic: (id: string) => [session.team_id, 'sandbox_traffic', id] as const,
  ports: (id: string) => [session.team_id, 'sandbox_ports', id] as const,
  processes: (id: string) => [session.team_id, 'sandbox_processes', id] as const,
  story: (id: string) => [session.team_id, 'audit', 'sandbox', id] as const,
};

/** The idle time begins anew. */
export const restartTimer = (id: string) => api.POST('/v1/sandboxes/{id}/ping', { params: path(id) });

export const createSnapshot = (sandbox_id: string, name: string, overwrite: boolean) =>
  ok(
    api.POST('/v1/snapshots', {
      params: { query: { overwrite } },
      headers: { 'Idempotency-Key': idempotencyKey() },
      body: { sandbox_id, ...(name ? { name } : {}) },
    }),
  );

export const trafficOptions = (id: string) => ({
  queryKey: keys.traffic(id),
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    ok(api.GET('/v1/sandboxes/{id}/traffic', { params: path(id), signal })),
});

export const portsOptions = (id: string) => ({
  queryKey: keys.ports(id),
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await ok(api.GET('/v1/sandboxes/{id}/ports', { params: path(id), signal }))).items,
});

const portPath = (id: string, port: number) => ({ path: { id, port } });
export const setPort = (id: string, port: number, is_public: boolean) =>
  ok(api.PUT('/v1/sandboxes/{id}/ports/{port}', { params: portPath(id, port), body: { public: is_public } }));
export const resetPort = (id: string, port: number) =>
  api.DELETE('/v1/sandboxes/{id}/ports/{port}', { params: portPath(id, port) });
export const createLink = (id: string, port: number, expires_in_sec: number) =>
  ok(api.POST('/v1/sandboxes/{id}/links', { params: path(id), body: { port, expires_in_sec } }));
export const revokeLinks = (id: string) => api.DELETE('/v1/sandboxes/{id}/links', { params: path(id) });

/** The names, never the values, of what a shell in the sandbox has in its environment. */
export async function environmentNames(id: string): Promise<string[]> {
  const answer = await ok(
    api.POST('/v1/sandboxes/{id}/exec', {
      params: path(id),
      body: { cmd: '/bin/bash', args: ['-c', 'compgen -e'], timeout_sec: 10 },
    }),
  );
  const printed = 'stdout' in answer ? answer.stdout : '';
  return printed.split('\n').filter(Boolean).sort();
}

export const processesOptions = (id: string) => ({
  queryKey: keys.processes(id),
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await ok(api.GET('/v1/sandboxes/{id}/processes', { params: path(id), signal }))).items,
});

export const signalProcess = (id: string, pid: number, signal: 'SIGTERM' | 'SIGKILL') =>
  api.DELETE('/v1/sandboxes/{id}/processes/{process}', {
    params: { path: { id, process: String(pid) }, query: { signal } },
  });

/** The newest entries about one sandbox. */
export const storyOptions = (id: string) => ({
  queryKey: keys.story(id),
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<AuditEntry[]> =>
    (await ok(api.GET('/v1/audit-logs', { params: { query: { resource_id: id, limit: 200 } }, signal }))).items,
});
