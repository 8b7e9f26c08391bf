-- SPDX-License-Identifier: Apache-2.0
-- Teams and memberships.

-- name: insert_team
-- No row: the slug is taken, and the caller tries another one.
INSERT INTO teams (id, name, slug) VALUES (:id, :name, :slug)
ON CONFLICT (slug) DO NOTHING
RETURNING id, name, slug, is_byoc, created_at;

-- name: insert_member
INSERT INTO users_teams (team_id, user_id, role, is_default) VALUES (:team_id, :user_id, :role, :is_default);

-- name: count_teams_of_user
SELECT count(*) AS count FROM users_teams WHERE user_id = :user_id;

-- name: list_teams_of_user
SELECT t.id, t.name, t.slug, t.is_byoc, t.created_at, m.role
FROM users_teams m
JOIN teams t ON t.id = m.team_id
WHERE m.user_id = :user_id AND t.deleted_at IS NULL
ORDER BY m.created_at, t.id;

-- name: get_team
SELECT id, name, slug, is_byoc, created_at FROM teams WHERE id = :team_id AND deleted_at IS NULL;

-- name: list_members
SELECT u.id AS user_id, u.name, u.email, m.role, m.created_at AS joined_at
FROM users_teams m
JOIN users u ON u.id = m.user_id
WHERE m.team_id = :team_id
ORDER BY m.created_at, u.id;

-- name: update_team_name
UPDATE teams t SET name = :name
FROM (SELECT id, name FROM teams WHERE id = :team_id AND deleted_at IS NULL FOR UPDATE) old
WHERE t.id = old.id
RETURNING old.name AS old_name;

-- name: lock_owned_teams
-- Whoever joins one of them waits, and is then counted or refused.
SELECT t.id FROM teams t JOIN users_teams m ON m.team_id = t.id AND m.user_id = :user_id AND m.role = :owner
WHERE t.deleted_at IS NULL ORDER BY t.id FOR UPDATE OF t;

-- name: count_others
SELECT count(*) AS count FROM users_teams WHERE team_id = ANY(:team_ids::uuid[]) AND user_id <> :user_id;

-- name: delete_teams
UPDATE teams SET deleted_at = now() WHERE id = ANY(:team_ids::uuid[]) AND deleted_at IS NULL;

-- name: delete_memberships
DELETE FROM users_teams m USING teams t WHERE m.user_id = :user_id AND t.id = m.team_id
RETURNING m.team_id, t.deleted_at IS NULL AS is_live;
