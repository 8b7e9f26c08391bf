-- SPDX-License-Identifier: Apache-2.0
-- What jobs read and repair, over all teams. Every repair names the state that it was decided for.

-- name: try_lead
SELECT pg_try_advisory_lock(hashtext('sandbar jobs')) AS value;

-- name: still_leading
SELECT 1;

-- name: stop_leading
SELECT pg_advisory_unlock(hashtext('sandbar jobs'));

-- name: put_report
INSERT INTO job_reports AS j (name, started_at, duration_ms, checked, changed, error, failures, succeeded_at)
VALUES (:name, clock_timestamp() - :duration_ms::bigint * interval '1 millisecond', :duration_ms, :checked, :changed, :error,
        CASE WHEN :error::text = '' THEN 0 ELSE 1 END, CASE WHEN :error::text = '' THEN clock_timestamp() END)
ON CONFLICT (name) DO UPDATE
SET started_at = EXCLUDED.started_at, duration_ms = EXCLUDED.duration_ms, checked = EXCLUDED.checked, changed = EXCLUDED.changed,
    error = EXCLUDED.error, failures = CASE WHEN EXCLUDED.error = '' THEN 0 ELSE j.failures + 1 END,
    succeeded_at = COALESCE(EXCLUDED.succeeded_at, j.succeeded_at);

-- name: list_reports
SELECT name, started_at, duration_ms, checked, changed, error, failures, succeeded_at FROM job_reports ORDER BY name;

-- name: current_time
SELECT clock_timestamp() AS value;

-- name: mark_hosts_unreachable
-- One that has registered and never came online counts from then.
UPDATE hosts SET status = :unreachable, updated_at = now()
WHERE (status = ANY(:statuses::text[]) OR status = :pending AND registered_at IS NOT NULL)
  AND COALESCE(last_heartbeat_at, registered_at, created_at) < now() - :stale_ms::bigint * interval '1 millisecond'
RETURNING id, team_id;

-- name: mark_sandboxes_missing
-- Of every unreachable host: a request may have been placing one while its host was lost.
UPDATE sandboxes SET status = :missing, status_cause = 'host silent', last_updated = now()
WHERE host_id IN (SELECT id FROM hosts WHERE status = :unreachable) AND status = ANY(:from::text[])
RETURNING id, team_id, host_id, status, epoch, last_active_at, last_updated;

-- name: fail_unplaced
-- Rows that no host will ever report, because they have none.
UPDATE sandboxes SET status = :error, status_cause = 'start failed', last_updated = now()
WHERE host_id IS NULL AND status = ANY(:from::text[]) AND last_updated < now() - :limit_ms::bigint * interval '1 millisecond'
RETURNING id, team_id, host_id, status, epoch, last_active_at, last_updated;

-- name: stop_unplaced
-- Nothing is left of a sandbox whose host was removed.
UPDATE sandboxes SET status = :stopped, status_cause = 'gone from its host', stopped_at = now(), last_updated = now()
WHERE host_id IS NULL AND status = ANY(:from::text[])
RETURNING id, team_id, host_id, status, epoch, last_active_at, last_updated;

-- name: list_reachable_hosts
SELECT id, address, cert_fingerprint FROM hosts WHERE status = ANY(:statuses::text[]) AND address <> '' ORDER BY id;

-- name: list_differing_hosts
-- Where a sandbox is on its way from one status to another, the two may differ for that.
SELECT h.id, h.address, h.cert_fingerprint
FROM hosts h, LATERAL (
  SELECT count(*) FILTER (WHERE s.status = :running) AS running, count(*) FILTER (WHERE s.status = :paused) AS paused,
         count(*) FILTER (WHERE s.status = ANY(:moving::text[])) AS moving
  FROM sandboxes s WHERE s.host_id = h.id AND s.status = ANY(ARRAY[:running, :paused] || :moving::text[])) rows
WHERE h.status = ANY(:statuses::text[]) AND h.address <> '' AND h.last_heartbeat_at >= :since
  AND (h.running, h.paused) IS DISTINCT FROM (rows.running, rows.paused) AND rows.moving = 0
ORDER BY h.id;

-- name: list_sandboxes_of_host
SELECT id, team_id, host_id, status, epoch, last_active_at, last_updated
FROM sandboxes
WHERE host_id = :host_id AND status = ANY(:live::text[]);

-- name: refresh_sandboxes
-- What agents report of sandboxes whose status stays as it is, of one host at a time.
UPDATE sandboxes s
SET epoch = r.epoch, timeout_sec = r.timeout_sec, expires_at = r.expires_at, last_active_at = r.last_active_at, last_updated = now()
FROM unnest(:ids::uuid[], :statuses::text[], :epochs::bigint[], :timeouts::bigint[], :expiries::timestamptz[], :active::timestamptz[])
  AS r(id, status, epoch, timeout_sec, expires_at, last_active_at)
WHERE s.id = r.id AND s.status = r.status AND s.last_updated < :list_started;

-- name: list_sandboxes_by_id
SELECT id, team_id, host_id, status, epoch, last_active_at, last_updated FROM sandboxes WHERE id = ANY(:ids::uuid[]);

-- name: settle_sandbox
UPDATE sandboxes
SET status = :to, status_cause = :cause, epoch = :epoch, timeout_sec = :timeout_sec, expires_at = :expires_at,
    last_active_at = :last_active_at, last_updated = now(),
    started_at = CASE WHEN :to = :running THEN COALESCE(started_at, now()) ELSE started_at END
