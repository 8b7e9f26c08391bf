-- SPDX-License-Identifier: Apache-2.0
-- Hosts, the tokens with which agents enrol and renew, and the sandboxes that a host's removal takes with it.

-- part: columns
h.id, h.type, h.team_id, h.provider, h.availability_zone, h.arch, h.cpu_cores, h.memory_mb, h.disk_gb, h.address,
h.cert_fingerprint, h.status, h.agent_version, COALESCE(h.metadata->>'hostname', '') AS hostname, h.running, h.paused,
h.registered_at, h.draining_since, h.last_heartbeat_at, h.created_by, h.created_at, h.updated_at,
ARRAY(SELECT g.tag FROM host_tags g WHERE g.host_id = h.id ORDER BY g.tag COLLATE "C") AS tags

-- name: insert_host
-- No row: there is no such live team, or it may not have hosts of its own.
INSERT INTO hosts AS h (id, type, team_id, provider, availability_zone, status, created_by)
SELECT :id, :type, :team_id::uuid, :provider, :availability_zone, :status, :created_by
WHERE :team_id::uuid IS NULL OR EXISTS (SELECT FROM teams t WHERE t.id = :team_id::uuid AND t.deleted_at IS NULL AND t.is_byoc)
RETURNING {columns}, NULL AS team_name;

-- name: find_team
SELECT is_byoc FROM teams WHERE id = :team_id AND deleted_at IS NULL;

