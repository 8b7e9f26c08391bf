-- SPDX-License-Identifier: Apache-2.0
-- What the gate reads, once per request.

-- name: find_user
-- A membership counts only while its team is live.
SELECT u.id, u.email, u.name, u.is_admin, u.status, m.role,
       t.id AS team_id, t.name AS team_name, t.slug AS team_slug, t.is_byoc AS team_is_byoc
FROM users u
LEFT JOIN (users_teams m JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL)
  ON m.user_id = u.id AND m.team_id = :team_id
WHERE u.id = :user_id;

-- name: find_api_key
SELECT k.id, k.name, t.id AS team_id, t.name AS team_name, t.slug AS team_slug, t.is_byoc AS team_is_byoc,
       k.last_used IS NULL OR k.last_used < now() - interval '1 minute' AS is_use_due
FROM team_api_keys k
JOIN teams t ON t.id = k.team_id AND t.deleted_at IS NULL
WHERE k.key_hash = :key_hash AND (k.expires_at IS NULL OR k.expires_at > now());

-- name: touch_api_key
UPDATE team_api_keys SET last_used = now() WHERE id = :id;
