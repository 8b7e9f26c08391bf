-- SPDX-License-Identifier: Apache-2.0
-- Accounts.

-- name: insert_user
INSERT INTO users (id, email, name, password_hash, is_admin) VALUES (:id, :email, :name, :password_hash, :is_admin);

-- name: find_login
-- With the team to land in: the default one if it is live, else the live one that was joined first.
SELECT u.id, u.email, u.name, u.is_admin, u.status, u.password_hash, landing.team_id, landing.role
FROM users u
LEFT JOIN LATERAL (
  SELECT m.team_id, m.role
  FROM users_teams m
  JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL
  WHERE m.user_id = u.id
  ORDER BY m.is_default DESC, m.created_at, m.team_id
  LIMIT 1
) landing ON true
WHERE u.email = :email;

-- name: find_team_and_role
SELECT t.id AS team_id, m.role
FROM teams t
LEFT JOIN users_teams m ON m.team_id = t.id AND m.user_id = :user_id
WHERE t.id = :team_id AND t.deleted_at IS NULL;

-- name: lock_admins
-- Two bootstraps at once must not both find that there is no admin.
SELECT pg_advisory_xact_lock(hashtext('sandbar first admin'));

-- name: has_admin
SELECT EXISTS (SELECT FROM users WHERE is_admin) AS value;
