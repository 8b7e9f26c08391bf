// SPDX-License-Identifier: Apache-2.0
import { api, ok, send, type Schema } from './client';
import { upload, type UploadOptions } from './upload';

export type FileEntry = Schema['Entry'];

const place = (id: string, path: string) => ({ path: { id }, query: { path } });

export const listFolder = async (id: string, path: string, signal?: AbortSignal): Promise<FileEntry[]> =>
  (await ok(api.GET('/v1/sandboxes/{id}/files/list', { params: place(id, path), signal }))).items;

export const statFile = (id: string, path: string, signal?: AbortSignal): Promise<FileEntry> =>
  ok(api.GET('/v1/sandboxes/{id}/files/stat', { params: place(id, path), signal }));

export const makeFolder = (id: string, path: string) =>
  ok(api.POST('/v1/sandboxes/{id}/files/mkdir', { params: { path: { id } }, body: { path } }));

export const moveFile = (id: string, source: string, destination: string) =>
  ok(api.POST('/v1/sandboxes/{id}/files/move', { params: { path: { id } }, body: { source, destination } }));

export const removeFile = (id: string, path: string) =>
  api.DELETE('/v1/sandboxes/{id}/files', { params: place(id, path) });

export const contentUrl = (id: string, path: string) => `/v1/sandboxes/${id}/files?${new URLSearchParams({ path })}`;

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

export async function uploadFile(
  id: string,
  path: string,
  file: File,
  options: Omit<UploadOptions, 'method'>,
): Promise<FileEntry> {
  const response = await upload(contentUrl(id, path), file, { method: 'PUT', ...options });
  return (await response.json()) as FileEntry;
}

interface SaveTarget {
  createWritable(): Promise<WritableStream<Uint8Array>>;
}
type Picker = (options: { suggestedName: string }) => Promise<SaveTarget>;

/** Where the browser can, a big file is written to the disk as it comes; otherwise it is held in memory first. */
export async function downloadFile(
  id: string,
  path: string,
  name: string,
  size: number,
  save: (blob: Blob, name: string) => void,
): Promise<void> {
  const picker = (window as { showSaveFilePicker?: Picker }).showSaveFilePicker;
  if (size > BIG_BYTES && picker) {
    const target = await picker({ suggestedName: name });
    const response = await send(contentUrl(id, path));
    await response.body!.pipeTo(await target.createWritable());
    return;
  }
  const response = await send(contentUrl(id, path));
  save(await response.blob(), name);
}

const BIG_BYTES = 64 * 1024 * 1024;
