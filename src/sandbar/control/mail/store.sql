-- SPDX-License-Identifier: Apache-2.0
-- Mails to be sent.

-- name: insert_mail
INSERT INTO mails (id, kind, recipient, name, token_id, expires_at)
VALUES (:id, :kind, :recipient, :name, :token_id, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: claim_mail
-- For as long as an attempt may take; whoever claims it and dies leaves it to the next one.
UPDATE mails SET attempts = attempts + 1, next_try_at = now() + :lease_ms::bigint * interval '1 millisecond'
WHERE id = (
  SELECT id FROM mails
  WHERE sent_at IS NULL AND next_try_at <= now() AND expires_at > now()
  ORDER BY next_try_at LIMIT 1
  FOR UPDATE SKIP LOCKED)
RETURNING id, kind, recipient, name, token_id, attempts;

-- name: set_sent
UPDATE mails SET sent_at = now(), last_error = '' WHERE id = :id;

-- name: set_failed
UPDATE mails SET last_error = :error, next_try_at = now() + :retry_ms::bigint * interval '1 millisecond'
WHERE id = :id AND sent_at IS NULL;
