-- SPDX-License-Identifier: Apache-2.0
-- Visits to other providers, and the codes that pages exchange afterwards.

-- name: insert_flow
INSERT INTO oauth_flows (state_hash, provider, session_id, expires_at)
VALUES (:state_hash, :provider, :session_id, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: use_flow
-- A visitor comes back once.
UPDATE oauth_flows SET used_at = now()
WHERE state_hash = :state_hash AND provider = :provider AND used_at IS NULL AND expires_at > now()
RETURNING session_id;

-- name: find_session_user
SELECT u.id, u.name, u.email FROM user_sessions s JOIN users u ON u.id = s.user_id AND u.status = :active
WHERE s.id = :session_id AND s.revoked_at IS NULL;

-- name: insert_code
INSERT INTO oauth_codes (code_hash, state_hash, user_id, expires_at)
VALUES (:code_hash, :state_hash, :user_id, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: take_code
DELETE FROM oauth_codes WHERE code_hash = :code_hash AND state_hash = :state_hash AND expires_at > now()
RETURNING user_id;
