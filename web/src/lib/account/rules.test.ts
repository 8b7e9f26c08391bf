// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { confirmsAddress, connectMessage, disconnectProblem, nameProblem, passwordProblem } from './rules';

test('a password is long enough and typed twice alike', () => {
  expect(passwordProblem('short', 'short')).toContain('8');
  expect(passwordProblem('x'.repeat(1025), '')).toContain('1024');
  expect(passwordProblem('long enough', 'long enougj')).toBe('The passwords differ');
  expect(passwordProblem('pässwörd', 'pässwörd')).toBeUndefined();
});

test('names are not empty and not endless', () => {
  expect(nameProblem('  ')).toBe('Enter your name');
  expect(nameProblem('x'.repeat(101))).toContain('100');
  expect(nameProblem('Ada')).toBeUndefined();
});

test('the last way to sign in stays', () => {
  expect(disconnectProblem({ has_password: false, providers: ['github'] })).toContain('password');
  expect(disconnectProblem({ has_password: true, providers: ['github'] })).toBeUndefined();
  expect(disconnectProblem({ has_password: false, providers: ['github', 'oidc'] })).toBeUndefined();
});

test('an account is deleted by its own address', () => {
  expect(confirmsAddress(' Ada@Example.org ', 'ada@example.org')).toBe(true);
  expect(confirmsAddress('ada@example.com', 'ada@example.org')).toBe(false);
});

test('a return from a provider is told', () => {
  expect(connectMessage(new URLSearchParams('connected=github'))).toEqual({
    ok: true,
    text: 'The provider is connected.',
  });
  expect(connectMessage(new URLSearchParams('error=identity_taken'))?.ok).toBe(false);
  expect(connectMessage(new URLSearchParams())).toBeUndefined();
});
