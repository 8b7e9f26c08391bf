-- SPDX-License-Identifier: Apache-2.0
-- Sandboxes. Every change of status names the statuses that it may come from.

-- part: columns
s.id, s.team_id, s.host_id, s.template_id, s.template AS template_, s.status, s.status_cause, s.vcpus, s.memory_mb, s.disk_mb,
s.timeout_sec, s.on_timeout, s.expires_at, s.metadata, s.network, s.traffic, s.created_by, s.created_at, s.started_at,
s.last_active_at, s.stopped_at, s.last_updated

-- name: insert_sandboxes_any_team
INSERT INTO sandboxes (id, team_id, host_id, template_id, template, status, vcpus, memory_mb, disk_mb, timeout_sec, on_timeout,
                       metadata, network, traffic, created_by)
SELECT * FROM unnest(:ids::uuid[], :team_ids::uuid[], :host_ids::uuid[], :template_ids::uuid[], :templates::text[], :statuses::text[],
                     :vcpus::integer[], :memory_mb::integer[], :disk_mb::integer[], :timeouts_sec::bigint[], :on_timeouts::text[],
                     :metadata::jsonb[], :networks::jsonb[], :traffics::jsonb[], :creators::text[])

-- name: find_sandbox
SELECT {columns}, h.address AS host_address, h.cert_fingerprint AS host_fingerprint
FROM sandboxes s LEFT JOIN hosts h ON h.id = s.host_id
WHERE s.id = :id AND s.team_id = :team_id

-- name: list_page
-- A page of each status, merged: so many stopped sandboxes do not stand before the few that live. What narrows it is
-- written so that the planner does not guess how few it lets through, and goes along the index.
SELECT {columns}, NULL AS host_address, NULL AS host_fingerprint
FROM (SELECT :team_id::uuid AS id) team CROSS JOIN (SELECT DISTINCT unnest(:statuses::text[]) AS status) one
CROSS JOIN LATERAL (
  SELECT * FROM sandboxes
  WHERE team_id = team.id AND status = one.status AND metadata @> :metadata::jsonb
    AND COALESCE(template = :template::text, :template IS NULL) AND COALESCE(host_id = :host::uuid, :host IS NULL)
    AND (cardinality(:words::text[]) = 0 OR (
      SELECT bool_and(strpos(lower(concat_ws(' ', 'sb-' || id, template, 'host-' || host_id, labels.text)), lower(word)) > 0)
      FROM (SELECT string_agg(key || '=' || value, ' ') AS text FROM jsonb_each_text(metadata)) labels, unnest(:words) word))
    AND (created_at, id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
  ORDER BY created_at DESC, id DESC
  LIMIT :limit) s
ORDER BY s.created_at DESC, s.id DESC
LIMIT :limit

-- name: list_page_any_team
-- The same over all teams.
SELECT {columns}, NULL AS host_address, NULL AS host_fingerprint, t.name AS team_name,
       COALESCE(h.metadata->>'hostname', NULLIF(NULLIF(h.address, 'tunnel'), '')) AS host_name
FROM (SELECT DISTINCT unnest(:statuses::text[]) AS status) one
CROSS JOIN LATERAL (
  SELECT c.* FROM sandboxes c JOIN teams o ON o.id = c.team_id
  WHERE c.status = one.status AND (:team::uuid IS NULL OR c.team_id = :team::uuid) AND (:host::uuid IS NULL OR c.host_id = :host::uuid)
    AND (c.created_at, c.id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    AND (:text::text IS NULL OR strpos(lower(concat_ws(' ', 'sb-' || c.id, c.template, o.name, o.slug)), lower(:text)) > 0)
  ORDER BY c.created_at DESC, c.id DESC
  LIMIT :limit) s
JOIN teams t ON t.id = s.team_id
LEFT JOIN hosts h ON h.id = s.host_id
ORDER BY s.created_at DESC, s.id DESC
LIMIT :limit

-- name: list_paused_by_outage_any_team
SELECT s.id, s.team_id FROM sandboxes s JOIN hosts h ON h.id = s.host_id AND h.status = ANY(:statuses)
WHERE s.status = :paused AND s.status_cause = :cause AND s.last_updated > now() - :within_ms::bigint * interval '1 millisecond'
ORDER BY s.last_updated
LIMIT :limit

-- name: move_any_team
UPDATE sandboxes SET status = :to, status_cause = :cause, last_updated = now(),
       stopped_at = CASE WHEN :to = :stopped THEN now() ELSE stopped_at END
WHERE id = :id AND status = ANY(:from)

-- name: replace_host_any_team
-- Only while no host has started it.
UPDATE sandboxes SET host_id = :host_id, status = :starting, status_cause = :cause, last_updated = now()
WHERE id = :id AND status = ANY(:from)

-- part: settle
UPDATE sandboxes s SET status = :to, status_cause = :cause, epoch = r.epoch, timeout_sec = r.timeout_sec, expires_at = r.expires_at,
       last_active_at = r.last_active_at,
       vcpus = COALESCE(NULLIF(GREATEST(r.vcpus, 0), 0), s.vcpus),
       memory_mb = COALESCE(NULLIF(GREATEST(r.memory_mb, 0), 0), s.memory_mb),
       disk_mb = COALESCE(NULLIF(GREATEST(r.disk_mb, 0), 0), s.disk_mb),
       started_at = CASE WHEN :to = :running THEN COALESCE(s.started_at, now()) ELSE s.started_at END, last_updated = now()
FROM unnest(:ids::uuid[], :epochs::bigint[], :timeouts_sec::bigint[], :expire_at::timestamptz[], :last_active_at::timestamptz[],
            :vcpus::integer[], :memory_mb::integer[], :disk_mb::integer[])
     AS r (id, epoch, timeout_sec, expires_at, last_active_at, vcpus, memory_mb, disk_mb)
WHERE s.id = r.id AND s.status = ANY(:from)

-- name: settle_any_team
-- Applies what agents say together with the status that follows from it. started_at is set once. An agent that tells no
-- sizes leaves them as they are.
{settle}
RETURNING {columns}, NULL AS host_address, NULL AS host_fingerprint

-- name: settle_unlocked_any_team
-- The same for those rows that nobody has locked.
{settle} AND s.id IN (SELECT id FROM sandboxes WHERE id = ANY(:ids::uuid[]) FOR UPDATE SKIP LOCKED)
RETURNING {columns}, NULL AS host_address, NULL AS host_fingerprint