-- name: list_hosts_any_team
SELECT {columns}, t.name AS team_name
FROM hosts h
LEFT JOIN teams t ON t.id = h.team_id
WHERE (:team_id::uuid IS NULL OR h.team_id = :team_id::uuid)
  AND (:type::text IS NULL OR h.type = :type::text)
  AND (:status::text IS NULL OR h.status = :status::text)
  AND (:tag::text IS NULL OR EXISTS (SELECT FROM host_tags g WHERE g.host_id = h.id AND g.tag = :tag::text))
  AND (h.created_at, h.id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
ORDER BY h.created_at DESC, h.id DESC
LIMIT :limit;

-- name: get_host_any_team
SELECT {columns}, t.name AS team_name
FROM hosts h
LEFT JOIN teams t ON t.id = h.team_id
WHERE h.id = :id;

-- name: lock_host_any_team
-- Placing a sandbox on the host waits for this lock, because its row refers to the host's.
SELECT {columns}, NULL AS team_name
FROM hosts h
WHERE h.id = :id
FOR UPDATE;

-- name: list_sandboxes_any_team
SELECT id FROM sandboxes WHERE host_id = :host_id AND status = ANY(:holding::text[]) ORDER BY created_at, id;

-- name: set_draining_any_team
-- A silent host stays unreachable; it comes back draining.
UPDATE hosts AS h
SET draining_since = COALESCE(h.draining_since, now()), status = CASE WHEN h.status = :online THEN :draining ELSE h.status END,
    updated_at = now()
WHERE h.id = :id
RETURNING {columns}, NULL AS team_name;

-- name: end_draining_any_team
UPDATE hosts AS h
SET draining_since = NULL, status = CASE WHEN h.status = :draining THEN :online ELSE h.status END, updated_at = now()
WHERE h.id = :id
RETURNING {columns}, NULL AS team_name;

-- name: stop_sandboxes_any_team
UPDATE sandboxes SET status = :stopped, status_cause = 'its host was removed', stopped_at = now(), last_updated = now()
WHERE host_id = :host_id AND status <> :stopped
RETURNING id, team_id;

-- name: lose_sandboxes_any_team
UPDATE sandboxes SET status = :missing, status_cause = 'its host must register again', last_updated = now()
WHERE host_id = :host_id AND status = ANY(:from::text[]);

-- name: delete_host_any_team
DELETE FROM hosts WHERE id = :id;

-- name: insert_registration_token
INSERT INTO host_registration_tokens (id, host_id, token_hash, created_by, expires_at)
VALUES (:id, :host_id, :token_hash, :created_by, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: supersede_registration_tokens
UPDATE host_registration_tokens SET used_at = now() WHERE host_id = :host_id AND used_at IS NULL;

-- name: use_registration_token
-- Of parallel registrations one gets the row.
UPDATE host_registration_tokens t SET used_at = now()
FROM hosts h
WHERE t.token_hash = :token_hash AND t.used_at IS NULL AND t.expires_at > now() AND h.id = t.host_id
RETURNING h.id AS host_id, h.type;

-- name: set_registered_any_team
-- A registered host is pending until control has reached it.
UPDATE hosts AS h
SET status = :status, address = :address, arch = :arch, cpu_cores = :cpu_cores, memory_mb = :memory_mb, disk_gb = :disk_gb,
    cert_fingerprint = :cert_fingerprint, cert_expires_at = :cert_expires_at, registered_at = now(), reached_at = NULL,
    last_heartbeat_at = now(), updated_at = now()
WHERE h.id = :id AND h.status = :pending
RETURNING {columns}, NULL AS team_name;

-- name: set_reached_any_team
-- Unless the agent has registered anew meanwhile.
UPDATE hosts SET reached_at = now(), updated_at = now(), status = CASE WHEN draining_since IS NULL THEN :online ELSE :draining END
WHERE id = :id AND status = :pending AND address = :address AND cert_fingerprint = :cert_fingerprint AND registered_at IS NOT NULL
RETURNING id;

-- name: set_certificate_any_team
-- The agent shows an older certificate until it has got the answer, which may be lost more than once. All are for the
-- same key.
UPDATE hosts
SET cert_fingerprint = array_to_string((ARRAY[:cert_fingerprint::text] || string_to_array(cert_fingerprint, ','))[1:4], ','),
    cert_expires_at = :cert_expires_at, updated_at = now() WHERE id = :id;

-- name: reset_to_pending_any_team
UPDATE hosts AS h SET status = :pending, registered_at = NULL, reached_at = NULL, updated_at = now() WHERE h.id = :id
RETURNING {columns}, NULL AS team_name;

-- name: beat_any_team
-- The status before decides whether this is a return; of parallel heartbeats one sees the old one.
UPDATE hosts h
SET last_heartbeat_at = now(),
    status = CASE WHEN h.status <> :unreachable THEN h.status
                  WHEN h.reached_at IS NULL THEN :pending
                  WHEN h.draining_since IS NULL THEN :online
                  ELSE :draining END,
    agent_version = :agent_version, cpu_cores = :cpu_cores, memory_mb = :memory_mb, disk_gb = :disk_gb, running = :running,
    paused = :paused, metadata = h.metadata || jsonb_strip_nulls(jsonb_build_object('hostname', NULLIF(:hostname::text, '')))
FROM (SELECT id, status FROM hosts WHERE id = :id FOR UPDATE) old
WHERE h.id = old.id
RETURNING old.status AS old_status, h.status, h.team_id, h.address, h.cert_fingerprint, h.registered_at IS NOT NULL AS is_registered;

-- name: record_templates_any_team
-- What is being deleted must go from there too, even if the host was away when that began. A team's own machine may say
-- what it likes: it holds the team's templates and the platform's.
INSERT INTO template_hosts (template_id, host_id, delete_requested_at)
SELECT t.id, h.id, CASE WHEN t.status = :deleting THEN now() END
FROM templates t JOIN hosts h ON h.id = :host_id AND (h.team_id IS NULL OR t.team_id IN (h.team_id, :platform_team))
WHERE t.id = ANY(:template_ids::uuid[])
ON CONFLICT (template_id, host_id) DO UPDATE SET reported_at = now();

-- name: forget_templates_any_team
-- A heartbeat may have been on its way while a snapshot was made: what is new stays.
DELETE FROM template_hosts
WHERE host_id = :host_id AND template_id <> ALL(:template_ids::uuid[]) AND reported_at < now() - interval '2 minutes';

-- name: lock_refresh_token
SELECT r.id, r.host_id, r.family_id, r.revoked_at IS NOT NULL AS is_revoked, r.expires_at <= now() AS is_expired
FROM host_refresh_tokens r
WHERE r.token_hash = :token_hash
FOR UPDATE;

-- name: find_successor
-- The direct successor of a token, if it is that one and still good.
SELECT id FROM host_refresh_tokens
WHERE replaces = :replaces AND token_hash = :token_hash AND revoked_at IS NULL AND expires_at > now();

-- name: insert_refresh_token
INSERT INTO host_refresh_tokens (id, host_id, family_id, token_hash, replaces, expires_at)
VALUES (:id, :host_id, :family_id, :token_hash, :replaces, now() + :lifetime_ms::bigint * interval '1 millisecond');

-- name: revoke_refresh_token
UPDATE host_refresh_tokens SET revoked_at = now() WHERE id = :id;

-- name: revoke_family
UPDATE host_refresh_tokens SET revoked_at = now() WHERE family_id = :family_id AND revoked_at IS NULL
RETURNING id;

-- name: revoke_all_of_host
UPDATE host_refresh_tokens SET revoked_at = now() WHERE host_id = :host_id AND revoked_at IS NULL;

-- name: insert_tag_any_team
INSERT INTO host_tags (host_id, tag) VALUES (:host_id, :tag) ON CONFLICT (host_id, tag) DO NOTHING;

-- name: delete_tag_any_team
DELETE FROM host_tags WHERE host_id = :host_id AND tag = :tag;

-- name: note_replica
INSERT INTO control_replicas (id, tunnel_url) VALUES (:id, :tunnel_url)
ON CONFLICT (id) DO UPDATE SET seen_at = now();

-- name: delete_silent_replicas
DELETE FROM control_replicas WHERE seen_at < now() - interval '1 hour';

-- name: delete_replica
DELETE FROM control_replicas WHERE id = :id;

-- name: list_tunnel_urls
SELECT DISTINCT tunnel_url FROM control_replicas
WHERE seen_at > now() - :alive_ms::bigint * interval '1 millisecond'
ORDER BY tunnel_url
LIMIT 32;
