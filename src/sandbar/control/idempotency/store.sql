-- SPDX-License-Identifier: Apache-2.0
-- Answers to creating requests, by who sent them and under which key.

-- name: claim_key
INSERT INTO idempotency_keys (actor, key, request_hash) VALUES (:actor, :key, :request_hash)
ON CONFLICT (actor, key) DO NOTHING

-- name: find_key
SELECT request_hash, status, content_type, body FROM idempotency_keys WHERE actor = :actor AND key = :key

-- name: reclaim_key
-- Whoever ran it has died: no request takes as long as this.
UPDATE idempotency_keys SET created_at = now()
WHERE actor = :actor AND key = :key AND status IS NULL AND created_at < now() - interval '15 minutes'

-- name: keep_answer
UPDATE idempotency_keys SET status = :status, content_type = :content_type, body = :body WHERE actor = :actor AND key = :key

-- name: forget_key
DELETE FROM idempotency_keys WHERE actor = :actor AND key = :key AND status IS NULL
