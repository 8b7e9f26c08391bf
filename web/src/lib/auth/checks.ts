// SPDX-License-Identifier: Apache-2.0
export function emailProblem(email: string): string | undefined {
  if (!email.trim()) return 'Enter your email address.';
  if (!/^[^\s@]+@[^\s@]+$/.test(email.trim())) return 'This is not an email address.';
  return undefined;
}

export const kShortestPassword = 8;

export function passwordProblem(password: string): string | undefined {
  if (password.length < kShortestPassword) return `At least ${kShortestPassword} characters.`;
  return undefined;
}
