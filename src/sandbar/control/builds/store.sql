-- SPDX-License-Identifier: Apache-2.0
-- Template builds. A status moves only from where it was thought to be; what a follower writes counts only if it knew all
-- log lines before.

-- name: insert_build
-- No row: the team has as many builds under way as it may have.
INSERT INTO template_builds (id, team_id, name, template_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, created_by)
SELECT :id::uuid, :team_id::uuid, :name, :template_id::uuid, :definition, :healthcheck, :vcpus::integer, :memory_mb::integer,
       :disk_mb::integer, :pending, :created_by
WHERE (SELECT count(*) FROM template_builds WHERE team_id = :team_id::uuid AND status = ANY(:live::text[])) < :most::integer
RETURNING id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at

-- name: find_build
SELECT id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at
FROM template_builds WHERE id = :id AND team_id = :team_id

-- name: list_page
SELECT id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at
FROM template_builds
WHERE team_id = :team_id
  AND (:before::timestamptz IS NULL OR (created_at, id) < (:before, :before_id::uuid))
ORDER BY created_at DESC, id DESC
LIMIT :limit

-- name: read_log
SELECT status, substr(log, :from::integer + 1) AS text, GREATEST(length(log), :from::integer)::bigint AS end
FROM template_builds WHERE id = :id AND team_id = :team_id

-- name: list_pending_any_team
SELECT id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at
FROM template_builds WHERE status = :pending ORDER BY created_at, id LIMIT :limit

-- name: list_overdue_any_team
-- Waited too long for a host, or their team has gone.
SELECT id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at
FROM template_builds b
WHERE status = :pending AND created_at < now() - :limit_ms::bigint * interval '1 millisecond'
   OR status = ANY(:live::text[]) AND EXISTS (SELECT FROM teams t WHERE t.id = b.team_id AND t.deleted_at IS NOT NULL)

-- name: lock_placement
-- One build after the other is given to a host, so that no two count on the same room.
SELECT pg_advisory_xact_lock(hashtext('sandbar.builds'))

-- name: choose_host_any_team
-- The one with the fewest builds; a team's own where it has some.
SELECT h.id, h.address, h.cert_fingerprint
FROM hosts h
JOIN teams t ON t.id = :team_id
CROSS JOIN LATERAL (SELECT count(*) AS running FROM template_builds b WHERE b.host_id = h.id AND b.status = :running) n
WHERE h.status = :online AND h.address <> '' AND n.running < :per_host::integer
  AND (h.team_id = t.id OR h.team_id IS NULL AND NOT t.is_byoc AND :on_platform::boolean)
ORDER BY h.team_id IS NULL, n.running, h.created_at, h.id
LIMIT 1

-- name: claim_build_any_team
UPDATE template_builds SET status = :running, host_id = :host_id, started_at = now(), followed_at = now()
WHERE id = :id AND status = :pending
RETURNING id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at

-- name: take_over_any_team
UPDATE template_builds SET followed_at = now()
WHERE status = :running AND followed_at < now() - :limit_ms::bigint * interval '1 millisecond'
RETURNING id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at

-- name: find_host_any_team
SELECT id, address, cert_fingerprint FROM hosts WHERE id = :host_id

-- name: append_log_any_team
UPDATE template_builds
SET log = CASE WHEN octet_length(log) < :most::integer THEN log || :text ELSE log END, log_lines = :lines, followed_at = now()
WHERE id = :id AND status = :running AND log_lines = :known_lines

-- name: note_progress_any_team
UPDATE template_builds
SET current_step = GREATEST(current_step, :step), total_steps = GREATEST(total_steps, :total_steps), followed_at = now()
WHERE id = :id AND status = :running AND log_lines = :known_lines

-- name: end_build_any_team
UPDATE template_builds
SET status = :to, error = :error, completed_at = now(),
    current_step = CASE WHEN :to = :success THEN total_steps ELSE current_step END
WHERE id = :id AND status = ANY(:from::text[])
RETURNING id, team_id, name, template_id, host_id, definition, healthcheck, vcpus, memory_mb, disk_mb, status, current_step, total_steps,
       log_lines, error, created_by, created_at, started_at, completed_at
