// SPDX-License-Identifier: Apache-2.0
import { error } from '@sveltejs/kit';

export function load(): never {
  error(404, 'There is nothing here');
}
