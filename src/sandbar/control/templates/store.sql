-- SPDX-License-Identifier: Apache-2.0
-- Templates, and which hosts hold their files.

-- name: find_by_name
-- The team's own template hides the platform's of the same name.
SELECT id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at
FROM templates
WHERE name = :name AND team_id IN (:team_id, :platform_team) AND status <> :deleting AND NOT replaces
ORDER BY (team_id = :team_id) DESC
LIMIT 1

-- name: find_by_id
SELECT id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at
FROM templates
WHERE id = :id AND team_id IN (:team_id, :platform_team) AND status <> :deleting AND NOT replaces

-- name: list_page
-- One of them when `only` is given. Hosts are those that the team may use; sandboxes of others are not counted.
-- A page of each owner, merged.
WITH page AS (
  SELECT one.* FROM (SELECT DISTINCT unnest(ARRAY[:team_id::uuid, :platform_team::uuid]) AS id) owner CROSS JOIN LATERAL (
    SELECT * FROM templates
    WHERE team_id = owner.id AND status = ANY(:statuses::text[]) AND NOT replaces
      AND (:only::uuid IS NULL OR id = :only::uuid)
      AND (:type::text IS NULL OR type = :type::text)
      AND (created_at, id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit) one
  ORDER BY one.created_at DESC, one.id DESC
  LIMIT :limit)
SELECT t.id, t.team_id, t.name, t.type, t.status, t.vcpus, t.memory_mb, t.disk_mb, t.size_bytes, t.source_sandbox_id, t.created_by,
       t.created_at, t.parent_template_id, p.name AS parent,
       ARRAY(SELECT h.id::text FROM template_hosts th JOIN hosts h ON h.id = th.host_id
             WHERE th.template_id = t.id AND th.delete_requested_at IS NULL AND (h.team_id IS NULL OR h.team_id = :team_id)
             ORDER BY h.created_at, h.id) AS hosts,
       ARRAY(SELECT h.id::text FROM template_fetches f JOIN hosts h ON h.id = f.host_id
             WHERE f.template_id = t.id AND f.error = '' AND (h.team_id IS NULL OR h.team_id = :team_id)
             ORDER BY h.created_at, h.id) AS fetching_hosts,
       (SELECT count(*) FROM sandboxes s
        WHERE s.template_id = t.id AND s.status = ANY(:holding) AND (s.team_id = :team_id OR :team_id = :platform_team)) AS in_use
FROM page t
LEFT JOIN templates p ON p.id = t.parent_template_id AND p.team_id IN (:team_id, :platform_team)
ORDER BY t.created_at DESC, t.id DESC

-- name: insert_template
-- No row: the name belongs to a template of the platform.
INSERT INTO templates (id, team_id, name, type, status, vcpus, memory_mb, disk_mb, parent_template_id, source_sandbox_id, definition, replaces, created_by)
SELECT :id::uuid, :team_id::uuid, :name::text, :type, :status, :vcpus::integer, :memory_mb::integer, :disk_mb::integer, :parent::uuid,
       :source::uuid, :definition, :replaces::boolean, :created_by
WHERE :team_id::uuid = :platform_team::uuid
   OR NOT EXISTS (SELECT FROM templates r WHERE r.team_id = :platform_team::uuid AND r.name = :name::text AND r.status <> :deleting)
RETURNING id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at

-- name: lock_name_any_team
-- Of templates that are finished at the same time and want the same name, one waits for the other.
SELECT pg_advisory_xact_lock(hashtext('sandbar.template.' || team_id || name)) FROM templates WHERE id = :id

-- name: retire_replaced_any_team
-- What had the name before, if this one takes it over. Sandboxes that were started from it keep its files.
UPDATE templates old
SET status = :deleting, updated_at = now()
FROM templates new
WHERE new.id = :id AND new.replaces AND old.team_id = new.team_id AND old.name = new.name
  AND NOT old.replaces AND old.status <> :deleting
RETURNING old.id

-- name: mark_ready_any_team
UPDATE templates
SET status = :ready, replaces = false, size_bytes = :size_bytes, vcpus = :vcpus, memory_mb = :memory_mb, disk_mb = :disk_mb,
    updated_at = now()
WHERE id = :id AND status = :building
RETURNING id, team_id, name, type, status, vcpus, memory_mb, disk_mb, size_bytes, source_sandbox_id, created_at

-- name: drop_unfinished_any_team
-- The row stays until its host has removed whatever there is of it.
UPDATE templates SET status = :deleting, updated_at = now() WHERE id = :id AND status = :building

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

-- name: expect_removal_any_team
-- A host that may hold files of it, although it has not said so.
INSERT INTO template_hosts (template_id, host_id, delete_requested_at) VALUES (:id, :host_id, now())
ON CONFLICT (template_id, host_id) DO UPDATE SET delete_requested_at = COALESCE(template_hosts.delete_requested_at, now())

-- name: expect_removal_of_fetched_any_team
INSERT INTO template_hosts (template_id, host_id, delete_requested_at)
SELECT template_id, host_id, now() FROM template_fetches WHERE template_id = :id
ON CONFLICT (template_id, host_id) DO UPDATE SET delete_requested_at = COALESCE(template_hosts.delete_requested_at, now())

-- name: list_removals_any_team
-- Not while a sandbox there may need the files, as it may of a template that was replaced.
SELECT t.id AS template_id, h.id AS host_id, h.address, h.cert_fingerprint
FROM templates t JOIN template_hosts th ON th.template_id = t.id JOIN hosts h ON h.id = th.host_id
WHERE t.status = :deleting AND h.status = ANY(:statuses)
  AND NOT EXISTS (SELECT FROM sandboxes s WHERE s.template_id = t.id AND s.host_id = h.id AND s.status = ANY(:holding))
ORDER BY t.id, h.id
LIMIT 1000

-- name: delete_unheld_any_team
DELETE FROM templates t
WHERE t.status = :deleting AND NOT EXISTS (SELECT FROM template_hosts h WHERE h.template_id = t.id)
