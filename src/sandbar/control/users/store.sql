-- SPDX-License-Identifier: Apache-2.0
-- Accounts.

-- name: insert_user
INSERT INTO users (id, email, name, password_hash, is_admin, status, email_verified_at)
VALUES (:id, :email, :name, :password_hash, :is_admin, :status, CASE WHEN :is_verified THEN now() END);

-- name: find_login
SELECT id, email, name, status, password_hash FROM users WHERE email = :email;

-- name: lock_landing
-- With the team to land in: the wanted one, else the default one if it is live, else the live one that was joined
-- first. The lock keeps password and status as they are until the sign-in is complete.
SELECT u.id, u.email, u.name, u.is_admin, u.status, u.password_hash, landing.team_id, landing.role
FROM users u
LEFT JOIN LATERAL (
  SELECT m.team_id, m.role
  FROM users_teams m
  JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL
  WHERE m.user_id = u.id
  ORDER BY (m.team_id = :wanted_team::uuid) IS TRUE DESC, m.is_default DESC, m.created_at, m.team_id
  LIMIT 1
) landing ON true
WHERE u.id = :id
FOR SHARE OF u;

-- name: lock_by_email
SELECT id, email, name, status, updated_at > now() - :pause_ms::bigint * interval '1 millisecond' AS is_recent
FROM users WHERE email = :email
FOR UPDATE;

-- name: lock_user
SELECT id, email, name, is_admin, status, password_hash FROM users WHERE id = :id FOR UPDATE;

-- name: replace_inactive
UPDATE users SET name = :name, password_hash = :password_hash, updated_at = now() WHERE id = :id AND status = :inactive;

-- name: delete_inactive
DELETE FROM users WHERE email = :email AND status = :inactive;

-- name: find_team_and_role
SELECT t.id AS team_id, m.role
FROM teams t
LEFT JOIN users_teams m ON m.team_id = t.id AND m.user_id = :user_id
WHERE t.id = :team_id AND t.deleted_at IS NULL;

-- name: count_login_try
-- Counted before the password is looked at, so that parallel guesses are counted too.
INSERT INTO login_failures AS f (key, failures) VALUES (:key, 1)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN f.locked_until > now() THEN f.failures
                  WHEN f.locked_until IS NOT NULL OR f.last_at < now() - :pause_ms::bigint * interval '1 millisecond' THEN 1
                  ELSE f.failures + 1 END,
  locked_until = CASE WHEN f.locked_until > now() THEN f.locked_until
                      WHEN f.locked_until IS NULL AND f.failures >= :tries
                           AND f.last_at >= now() - :pause_ms::bigint * interval '1 millisecond'
                        THEN now() + :pause_ms::bigint * interval '1 millisecond' END,
  last_at = now()
RETURNING ceil(extract(epoch FROM locked_until - now()))::bigint AS wait_s;

-- name: forget_login_tries
DELETE FROM login_failures WHERE key = :key;

-- name: insert_mail_token
INSERT INTO user_mail_tokens (id, user_id, purpose, token_hash, expires_at)
VALUES (:id, :user_id, :purpose, :token_hash, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: has_recent_mail_token
SELECT EXISTS (
  SELECT FROM user_mail_tokens
  WHERE user_id = :user_id AND purpose = :purpose AND created_at > now() - :pause_ms::bigint * interval '1 millisecond') AS value;

-- name: supersede_mail_tokens
UPDATE user_mail_tokens SET used_at = now() WHERE user_id = :user_id AND purpose = :purpose AND used_at IS NULL;

-- name: use_mail_token
-- Of parallel uses one gets the row.
UPDATE user_mail_tokens SET used_at = now()
WHERE token_hash = :token_hash AND purpose = :purpose AND used_at IS NULL AND expires_at > now()
RETURNING user_id;

-- name: find_owner_of_mail_token
SELECT u.status FROM user_mail_tokens t JOIN users u ON u.id = t.user_id WHERE t.token_hash = :token_hash AND t.purpose = :purpose;

-- name: activate
UPDATE users SET status = :active, email_verified_at = now(), updated_at = now() WHERE id = :id AND status = :inactive
RETURNING id, email, name, is_admin, status, password_hash;

-- name: set_password
UPDATE users SET password_hash = :password_hash, updated_at = now() WHERE id = :id;

-- name: set_verified
UPDATE users SET email_verified_at = now() WHERE id = :id AND email = :email AND email_verified_at IS NULL;

-- name: set_name
UPDATE users SET name = :name, updated_at = now() WHERE id = :id;

-- name: find_profile
SELECT u.password_hash IS NOT NULL AS has_password,
       ARRAY(SELECT o.provider FROM oauth_providers o WHERE o.user_id = u.id ORDER BY o.provider) AS providers
FROM users u WHERE u.id = :id;

-- name: lock_identity
-- Two first sign-ins of one identity come one after the other, also while there is no row to lock.
SELECT pg_advisory_xact_lock(hashtextextended(:identity, 0));

-- name: find_identity
SELECT o.user_id AS id, u.status FROM oauth_providers o JOIN users u ON u.id = o.user_id
WHERE o.provider = :provider AND o.provider_id = :provider_id;

-- name: insert_identity
INSERT INTO oauth_providers (provider, provider_id, user_id, email) VALUES (:provider, :provider_id, :user_id, :email);

-- name: delete_identity
DELETE FROM oauth_providers WHERE user_id = :user_id AND provider = :provider;

-- name: delete_identities
DELETE FROM oauth_providers WHERE user_id = :user_id;

-- name: anonymise
-- The row stays for what refers to it, and names nobody any more.
UPDATE users SET status = :deleted, email = 'deleted-' || id || '@invalid', name = '', password_hash = NULL, is_admin = false,
  deleted_at = now(), updated_at = now()
WHERE id = :id;

-- name: lock_admins
-- Whoever makes or unmakes admins does it one after the other, and then sees who is left.
SELECT pg_advisory_xact_lock(hashtext('sandbar platform admins'));

-- name: count_admins
SELECT count(*) AS value FROM users WHERE is_admin AND status = :active;

-- name: has_admin
SELECT EXISTS (SELECT FROM users WHERE is_admin) AS value;

-- name: set_admin
UPDATE users SET is_admin = :is_admin, updated_at = now() WHERE id = :id AND is_admin <> :is_admin;

-- name: set_status
UPDATE users SET status = :to, updated_at = now() WHERE id = :id AND status = :from;

-- name: list_users
SELECT u.id, u.email, u.name, u.is_admin, u.status,
       (SELECT count(*) FROM users_teams m JOIN teams t ON t.id = m.team_id AND t.deleted_at IS NULL WHERE m.user_id = u.id) AS teams,
       u.created_at,
       (SELECT max(s.last_seen_at) FROM user_sessions s WHERE s.user_id = u.id) AS last_seen_at
FROM users u
WHERE u.status <> :deleted
  AND (:search::text = '' OR strpos(u.email, lower(:search::text)) > 0 OR strpos(lower(u.name), lower(:search::text)) > 0)
  AND (u.created_at, u.id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
ORDER BY u.created_at DESC, u.id DESC
LIMIT :limit;

-- name: search_users
-- Whatever begins with the prefix lies between it and the prefix with the last of all characters behind it; in that form
-- the index on addresses serves, and no character is a wildcard.
SELECT id AS user_id, email
FROM users
WHERE email ~>=~ :prefix::text AND email ~<~ (:prefix::text || chr(1114111)) AND starts_with(email, :prefix::text) AND status = :active
ORDER BY email COLLATE "C"
LIMIT :limit;
