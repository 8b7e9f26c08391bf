-- SPDX-License-Identifier: Apache-2.0
-- What teams may hold. What they do hold is in team_totals, which a trigger on sandboxes keeps.

-- name: find_overrides
SELECT sandboxes, vcpus, memory_mb, disk_mb, templates, sandbox_vcpus, sandbox_memory_mb, sandbox_disk_mb
FROM team_quotas WHERE team_id = :team_id

-- name: put_overrides
INSERT INTO team_quotas (team_id, sandboxes, vcpus, memory_mb, disk_mb, templates, sandbox_vcpus, sandbox_memory_mb, sandbox_disk_mb)
VALUES (:team_id, :sandboxes, :vcpus, :memory_mb, :disk_mb, :templates, :sandbox_vcpus, :sandbox_memory_mb, :sandbox_disk_mb)
ON CONFLICT (team_id) DO UPDATE
SET sandboxes = EXCLUDED.sandboxes, vcpus = EXCLUDED.vcpus, memory_mb = EXCLUDED.memory_mb, disk_mb = EXCLUDED.disk_mb,
    templates = EXCLUDED.templates, sandbox_vcpus = EXCLUDED.sandbox_vcpus, sandbox_memory_mb = EXCLUDED.sandbox_memory_mb,
    sandbox_disk_mb = EXCLUDED.sandbox_disk_mb, updated_at = now()

-- name: lock_totals
SELECT sandboxes, vcpus, memory_mb, disk_mb, 0 AS templates FROM team_totals WHERE team_id = :team_id FOR UPDATE

-- name: lock_holdings_any_team
SELECT u.team_id, u.sandboxes AS used_sandboxes, u.vcpus AS used_vcpus, u.memory_mb AS used_memory_mb, u.disk_mb AS used_disk_mb,
       q.sandboxes, q.vcpus, q.memory_mb, q.disk_mb, q.templates, q.sandbox_vcpus, q.sandbox_memory_mb, q.sandbox_disk_mb
FROM team_totals u LEFT JOIN team_quotas q ON q.team_id = u.team_id
WHERE u.team_id = ANY(:teams::uuid[])
ORDER BY u.team_id
FOR UPDATE OF u

-- name: count_templates
SELECT count(*) AS value FROM templates WHERE team_id = :team_id AND status = ANY(:counted)

-- name: find_use
SELECT u.sandboxes, u.vcpus, u.memory_mb, u.disk_mb,
       (SELECT count(*) FROM templates p WHERE p.team_id = t.id AND p.status = ANY(:counted)) AS templates
FROM team_totals u JOIN teams t ON t.id = u.team_id
WHERE u.team_id = :team_id AND t.deleted_at IS NULL
