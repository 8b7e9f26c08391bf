-- SPDX-License-Identifier: Apache-2.0
-- The audit log: rows are inserted and read, never changed.

-- name: insert_entry
INSERT INTO audit_logs (id, team_id, actor_type, actor_id, actor_name, resource_type, resource_id, action, scope, status,
                        metadata, source_ip)
VALUES (:id, :team_id, :actor_type, :actor_id, :actor_name, :resource_type, :resource_id, :action, :scope, :status,
        :metadata::jsonb, :source_ip);

-- name: list_entries
-- The row comparison keeps to the index; without a cursor it is true for every row.
SELECT id, actor_type, actor_id, actor_name, resource_type, resource_id, action, scope, status, metadata, created_at
FROM audit_logs
WHERE team_id = :team_id
  AND scope = ANY(:scopes::text[])
  AND (:resource_types::text[] IS NULL OR resource_type = ANY(:resource_types::text[]))
  AND (:actions::text[] IS NULL OR action = ANY(:actions::text[]))
  AND (created_at, id) < (COALESCE(:before::timestamptz, 'infinity'),
                          COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
ORDER BY created_at DESC, id DESC
LIMIT :limit;
