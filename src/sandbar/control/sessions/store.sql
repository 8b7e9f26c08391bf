-- SPDX-License-Identifier: Apache-2.0
-- Sign-ins, and the tokens that renew them.

-- name: insert_session
INSERT INTO user_sessions (id, user_id, team_id, ip, user_agent, expires_at)
VALUES (:id, :user_id, :team_id, :ip, :user_agent, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: revoke_surplus_sessions
-- Those that were not seen for the longest time.
UPDATE user_sessions SET revoked_at = now()
WHERE id IN (
  SELECT id FROM user_sessions WHERE user_id = :user_id AND revoked_at IS NULL
  ORDER BY last_seen_at DESC, created_at DESC, id OFFSET :keep);

-- name: insert_refresh_token
INSERT INTO user_refresh_tokens (id, session_id, token_hash, replaces) VALUES (:id, :session_id, :token_hash, :replaces);

-- name: lock_session_of_token
-- Parallel uses of one session's tokens come one after the other. What the token is now is read after that.
SELECT s.id, s.user_id, s.team_id, s.revoked_at IS NOT NULL OR s.expires_at <= now() AS is_over
FROM user_sessions s
WHERE s.id = (SELECT r.session_id FROM user_refresh_tokens r WHERE r.token_hash = :token_hash)
FOR UPDATE;

-- name: find_refresh_token
SELECT id, revoked_at IS NOT NULL AS is_revoked FROM user_refresh_tokens WHERE token_hash = :token_hash;

-- name: revoke_rivals
-- Whatever is not this token or a successor that it was given: its use proves that its holder has it.
UPDATE user_refresh_tokens SET revoked_at = now()
WHERE session_id = :session_id AND id <> :id AND replaces IS DISTINCT FROM :id AND revoked_at IS NULL;

-- name: delete_surplus_successors
-- Answers that never arrived. The newest ones may still do.
DELETE FROM user_refresh_tokens
WHERE replaces = :id AND id NOT IN (SELECT id FROM user_refresh_tokens WHERE replaces = :id ORDER BY created_at DESC LIMIT 8);

-- name: extend_session
UPDATE user_sessions SET expires_at = now() + :lifetime_ms::bigint * interval '1 millisecond', last_seen_at = now()
WHERE id = :id;

-- name: set_team
UPDATE user_sessions SET team_id = :team_id WHERE id = :id;

-- name: list_sessions
SELECT id, ip, user_agent, created_at, last_seen_at, expires_at
FROM user_sessions
WHERE user_id = :user_id AND revoked_at IS NULL AND expires_at > now()
ORDER BY created_at DESC, id DESC;

-- name: revoke_session
UPDATE user_sessions SET revoked_at = now() WHERE id = :id AND user_id = :user_id AND revoked_at IS NULL;

-- name: revoke_sessions_but
UPDATE user_sessions SET revoked_at = now() WHERE user_id = :user_id AND id IS DISTINCT FROM :kept AND revoked_at IS NULL;
