-- SPDX-License-Identifier: Apache-2.0
-- What the gate reads, once per request.

-- part: user_facts
u.id, u.email, u.name, u.is_admin, u.status, m.role, u.password_hash IS NOT NULL AS has_password,
       ARRAY(SELECT o.provider FROM oauth_providers o WHERE o.user_id = u.id ORDER BY o.provider) AS providers,
       s.revoked_at IS NOT NULL AS is_session_over, s.last_seen_at < now() - interval '1 minute' AS is_seen_due,
       t.id AS team_id, t.name AS team_name, t.slug AS team_slug, t.is_byoc AS team_is_byoc

-- part: live_membership
-- It counts only while the team is live.
(users_teams m JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL)

-- name: find_user
-- No row: user or session do not exist any more.
SELECT {user_facts}
FROM user_sessions s
JOIN users u ON u.id = s.user_id
LEFT JOIN {live_membership} ON m.user_id = u.id AND m.team_id = :team_id
WHERE s.id = :session_id AND s.user_id = :user_id;

-- name: find_users_any_team
-- The same for many; `place` counts from 1. LIMIT keeps the planner from reading all sessions, as it would while it thinks
-- that there are few.
SELECT asked.place, {user_facts}
FROM unnest(:team_ids::uuid[], :session_ids::uuid[], :user_ids::uuid[]) WITH ORDINALITY AS asked (team_id, session_id, user_id, place)
CROSS JOIN LATERAL (SELECT * FROM user_sessions WHERE id = asked.session_id AND user_id = asked.user_id LIMIT 1) s
JOIN users u ON u.id = s.user_id
LEFT JOIN {live_membership} ON m.user_id = u.id AND m.team_id = asked.team_id;

-- name: was_in_deleted_team
SELECT EXISTS (SELECT FROM users_teams m JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NOT NULL
               WHERE m.user_id = :user_id AND m.team_id = :team_id) AS value;

-- part: key_facts
k.id, k.name, t.id AS team_id, t.name AS team_name, t.slug AS team_slug, t.is_byoc AS team_is_byoc,
       CASE WHEN m.role = :member THEN array_remove(k.scopes, :hosts) ELSE k.scopes END AS scopes,
       k.last_used IS NULL OR k.last_used < now() - interval '1 minute' AS is_use_due

-- part: valid_keys
-- A key is as good as its maker: while that user is active and a member, and for hosts while an owner or admin. Keys of
-- those who leave are revoked as well; this holds even against a key that is made at that very moment.
(team_api_keys k
 JOIN teams t ON t.id = k.team_id AND t.deleted_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
 JOIN users_teams m ON m.user_id = k.created_by AND m.team_id = k.team_id
 JOIN users u ON u.id = m.user_id AND u.status = :active)

-- name: find_api_key
SELECT {key_facts} FROM {valid_keys} WHERE k.key_hash = :key_hash;

-- name: find_api_keys_any_team
-- The same for many, as find_users_any_team.
SELECT asked.place, found.*
FROM unnest(:key_hashes::text[]) WITH ORDINALITY AS asked (key_hash, place)
CROSS JOIN LATERAL (SELECT {key_facts} FROM {valid_keys} WHERE k.key_hash = asked.key_hash LIMIT 1) found;

-- name: find_key_hash
SELECT key_hash FROM team_api_keys WHERE id = :id;

-- name: insert_ticket
INSERT INTO ws_tickets (token_hash, user_id, session_id, team_id, api_key_id, expires_at)
VALUES (:token_hash, :user_id, :session_id, :team_id, :api_key_id, now() + :lifetime_s::bigint * interval '1 second')
RETURNING expires_at;

-- name: take_ticket
DELETE FROM ws_tickets WHERE token_hash = :token_hash AND expires_at > now()
RETURNING user_id, session_id, team_id, api_key_id;

-- name: touch_session
UPDATE user_sessions SET last_seen_at = now() WHERE id = :id AND last_seen_at < now() - interval '1 minute';

-- name: touch_api_key
-- Once a minute, however many requests find it due.
UPDATE team_api_keys SET last_used = now()
WHERE id = :id AND (last_used IS NULL OR last_used < now() - interval '1 minute');