WHERE id = :id AND status = :from AND last_updated < :list_started;

-- name: end_sandbox
UPDATE sandboxes
SET status = :to, status_cause = :cause, last_updated = now(), stopped_at = CASE WHEN :to = :stopped THEN now() ELSE stopped_at END
WHERE id = :id AND status = :from AND last_updated < :list_started;

-- name: record_template
-- What is being deleted must go from there too, even if the host was away when that began. A team's own machine may say
-- what it likes: it holds the team's templates and the platform's.
INSERT INTO template_hosts (template_id, host_id, size_bytes, delete_requested_at)
SELECT t.id, h.id, :size_bytes, CASE WHEN t.status = :deleting THEN now() END
FROM templates t JOIN hosts h ON h.id = :host_id AND (h.team_id IS NULL OR t.team_id IN (h.team_id, :platform_team))
WHERE t.id = :template_id
ON CONFLICT (template_id, host_id) DO UPDATE SET size_bytes = EXCLUDED.size_bytes, reported_at = now();

-- name: apply_template_report
-- A base template that no build makes is ready as soon as some host has it; a snapshot only if whoever made it has died before
-- saying so. Of the platform's templates only its own hosts tell the sizes.
UPDATE templates t
SET status = :ready, vcpus = :vcpus, memory_mb = :memory_mb, disk_mb = :disk_mb, size_bytes = :size_bytes, updated_at = now()
FROM hosts h
WHERE t.id = :id AND h.id = :host_id AND (h.team_id IS NULL OR h.team_id = t.team_id)
  AND NOT t.replaces AND NOT EXISTS (SELECT FROM template_builds b WHERE b.template_id = t.id)
  AND (t.status = :building AND (t.type = :base OR t.updated_at < now() - interval '10 minutes')
       OR t.status = :ready AND t.type = :base
          AND (t.vcpus, t.memory_mb, t.disk_mb, t.size_bytes) IS DISTINCT FROM (:vcpus::int, :memory_mb::int, :disk_mb::int, :size_bytes::bigint));

-- name: ready_held_base
-- Where only teams have hosts, theirs are enough for the platform's base template to be of use.
UPDATE templates t SET status = :ready, updated_at = now()
WHERE t.id = :id AND t.status = :building AND t.type = :base AND NOT t.replaces
  AND NOT EXISTS (SELECT FROM template_builds b WHERE b.template_id = t.id)
  AND EXISTS (SELECT FROM template_hosts th WHERE th.template_id = t.id AND th.host_id = :host_id);

-- name: list_hosts_with_new_templates
SELECT DISTINCT h.id, h.address, h.cert_fingerprint
FROM hosts h
JOIN template_hosts b ON b.host_id = h.id
JOIN templates t ON t.id = b.template_id AND t.status = :building AND t.type = :base
  AND NOT EXISTS (SELECT FROM template_builds x WHERE x.template_id = t.id)
WHERE h.status = ANY(:statuses::text[]) AND h.address <> '';

-- name: list_template_removals
-- Not while a sandbox there may need the files, as it may of a template that was replaced.
SELECT th.template_id FROM template_hosts th
WHERE th.host_id = :host_id AND th.delete_requested_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM sandboxes s WHERE s.template_id = th.template_id AND s.host_id = th.host_id AND s.status = ANY(:holding::text[]));

-- name: forget_template
DELETE FROM template_hosts WHERE template_id = :template_id AND host_id = :host_id;

-- name: delete_unheld_templates
DELETE FROM templates t
WHERE NOT EXISTS (SELECT FROM template_hosts h WHERE h.template_id = t.id)
  AND (t.status = :deleting OR t.type = :snapshot AND t.status = :building AND t.updated_at < now() - interval '30 minutes');

-- name: delete_registration_tokens
DELETE FROM host_registration_tokens WHERE expires_at < now() - interval '1 day';

-- name: delete_refresh_tokens
-- Revoked ones stay until they expire, so that their reuse is noticed.
DELETE FROM host_refresh_tokens WHERE expires_at < now() - interval '1 day';

-- name: delete_user_sessions
-- Their refresh tokens go with them. A session that was ended is not needed once the last token for it has expired.
DELETE FROM user_sessions WHERE expires_at < now() - interval '1 day' OR revoked_at < now() - interval '30 days';

-- name: delete_inactive_users
-- Addresses that nobody has proved.
DELETE FROM users WHERE status = :inactive AND updated_at < now() - interval '7 days';

-- name: delete_mail_tokens
DELETE FROM user_mail_tokens WHERE expires_at < now() - interval '7 days';

-- name: delete_mails
DELETE FROM mails WHERE expires_at < now() - interval '7 days';

-- name: delete_login_failures
DELETE FROM login_failures WHERE last_at < now() - interval '1 day' AND (locked_until IS NULL OR locked_until < now());

-- name: delete_oauth_flows
DELETE FROM oauth_flows WHERE expires_at < now() - interval '1 hour';

-- name: delete_oauth_codes
DELETE FROM oauth_codes WHERE expires_at < now() - interval '1 hour';

-- name: delete_ws_tickets
DELETE FROM ws_tickets WHERE expires_at < now();

-- name: delete_idempotency_keys
DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day';

-- name: delete_invitations
DELETE FROM team_invitations WHERE expires_at < now() - interval '1 day';
