-- SPDX-License-Identifier: Apache-2.0
-- API keys. Only a hash is stored; revoking deletes the row.

-- name: lock_team
-- Makers of keys of one team wait for each other, and for whoever changes its members.
SELECT id FROM teams WHERE id = :team_id AND deleted_at IS NULL FOR NO KEY UPDATE;

-- name: find_role
SELECT m.role FROM users_teams m JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL
WHERE m.team_id = :team_id AND m.user_id = :user_id;

-- name: insert_key
-- No row: the team has as many keys as it may have. Keys that have expired count: they are still listed.
INSERT INTO team_api_keys (id, team_id, name, key_hash, key_prefix, scopes, created_by, expires_at)
SELECT :id, :team_id, :name, :key_hash, :key_prefix, :scopes::text[], :created_by, :expires_at::timestamptz
WHERE (SELECT count(*) FROM team_api_keys WHERE team_id = :team_id) < :max_keys
RETURNING id, team_id, name, key_prefix, scopes, created_by, NULL AS creator_email, created_at, expires_at, last_used;

-- name: list_keys
SELECT k.id, k.team_id, k.name, k.key_prefix, k.scopes, k.created_by, u.email AS creator_email, k.created_at, k.expires_at, k.last_used
FROM team_api_keys k
LEFT JOIN users u ON u.id = k.created_by
WHERE k.team_id = :team_id
ORDER BY k.created_at DESC, k.id DESC;

-- name: get_key_creator
SELECT created_by FROM team_api_keys WHERE id = :id AND team_id = :team_id FOR UPDATE;

-- name: delete_key
DELETE FROM team_api_keys WHERE id = :id AND team_id = :team_id;

-- name: delete_keys_of_member
DELETE FROM team_api_keys WHERE team_id = :team_id AND created_by = :user_id RETURNING id;

-- name: delete_keys_of_team
DELETE FROM team_api_keys WHERE team_id = :team_id RETURNING id;
