-- SPDX-License-Identifier: Apache-2.0
-- Templates, and which hosts hold their files.

-- name: find_by_name
-- The team's own template hides the platform's of the same name.
SELECT id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at
FROM templates
WHERE name = :name AND team_id IN (:team_id, :platform_team) AND status <> :deleting
ORDER BY (team_id = :team_id) DESC
LIMIT 1

-- name: find_by_id
SELECT id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at
FROM templates
WHERE id = :id AND team_id IN (:team_id, :platform_team) AND status <> :deleting

-- name: list_page
SELECT id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at
FROM templates
WHERE team_id IN (:team_id, :platform_team) AND status = ANY(:statuses)
  AND (:type::text IS NULL OR type = :type)
  AND (:before::timestamptz IS NULL OR (created_at, id) < (:before, :before_id::uuid))
ORDER BY created_at DESC, id DESC
LIMIT :limit

-- name: insert_snapshot
INSERT INTO templates (id, team_id, name, type, status, vcpus, memory_mb, disk_mb, parent_template_id, source_sandbox_id, created_by)
VALUES (:id, :team_id, :name, :type, :status, :vcpus, :memory_mb, :disk_mb, :parent, :source, :created_by)
RETURNING id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at

-- name: mark_ready_any_team
UPDATE templates
SET status = :ready, size_bytes = :size_bytes, vcpus = :vcpus, memory_mb = :memory_mb, disk_mb = :disk_mb, updated_at = now()
WHERE id = :id AND status = :building
RETURNING id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at

-- name: delete_unfinished_any_team
DELETE FROM templates WHERE id = :id AND status = :building

-- name: mark_deleting
-- Not while a sandbox that was started from it may still need its files.
UPDATE templates t
SET status = :deleting, updated_at = now()
WHERE t.id = :id AND t.team_id = :team_id AND t.status <> :deleting
  AND NOT EXISTS (SELECT FROM sandboxes s WHERE s.template_id = t.id AND s.status = ANY(:holding))

-- name: request_removal_any_team
UPDATE template_hosts SET delete_requested_at = COALESCE(delete_requested_at, now()) WHERE template_id = :id

-- name: forget_holder_any_team
DELETE FROM template_hosts WHERE template_id = :id AND host_id = :host_id

-- name: insert_holder_any_team
INSERT INTO template_hosts (template_id, host_id, size_bytes) VALUES (:id, :host_id, :size_bytes)
ON CONFLICT (template_id, host_id) DO UPDATE SET size_bytes = EXCLUDED.size_bytes, reported_at = now()

-- name: list_removals_any_team
SELECT t.id AS template_id, h.id AS host_id, h.address, h.cert_fingerprint
FROM templates t JOIN template_hosts th ON th.template_id = t.id JOIN hosts h ON h.id = th.host_id
WHERE t.status = :deleting AND h.status = :online

-- name: delete_unheld_any_team
DELETE FROM templates t
WHERE t.status = :deleting AND NOT EXISTS (SELECT FROM template_hosts h WHERE h.template_id = t.id)
