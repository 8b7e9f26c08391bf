// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import type { Json } from './client';
import { usePlatform } from './platform';

const settings = { SANDBAR_CREATE_LIMIT: '2s', SANDBAR_ORPHAN_GRACE: '1s' };
const platform = usePlatform({ settings });

test('SB-1, C5: control that is killed while sandboxes start tells the truth about each of them after its restart', async () => {
  const ada = await platform.newUser();
  const kept = await ada.sandbox();
  const creating = Array.from({ length: 10 }, () => ada.post('/v1/sandboxes', {}).catch(() => null));
  await waitFor('rows are there', () => Number(platform.sql('SELECT count(*) FROM sandboxes')) > 5);
  platform.control.kill();
  await Promise.all(creating);
  await platform.startControl(settings);
  const settled = async (): Promise<Json[] | null> => {
    const { items } = (await ada.get('/v1/sandboxes?limit=100')).body;
    return items.every((item: Json) => item.status === 'running') ? items : null;
  };
  const running = await waitFor('every row is running or gone', settled, 20_000);
  expect(running.map((item) => item.id)).toContain(kept.id);
  for (const { id } of running) expect((await ada.exec(id, 'echo', id)).stdout).toBe(`${id}\n`);
});

test('SB-9: a control that is told to stop lets a running request end', async () => {
  const ada = await platform.newUser();
  const { id } = await ada.sandbox();
  const ran = ada.post(`/v1/sandboxes/${id}/exec`, { cmd: 'sh', args: ['-c', 'sleep 1; echo done'] }, 200);
  await waitFor('it runs', async () => (await ada.get(`/v1/sandboxes/${id}/processes`)).body.items.length > 0);
  await Promise.all([platform.control.stop(), ran.then(({ body }) => expect(body.stdout).toBe('done\n'))]);
  await platform.startControl(settings);
});
