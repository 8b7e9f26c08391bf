// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform();

test('SN-1, ID-2: a snapshot starts sandboxes with the state of its source, which goes on running', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.exec(id, 'sh', '-c', 'echo one > state');
  const made = (await ada.post('/v1/snapshots', { sandbox_id: id, name: 'py3.12_x-1' }, 201)).body;
  expect(made).toMatchObject({ name: 'py3.12_x-1', type: 'snapshot', status: 'ready', source_sandbox_id: id, platform: false });
  expect((await ada.get(`/v1/sandboxes/${id}`)).body.status).toBe('running');
  await ada.exec(id, 'sh', '-c', 'echo two > state');
  const child = await ada.sandbox({ template: 'py3.12_x-1' });
  expect(child.template).toBe('py3.12_x-1');
  const listed = (await ada.get('/v1/snapshots', 200)).body.items.map((item: Json) => item.name);
  expect(listed).toEqual(['py3.12_x-1', 'base']); // newest first, the platform's with them
  expect((await ada.get('/v1/templates/py3.12_x-1', 200)).body).toMatchObject({ parent: 'base', source_sandbox_id: id, in_use: 1 });
  expect((await ada.exec(child.id, 'cat', 'state')).stdout).toBe('one\n');
});

test('SN-1, W3: names are checked, taken once in a team, and free for others', async () => {
  const ada = await platform.newUser();
  const eve = await platform.newUser('Eve');
  const { id } = await ada.sandbox();
  await ada.post('/v1/snapshots', { sandbox_id: id, name: 'mine' }, 201);
  await ada.refused('POST', '/v1/snapshots', { sandbox_id: id, name: 'mine' }, 409, 'already_exists');
  for (const name of ['..', 'a/b', '.x', '', 'x'.repeat(65)])
    await ada.refused('POST', '/v1/snapshots', { sandbox_id: id, name }, 400, 'invalid_request');
  await eve.refused('POST', '/v1/snapshots', { sandbox_id: id, name: 'theirs' }, 404, 'not_found');
  await eve.refused('POST', '/v1/sandboxes', { template: 'mine' }, 404, 'not_found');
  const theirs = await eve.sandbox();
  await eve.post('/v1/snapshots', { sandbox_id: theirs.id, name: 'mine' }, 201);
  expect((await ada.post('/v1/snapshots', { sandbox_id: id }, 201)).body.name).toMatch(/^template-[0-9a-f]{8}$/);
});

test('SN-3, ID-2: a snapshot in use stays, an unused one goes, and both are written down', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.post('/v1/snapshots', { sandbox_id: id, name: 'gone' }, 201);
  const child = await ada.sandbox({ template: 'gone' });
  await ada.refused('DELETE', '/v1/snapshots/gone', undefined, 409, 'template_in_use');
  await ada.delete(`/v1/sandboxes/${child.id}`, 204);
  await ada.delete('/v1/snapshots/gone', 204);
  await ada.refused('DELETE', '/v1/snapshots/gone', undefined, 404, 'not_found');
  expect((await ada.get('/v1/snapshots?type=snapshot', 200)).body.items).toEqual([]);
  const audit = (await ada.get('/v1/audit-logs?resource_type=snapshot', 200)).body.items;
  expect(audit.map((entry: Json) => `${entry.action} ${entry.resource_id}`)).toEqual(['delete gone', 'create gone']);
});

test('ID-5, C10, SN-2: the platform’s templates are everybody’s to see and nobody’s to delete', async () => {
  const ada = await platform.newUser();
  const base = (await ada.get('/v1/templates', 200)).body.items.find((item: Json) => item.name === 'base');
  expect(base).toMatchObject({ platform: true, status: 'ready' });
  await ada.refused('DELETE', '/v1/snapshots/base', undefined, 403, 'forbidden');
});

test('SN-1: a paused sandbox has a snapshot too, a destroyed one has none', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await ada.post('/v1/snapshots', { sandbox_id: id, name: 'asleep' }, 201);
  expect((await ada.get(`/v1/sandboxes/${id}`)).body.status).toBe('paused');
  await ada.delete(`/v1/sandboxes/${id}`, 204);
  await ada.refused('POST', '/v1/snapshots', { sandbox_id: id, name: 'late' }, 409, 'invalid_state');
});

test('SN-1: an overwritten snapshot is replaced when the new one is there, and sandboxes of the old one come back', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.exec(id, 'sh', '-c', 'echo one > state');
  const first = (await ada.post('/v1/snapshots', { sandbox_id: id, name: 'kept' }, 201)).body;
  const old = await ada.sandbox({ template: 'kept' });
  await ada.post(`/v1/sandboxes/${old.id}/pause`, undefined, 200);
  await ada.exec(id, 'sh', '-c', 'echo two > state');
  const second = (await ada.post('/v1/snapshots?overwrite=true', { sandbox_id: id, name: 'kept' }, 201)).body;
  expect(second.id).not.toBe(first.id);
  const fresh = await ada.sandbox({ template: 'kept' });
  expect((await ada.exec(fresh.id, 'cat', 'state')).stdout).toBe('two\n');
  await ada.post(`/v1/sandboxes/${old.id}/resume`, undefined, 200);
  expect((await ada.exec(old.id, 'cat', 'state')).stdout).toBe('one\n');
  expect((await ada.get('/v1/snapshots?type=snapshot', 200)).body.items).toMatchObject([{ id: second.id, name: 'kept' }]);
  await ada.refused('POST', '/v1/sandboxes', { template: first.id }, 404, 'not_found');
  await ada.delete(`/v1/sandboxes/${old.id}`, 204);
  await waitFor('the old one is gone', () => platform.sql(`SELECT count(*) FROM templates WHERE name = 'kept'`) === '1');
});

test('SN-1: of snapshots that overwrite the same name at once, one has it in the end and none is left behind', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  const making = Array.from({ length: 5 }, () => ada.post('/v1/snapshots?overwrite=true', { sandbox_id: id, name: 'raced' }, 201));
  const ids = (await Promise.all(making)).map(({ body }) => body.id);
  const [kept, ...others] = (await ada.get('/v1/snapshots?type=snapshot', 200)).body.items;
  expect(others).toEqual([]);
  expect(ids).toContain(kept.id);
  await waitFor('the others are gone', () => platform.sql(`SELECT count(*) FROM templates WHERE name = 'raced'`) === '1');
});
