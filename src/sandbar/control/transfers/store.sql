-- SPDX-License-Identifier: Apache-2.0
-- Who holds which template, and copies on their way.

-- name: is_held_any_team
SELECT EXISTS (SELECT FROM template_hosts
               WHERE template_id = :template_id AND host_id = :host_id AND delete_requested_at IS NULL) AS value

-- name: list_holders_any_team
-- A team's own host gets from the platform's hosts and from the team's; a host of the platform only from its like: what a
-- team's machine says is nobody else's truth. Hosts that were asked before come first.
SELECT h.id AS host_id, h.address, h.cert_fingerprint, th.digest
FROM template_hosts th
JOIN templates t ON t.id = th.template_id AND t.status = :ready
JOIN hosts h ON h.id = th.host_id
JOIN hosts target ON target.id = :target
WHERE th.template_id = :template_id AND th.delete_requested_at IS NULL AND h.id <> :target AND h.status = ANY(:statuses)
  AND h.address <> '' AND (h.team_id IS NULL OR h.team_id = target.team_id)
ORDER BY (th.digest = ''), random()
LIMIT :limit

-- name: note_digest_any_team
-- The first word counts.
UPDATE template_hosts SET digest = CASE WHEN digest = '' THEN :digest ELSE digest END
WHERE template_id = :template_id AND host_id = :host_id
RETURNING digest

-- name: get_source_any_team
SELECT h.id AS host_id, h.address, h.cert_fingerprint, '' AS digest FROM hosts h WHERE h.id = :host_id

-- name: begin_fetch_any_team
-- No row: the template is not there any more.
INSERT INTO template_fetches (template_id, host_id)
SELECT id, :host_id FROM templates WHERE id = :template_id AND status = :ready
ON CONFLICT (template_id, host_id) DO UPDATE SET error = '', updated_at = now()
RETURNING template_id

-- name: note_progress_any_team
UPDATE template_fetches
SET source_host_id = COALESCE(:source::uuid, source_host_id), bytes_done = :bytes_done, bytes_total = :bytes_total, updated_at = now()
WHERE template_id = :template_id AND host_id = :host_id

-- name: fail_fetch_any_team
UPDATE template_fetches SET error = :error, updated_at = now() WHERE template_id = :template_id AND host_id = :host_id

-- name: add_holder_any_team
-- Unless it was deleted meanwhile: then the host must remove it again.
INSERT INTO template_hosts (template_id, host_id, size_bytes, delete_requested_at)
SELECT id, :host_id, :size_bytes, CASE WHEN status = :deleting THEN now() END FROM templates WHERE id = :template_id
ON CONFLICT (template_id, host_id) DO UPDATE SET size_bytes = EXCLUDED.size_bytes, reported_at = now()

-- name: end_fetch_any_team
DELETE FROM template_fetches WHERE template_id = :template_id AND host_id = :host_id

-- name: forget_stale_fetches_any_team
-- Whoever told of them has died. The host goes on, and reports the template itself.
DELETE FROM template_fetches WHERE updated_at < now() - :limit_ms::bigint * interval '1 millisecond'
