// SPDX-License-Identifier: Apache-2.0
import { redirect } from '@sveltejs/kit';

export function load(): never {
  redirect(307, '/dashboard');
}
