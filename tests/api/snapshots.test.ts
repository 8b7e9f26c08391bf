// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Json } from './client';
import { usePlatform } from './platform';

const platform = usePlatform();

test('a snapshot starts sandboxes with the state of its source, which goes on running', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.exec(id, 'sh', '-c', 'echo one > state');
  const made = (await ada.post('/v1/snapshots', { sandbox_id: id, name: 'py3.12_x-1' }, 201)).body;
  expect(made).toMatchObject({ name: 'py3.12_x-1', type: 'snapshot', status: 'ready', source_sandbox_id: id, platform: false });
  expect((await ada.get(`/v1/sandboxes/${id}`)).body.status).toBe('running');
  await ada.exec(id, 'sh', '-c', 'echo two > state');
  const child = await ada.sandbox({ template: 'py3.12_x-1' });
  expect(child.template).toBe('py3.12_x-1');
  expect((await ada.exec(child.id, 'cat', 'state')).stdout).toBe('one\n');
});

test('names are checked, taken once in a team, and free for others', async () => {
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

test('a snapshot in use stays, an unused one goes, and both are written down', async () => {
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

test('the platform’s templates are everybody’s to see and nobody’s to delete', async () => {
  const ada = await platform.newUser();
  const base = (await ada.get('/v1/templates', 200)).body.items.find((item: Json) => item.name === 'base');
  expect(base).toMatchObject({ platform: true, status: 'ready' });
  await ada.refused('DELETE', '/v1/snapshots/base', undefined, 403, 'forbidden');
});

test('a paused sandbox has a snapshot too, a destroyed one has none', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  await ada.post(`/v1/sandboxes/${id}/pause`, undefined, 200);
  await ada.post('/v1/snapshots', { sandbox_id: id, name: 'asleep' }, 201);
  expect((await ada.get(`/v1/sandboxes/${id}`)).body.status).toBe('paused');
  await ada.delete(`/v1/sandboxes/${id}`, 204);
  await ada.refused('POST', '/v1/snapshots', { sandbox_id: id, name: 'late' }, 409, 'invalid_state');
});
