import { api, ok, send, type Schema } from './client';

export type FileEntry = Schema['Entry'];

const place = (id: string, path: string) => ({ path: { id }, query: { path } });

export const listFolder = async (id: string, path: string, signal?: AbortSignal): Promise<FileEntry[]> =>
  (await ok(api.GET('/v1/sandboxes/{id}/files/list', { params: place(id, path), signal }))).items;

export const statFile = (id: string, path: string, signal?: AbortSignal): Promise<FileEntry> =>
  ok(api.GET('/v1/sandboxes/{id}/files/stat', { params: place(id, path), signal }));

export const makeFolder = (id: string, path: string) =>
  ok(api.POST('/v1/sandboxes/{id}/files/mkdir', { params: { path: { id } }, body: { path } }));

export const moveFile = (id: string, source: string, destination: string) =>
  ok(
    api.POST('/v1/sandboxes/{id}/files/move', { params: { path: { id } }, body: { source, destination } }),
  );

export const removeFile = (id: string, path: string) =>
  api.DELETE('/v1/sandboxes/{id}/files', { params: place(id, path) });

export const contentUrl = (id: string, path: string) =>
  `/v1/sandboxes/${id}/files?${new URLSearchParams({ path })}`;

export async function readFile(id: string, path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await send(contentUrl(id, path), { signal });
  return new Uint8Array(await response.arrayBuffer());
}

export async function readBlob(id: string, path: string, type: string, signal?: AbortSignal): Promise<Blob> {
  const response = await send(contentUrl(id, path), { signal });
  return new Blob([await response.arrayBuffer()], { type });
}

export async function writeFile(id: string, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<FileEntry> {
  const headers = { 'Content-Type': 'application/octet-stream' };
  const response = await send(contentUrl(id, path), { method: 'PUT', headers, body: bytes });
  return (await response.json()) as FileEntry;
}
