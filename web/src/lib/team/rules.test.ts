// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  deleteProblem,
  inOrder,
  isEmail,
  isSearchable,
  leaveProblem,
  mayActOn,
  nameProblem,
  type Member,
} from './rules';

test('the owner and oneself are out of reach', () => {
  expect(mayActOn({ user_id: 'o', role: 'owner' }, 'admin', 'a')).toBe(false);
  expect(mayActOn({ user_id: 'a', role: 'admin' }, 'admin', 'a')).toBe(false);
  expect(mayActOn({ user_id: 'b', role: 'admin' }, 'admin', 'a')).toBe(true);
  expect(mayActOn({ user_id: 'b', role: 'member' }, 'owner', 'a')).toBe(true);
  expect(mayActOn({ user_id: 'b', role: 'member' }, 'member', 'a')).toBe(false);
});

test('the only team is neither left nor deleted', () => {
  expect(leaveProblem('member', 1)).toBe('Create another team first');
  expect(deleteProblem('owner', 1)).toBe('Create another team first');
  expect(leaveProblem('member', 2)).toBeUndefined();
  expect(deleteProblem('owner', 2)).toBeUndefined();
  expect(leaveProblem('owner', 2)).toContain('Transfer');
  expect(deleteProblem('admin', 2)).toContain('owner');
});

test('names have letters of all languages, digits, spaces and four signs', () => {
  for (const name of ["O'Neil-Lab @ Home", 'Ünïcode_7', '砂', 'हिन्दी']) expect(nameProblem(name)).toBeUndefined();
  for (const name of ['', '  ', '<b>', 'a/b', 'x'.repeat(129), '🏖']) expect(nameProblem(name)).toBeTruthy();
});

test('only the beginning of an address with its @ is searched', () => {
  expect(isSearchable('ada')).toBe(false);
  expect(isSearchable('a@')).toBe(false);
  expect(isSearchable('ada@')).toBe(true);
  expect(isEmail('ada@')).toBe(false);
  expect(isEmail('ada@example.org')).toBe(true);
});

test('owner, admins, members, each by name', () => {
  const member = (name: string, role: Member['role']): Member => ({
    user_id: name,
    name,
    email: name,
    role,
    joined_at: '',
  });
  const members = [member('Zoe', 'member'), member('Bob', 'admin'), member('Ann', 'member'), member('Yan', 'owner')];
  expect(inOrder(members).map((m) => m.name)).toEqual(['Yan', 'Bob', 'Ann', 'Zoe']);
});
