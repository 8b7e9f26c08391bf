-- SPDX-License-Identifier: Apache-2.0
-- Teams, memberships and invitations. Whatever changes who is in a team, or what it may do, first takes the team's lock:
-- then roles read afterwards are those that count.

-- name: insert_team
-- No row: the slug is taken, and the caller tries another one.
INSERT INTO teams (id, name, slug) VALUES (:id, :name, :slug)
ON CONFLICT (slug) DO NOTHING
RETURNING id, name, slug, is_byoc, created_at;

-- name: lock_team
-- Does not hold up who makes sandboxes or keys for the team.
SELECT id, name, slug, is_byoc, created_at FROM teams WHERE id = :team_id AND deleted_at IS NULL FOR NO KEY UPDATE;

-- name: insert_member
-- No row: the user is a member already.
INSERT INTO users_teams (team_id, user_id, role, is_default) VALUES (:team_id, :user_id, :role, :is_default)
ON CONFLICT (team_id, user_id) DO NOTHING
RETURNING created_at AS joined_at;

-- name: lock_user
-- So that a user's teams are counted by one request at a time.
SELECT id FROM users WHERE id = :user_id FOR NO KEY UPDATE;

-- name: count_teams_of_user
SELECT count(*) AS count FROM users_teams m JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL WHERE m.user_id = :user_id;

-- name: list_teams_of_user
SELECT t.id, t.name, t.slug, t.is_byoc, t.created_at, m.role
FROM users_teams m
JOIN teams t ON t.id = m.team_id
WHERE m.user_id = :user_id AND t.deleted_at IS NULL
ORDER BY m.created_at, t.id;

-- name: get_team
SELECT id, name, slug, is_byoc, created_at FROM teams WHERE id = :team_id AND deleted_at IS NULL;

-- name: update_team_name
UPDATE teams t SET name = :name
FROM (SELECT id, name FROM teams WHERE id = :team_id AND deleted_at IS NULL FOR NO KEY UPDATE) old
WHERE t.id = old.id
RETURNING old.name AS old_name;

-- name: set_byoc
-- One-way. The value before; no row for a team that is not live.
UPDATE teams t SET is_byoc = true
FROM (SELECT id, is_byoc FROM teams WHERE id = :team_id AND deleted_at IS NULL FOR NO KEY UPDATE) old
WHERE t.id = old.id
RETURNING old.is_byoc AS was;

-- name: list_page_any_team
SELECT t.id, t.name, t.slug, t.is_byoc, t.created_at, t.deleted_at, o.id AS owner_id, o.email AS owner_email, o.name AS owner_name,
       (SELECT count(*) FROM users_teams m WHERE m.team_id = t.id) AS members,
       (SELECT count(*) FROM sandboxes s WHERE s.team_id = t.id AND s.status = ANY(:holding::text[])) AS sandboxes,
       (SELECT count(*) FROM hosts h WHERE h.team_id = t.id) AS hosts
FROM teams t
LEFT JOIN users_teams om ON om.team_id = t.id AND om.role = :owner
LEFT JOIN users o ON o.id = om.user_id
WHERE t.id <> :platform_team
  AND (:search::text IS NULL OR position(lower(:search::text) IN lower(t.name)) > 0 OR starts_with(t.slug, lower(:search::text))
       OR starts_with(t.id::text, lower(:search::text)) OR position(lower(:search::text) IN o.email) > 0)
  AND (t.created_at, t.id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
ORDER BY t.created_at DESC, t.id DESC
LIMIT :limit;

-- name: list_members
SELECT u.id AS user_id, u.name, u.email, m.role, m.created_at AS joined_at
FROM users_teams m
JOIN users u ON u.id = m.user_id AND u.status = :active
WHERE m.team_id = :team_id
ORDER BY m.created_at, u.id;

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

-- name: count_members
SELECT count(*) AS count FROM users_teams WHERE team_id = :team_id;

-- name: find_standing
SELECT m.role, u.status = :active AS is_active
FROM users_teams m
JOIN users u ON u.id = m.user_id
WHERE m.team_id = :team_id AND m.user_id = :user_id;

-- name: find_active_user
SELECT id AS user_id, name, email FROM users WHERE email = :email AND status = :active;

-- name: is_member
SELECT EXISTS (SELECT FROM users_teams m JOIN users u ON u.id = m.user_id WHERE m.team_id = :team_id AND u.email = :email) AS value;

-- name: update_role
UPDATE users_teams SET role = :role WHERE team_id = :team_id AND user_id = :user_id AND role <> :owner;

-- name: move_owner
-- From one role to the other; the index on owners refuses a second one.
UPDATE users_teams SET role = :to WHERE team_id = :team_id AND user_id = :user_id AND role = ANY(:from::text[]);

-- name: delete_member
DELETE FROM users_teams WHERE team_id = :team_id AND user_id = :user_id AND role <> :owner;

-- name: upsert_invitation
-- Asking again replaces the token and begins the time anew.
INSERT INTO team_invitations AS i (id, team_id, email, role, token_hash, invited_by, expires_at)
VALUES (:id, :team_id, :email, :role, :token_hash, :invited_by, now() + :lifetime_ms::bigint * interval '1 millisecond')
ON CONFLICT (team_id, email) DO UPDATE
SET id = EXCLUDED.id, role = EXCLUDED.role, token_hash = EXCLUDED.token_hash, invited_by = EXCLUDED.invited_by, created_at = now(),
    expires_at = EXCLUDED.expires_at
RETURNING i.id, i.team_id, i.email, i.role, i.invited_by, NULL AS inviter_email, i.created_at, i.expires_at;

-- name: count_invitations
SELECT count(*) AS count FROM team_invitations WHERE team_id = :team_id AND expires_at > now();

-- name: list_invitations
SELECT i.id, i.team_id, i.email, i.role, i.invited_by, u.email AS inviter_email, i.created_at, i.expires_at
FROM team_invitations i
LEFT JOIN users u ON u.id = i.invited_by
WHERE i.team_id = :team_id AND i.expires_at > now()
ORDER BY i.created_at DESC, i.id DESC;

-- name: delete_invitation
DELETE FROM team_invitations WHERE id = :id AND team_id = :team_id
RETURNING email;

-- name: list_received
-- Those to the user's address, into live teams.
SELECT i.id, t.id AS team_id, t.name AS team_name, t.slug AS team_slug, i.role, o.email AS inviter_email, o.name AS inviter_name,
       u.email_verified_at IS NULL AS needs_token, i.created_at, i.expires_at
FROM users u
JOIN team_invitations i ON i.email = u.email AND i.expires_at > now()
JOIN teams t ON t.id = i.team_id AND t.deleted_at IS NULL
LEFT JOIN users o ON o.id = i.invited_by
WHERE u.id = :user_id
ORDER BY i.created_at DESC, i.id DESC;

-- name: find_received
-- `fits` is false for a token that is not the invitation's, and for none where one is needed.
SELECT i.team_id, i.role, COALESCE(i.token_hash = :token_hash::text, u.email_verified_at IS NOT NULL) AS fits
FROM users u
JOIN team_invitations i ON i.email = u.email AND i.expires_at > now()
WHERE u.id = :user_id AND i.id = :id;
