-- SPDX-License-Identifier: Apache-2.0
-- Webhooks and what is sent to them. Events come from the teams' audit chains: last_seq says how far each webhook has been
-- served, and moves in the transaction that inserts the deliveries.

-- name: lock_team
-- One webhook of a team is made at a time, so that the limit holds.
SELECT FROM team_totals WHERE team_id = :team_id FOR UPDATE

-- name: insert_webhook
-- No row: the team has as many as it may have.
INSERT INTO webhooks (id, team_id, url, description, events, secret, created_by, last_seq)
SELECT :id, :team_id, :url, :description, :events::text[], :secret, :created_by,
       COALESCE((SELECT max(seq) FROM audit_chain WHERE team_id = :team_id), 0)
WHERE (SELECT count(*) FROM webhooks WHERE team_id = :team_id) < :max
RETURNING id, team_id, url, description, events, old_secret_until, enabled, disabled_reason, failing_since, created_by, created_at, updated_at

-- name: list_webhooks
SELECT id, team_id, url, description, events, old_secret_until, enabled, disabled_reason, failing_since, created_by, created_at, updated_at
FROM webhooks WHERE team_id = :team_id ORDER BY created_at DESC, id DESC

-- name: get_webhook
SELECT id, team_id, url, description, events, old_secret_until, enabled, disabled_reason, failing_since, created_by, created_at, updated_at
FROM webhooks WHERE id = :id AND team_id = :team_id

-- name: lock_webhook
SELECT id, team_id, url, description, events, old_secret_until, enabled, disabled_reason, failing_since, created_by, created_at, updated_at
FROM webhooks WHERE id = :id AND team_id = :team_id FOR UPDATE

-- name: update_webhook
-- One that becomes enabled starts anew: at the present end of the chain, and without a history of failures.
UPDATE webhooks w
SET url = COALESCE(:url, url), description = COALESCE(:description, description), events = COALESCE(:events::text[], events),
    enabled = COALESCE(:enabled::boolean, enabled),
    disabled_reason = CASE WHEN :enabled::boolean IS NULL THEN disabled_reason ELSE '' END,
    failing_since = CASE WHEN :enabled::boolean AND NOT enabled THEN NULL ELSE failing_since END,
    last_seq = CASE WHEN :enabled::boolean AND NOT enabled
                    THEN COALESCE((SELECT max(c.seq) FROM audit_chain c WHERE c.team_id = w.team_id), 0) ELSE last_seq END,
    updated_at = now()
WHERE id = :id AND team_id = :team_id
RETURNING id, team_id, url, description, events, old_secret_until, enabled, disabled_reason, failing_since, created_by, created_at, updated_at

-- name: replace_secret
UPDATE webhooks
SET old_secret = secret, old_secret_until = now() + :overlap_s::bigint * interval '1 second', secret = :secret, updated_at = now()
WHERE id = :id AND team_id = :team_id
RETURNING id, team_id, url, description, events, old_secret_until, enabled, disabled_reason, failing_since, created_by, created_at, updated_at

-- name: delete_webhook
DELETE FROM webhooks WHERE id = :id AND team_id = :team_id

-- name: insert_delivery
-- By hand: no row if that has been done too often in the last minute.
INSERT INTO webhook_deliveries (id, webhook_id, team_id, kind, replay_of, event, body)
SELECT :id, w.id, w.team_id, :kind, :replay_of::uuid, :event, :body FROM webhooks w
WHERE w.id = :webhook_id AND w.team_id = :team_id
  AND (SELECT count(*) FROM webhook_deliveries r
       WHERE r.webhook_id = w.id AND r.seq IS NULL AND r.created_at > now() - interval '1 minute') < :max_per_minute
RETURNING id, webhook_id, kind, replay_of, event, body, status, attempts, next_attempt_at, response_status, response_excerpt, error,
       latency_ms, created_at, completed_at

-- name: list_deliveries
SELECT id, webhook_id, kind, replay_of, event, body, status, attempts, next_attempt_at, response_status, response_excerpt, error,
       latency_ms, created_at, completed_at
FROM webhook_deliveries
WHERE webhook_id = :webhook_id AND team_id = :team_id AND (:status::text IS NULL OR status = :status)
  AND (:before::timestamptz IS NULL OR (created_at, id) < (:before, :before_id::uuid))
