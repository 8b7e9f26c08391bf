// SPDX-License-Identifier: Apache-2.0
import { waitFor } from '@sandbar/test-lib';
import { expect, test } from 'vitest';
import { becomes, useFleet } from './fleet';

const fleet = useFleet(1, { SANDBAR_HOST_STALE_AFTER: '60s' });

test('C16: of two replicas one does the background work, everything is recorded once, and the other takes over', async () => {
  const second = await fleet.platform.startReplica(fleet.settings);
  const ada = await fleet.platform.newUser();
  const leaders = () => [fleet.platform.control, second].map((one) => one.log.split('jobs started').length - 1);
  await waitFor('one leads', () => leaders()[0] + leaders()[1] === 1);
  const paused = await Promise.all(Array.from({ length: 5 }, () => ada.sandbox({ timeout_sec: 1 })));
  for (const { id } of paused) await becomes(ada, id, 'paused');
  const entries = fleet.platform.sql(`SELECT count(*) FROM audit_logs WHERE action = 'pause' AND actor_type = 'system'`);
  expect(entries).toBe('5');
  expect(leaders()).toEqual([1, 0]);

  fleet.platform.control.kill();
  await waitFor('the other leads', () => leaders()[1] === 1);
  const there = ada.at(second.log.match(/listening on (http:\/\/\S+)/)![1]);
  const [made] = paused;
  await there.post(`/v1/sandboxes/${made.id}/resume`, undefined, 200);
  await fleet.hosts[0].endVm(made.id);
  await becomes(there, made.id, 'stopped');
  await second.stop();
  await fleet.platform.startControl(fleet.settings);
});
