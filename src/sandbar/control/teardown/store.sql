-- SPDX-License-Identifier: Apache-2.0
-- The end of a team, and of what belonged to it.

-- name: lock_team
-- Stronger than what making something for the team takes: whoever does so waits, and is then refused.
SELECT name FROM teams WHERE id = :team_id AND deleted_at IS NULL FOR UPDATE;

-- name: find_role
SELECT role FROM users_teams WHERE team_id = :team_id AND user_id = :user_id;

-- name: mark_deleted
UPDATE teams SET deleted_at = now() WHERE id = :team_id AND deleted_at IS NULL;

-- name: delete_invitations
DELETE FROM team_invitations WHERE team_id = :team_id;

-- name: mark_sandboxes
UPDATE sandboxes SET status = :stopping, status_cause = 'its team was deleted', last_updated = now()
WHERE team_id = :team_id AND status = ANY(:from::text[])
RETURNING id;

-- name: list_deleted_teams
SELECT id FROM teams WHERE deleted_at IS NOT NULL AND torn_down_at IS NULL ORDER BY deleted_at LIMIT :limit;

-- name: list_sandboxes
-- `is_reachable` is false where nobody can be asked: on no host, or on one that is silent.
SELECT s.id, s.host_id, h.address, h.cert_fingerprint, COALESCE(h.status = ANY(:reachable::text[]), false) AS is_reachable
FROM sandboxes s
LEFT JOIN hosts h ON h.id = s.host_id
WHERE s.team_id = :team_id AND s.status = :stopping
ORDER BY s.created_at, s.id
LIMIT :limit;

-- name: end_sandboxes
UPDATE sandboxes SET status = :stopped, stopped_at = now(), last_updated = now()
WHERE team_id = :team_id AND id = ANY(:ids::uuid[]) AND status = :stopping;

-- name: list_templates
SELECT id, name FROM templates WHERE team_id = :team_id AND status <> :deleting ORDER BY created_at DESC, id LIMIT :limit;

-- name: list_hosts
SELECT id FROM hosts WHERE team_id = :team_id ORDER BY created_at, id LIMIT :limit;

-- name: finish
-- Only if really nothing is left.
UPDATE teams SET torn_down_at = now()
WHERE id = :team_id AND deleted_at IS NOT NULL AND torn_down_at IS NULL
  AND NOT EXISTS (SELECT FROM sandboxes s WHERE s.team_id = :team_id AND s.status <> ALL(:ended::text[]))
  AND NOT EXISTS (SELECT FROM templates t WHERE t.team_id = :team_id AND t.status <> :deleting)
  AND NOT EXISTS (SELECT FROM hosts h WHERE h.team_id = :team_id);