ORDER BY created_at DESC, id DESC
LIMIT :limit

-- name: find_delivery
SELECT id, webhook_id, kind, replay_of, event, body, status, attempts, next_attempt_at, response_status, response_excerpt, error,
       latency_ms, created_at, completed_at
FROM webhook_deliveries WHERE id = :id AND webhook_id = :webhook_id AND team_id = :team_id

-- name: give_up_deliveries
UPDATE webhook_deliveries SET status = :failed, error = :error, completed_at = now()
WHERE webhook_id = :webhook_id AND team_id = :team_id AND status = :pending

-- name: list_behind_any_team
SELECT w.id
FROM webhooks w JOIN teams t ON t.id = w.team_id
WHERE w.enabled AND t.deleted_at IS NULL
  AND EXISTS (SELECT FROM audit_chain c WHERE c.team_id = w.team_id AND c.seq > w.last_seq)
LIMIT :limit

-- name: lock_behind_any_team
SELECT team_id, events, last_seq, created_at FROM webhooks WHERE id = :id AND enabled FOR UPDATE

-- name: list_entries
SELECT c.seq, l.id, l.actor_type, l.actor_id, l.actor_name, l.resource_type, l.resource_id, l.action, l.status, l.metadata, l.created_at
FROM audit_chain c JOIN audit_logs l ON l.id = c.log_id
WHERE c.team_id = :team_id AND c.seq > :after
ORDER BY c.seq
LIMIT :limit

-- name: insert_event
INSERT INTO webhook_deliveries (id, webhook_id, team_id, kind, seq, event, body)
VALUES (:id, :webhook_id, :team_id, :kind, :seq, :event, :body)
ON CONFLICT (webhook_id, seq) WHERE seq IS NOT NULL DO NOTHING

-- name: set_last_seq
UPDATE webhooks SET last_seq = :seq WHERE id = :id AND team_id = :team_id

-- name: claim_deliveries_any_team
-- Until its time is over nobody else takes a claimed delivery; a process that dies in between loses nothing.
WITH due AS (
  SELECT d.id
  FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id JOIN teams t ON t.id = w.team_id
  WHERE d.status = :pending AND d.next_attempt_at <= now() AND (w.enabled OR d.kind = :ping) AND t.deleted_at IS NULL
    AND NOT (d.webhook_id = ANY(:busy::uuid[]))
  ORDER BY d.next_attempt_at
  LIMIT :limit
  FOR UPDATE OF d SKIP LOCKED)
UPDATE webhook_deliveries d
SET attempts = d.attempts + 1, next_attempt_at = now() + :lease_ms::bigint * interval '1 millisecond'
FROM due, webhooks w
WHERE d.id = due.id AND w.id = d.webhook_id
RETURNING d.id, d.webhook_id, d.team_id, d.event, d.body, d.attempts, w.url, w.secret,
          CASE WHEN w.old_secret_until > now() THEN w.old_secret END AS old_secret

-- name: finish_delivery_any_team
UPDATE webhook_deliveries
SET status = :status, next_attempt_at = now() + :retry_ms::bigint * interval '1 millisecond',
    response_status = :response_status::integer, response_excerpt = :excerpt, error = :error, latency_ms = :latency_ms,
    completed_at = CASE WHEN :status = :pending THEN NULL ELSE now() END
WHERE id = :id AND status = :pending AND attempts = :attempts

-- name: note_success_any_team
UPDATE webhooks SET failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL

-- name: note_failure_any_team
UPDATE webhooks SET failing_since = COALESCE(failing_since, now())
WHERE id = :id AND enabled
RETURNING failing_since < now() - :limit_ms::bigint * interval '1 millisecond' AS too_long

-- name: disable_webhook
UPDATE webhooks SET enabled = false, disabled_reason = :reason, updated_at = now()
WHERE id = :id AND team_id = :team_id AND enabled

-- name: delete_old_deliveries_any_team
DELETE FROM webhook_deliveries WHERE completed_at < now() - :keep_ms::bigint * interval '1 millisecond'

-- name: count_pending_any_team
SELECT count(*) AS value FROM webhook_deliveries WHERE status = :pending
