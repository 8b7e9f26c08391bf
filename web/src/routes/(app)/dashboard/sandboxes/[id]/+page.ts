// SPDX-License-Identifier: Apache-2.0
import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

export const load: PageLoad = ({ params }) => redirect(307, `/dashboard/sandboxes/${params.id}/overview`);
