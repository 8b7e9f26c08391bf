// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from 'vitest';
import { forgetInvitationToken, keepInvitationToken, keptInvitationToken } from './invitation_token';

beforeEach(() => sessionStorage.clear());

test('a token is kept for its own invitation only', () => {
  keepInvitationToken('inv-1', 'abc');
  expect(keptInvitationToken('inv-1')).toBe('abc');
  expect(keptInvitationToken('inv-2')).toBeUndefined();
  forgetInvitationToken();
  expect(keptInvitationToken('inv-1')).toBeUndefined();
});

test('what is no token is none', () => {
  sessionStorage.setItem('invitation_token', '{');
  expect(keptInvitationToken('inv-1')).toBeUndefined();
});
