-- SPDX-License-Identifier: Apache-2.0
-- The audit log: rows are inserted and read, never changed. Insertion is a function of the database, because it must not
-- fail the transaction that it is part of (docs/adr/0013-audit-entries-are-never-lost.md). Each list reads a page of every
-- value of its index's second column and merges them, so that no filter on it reads more than it answers.

-- name: insert_entries
-- Empty, or what kept the entries from the log: "spilled: …", "lost: …".
SELECT record_audit(:entries::jsonb) AS trouble;

-- part: columns
e.id, e.team_id, e.actor_type, e.actor_id, e.actor_name, e.resource_type, e.resource_id, e.action, e.scope, e.status,
e.metadata, e.source_ip, e.user_agent, e.created_at

-- part: place_on_chain
(SELECT c.seq FROM audit_chain c WHERE c.log_id = e.id) AS seq, (SELECT c.hash FROM audit_chain c WHERE c.log_id = e.id) AS hash

-- part: page
(created_at, id) < (COALESCE(:before::timestamptz, 'infinity'), COALESCE(:before_id::uuid, '00000000-0000-0000-0000-000000000000'))
    AND created_at >= COALESCE(:from::timestamptz, '-infinity')
    AND (:text::text IS NULL OR strpos(lower(concat_ws(' ', actor_name, actor_id, resource_id, event, metadata::text, source_ip)), lower(:text)) > 0)
  ORDER BY created_at DESC, id DESC
  LIMIT :limit

-- part: newest_first
ORDER BY e.created_at DESC, e.id DESC
LIMIT :limit

-- name: list_entries
-- Every entry of those scopes.
SELECT {columns}, {place_on_chain}
FROM unnest(:scopes::text[]) AS one CROSS JOIN LATERAL (
  SELECT * FROM audit_logs
  WHERE team_id = :team_id AND scope = one
    AND {page}) e
{newest_first};

-- name: list_entries_of_events
-- The events are of scopes that the reader may see.
SELECT {columns}, {place_on_chain}
FROM unnest(:events::text[]) AS one CROSS JOIN LATERAL (
  SELECT * FROM audit_logs
  WHERE team_id = :team_id AND event = one
    AND {page}) e
{newest_first};

-- name: list_entries_of_actors
-- 'system' stands for the actor without an id.
SELECT {columns}, {place_on_chain}
FROM unnest(:actors::text[]) AS one CROSS JOIN LATERAL (
  SELECT * FROM audit_logs
  WHERE team_id = :team_id AND COALESCE(actor_id, 'system') = one AND scope = ANY(:scopes::text[])
    AND (:events::text[] IS NULL OR event = ANY(:events::text[]))
    AND {page}) e
{newest_first};

-- name: list_entries_any_team
-- For platform admins, who see every scope.
SELECT {columns}, {place_on_chain}
FROM (
  SELECT * FROM audit_logs
  WHERE (:events::text[] IS NULL OR event = ANY(:events::text[]))
    AND (:actors::text[] IS NULL OR COALESCE(actor_id, 'system') = ANY(:actors::text[]))
    AND {page}) e
{newest_first};

-- name: list_entries_of_resource_any_team
-- Ids are of one team; names of snapshots may be of several.
SELECT {columns}, {place_on_chain}
FROM (
  SELECT * FROM audit_logs
  WHERE resource_id = :resource_id AND (:team_id::uuid IS NULL OR team_id = :team_id::uuid) AND scope = ANY(:scopes::text[])
    AND (:events::text[] IS NULL OR event = ANY(:events::text[]))
    AND (:actors::text[] IS NULL OR COALESCE(actor_id, 'system') = ANY(:actors::text[]))
    AND {page}) e
{newest_first};

-- name: find_waiting_any_team
SELECT EXISTS (SELECT FROM audit_unsealed) AS unsealed, EXISTS (SELECT FROM audit_spill) AS spilled;

-- name: drain_spill
SELECT drain_audit_spill(:most::integer) AS value;

-- name: try_lock_chains
SELECT pg_try_advisory_xact_lock(hashtext('sandbar audit chain')) AS value;

-- name: list_unsealed_any_team
-- OFFSET 0: one look-up for each waiting entry, however large the log is.
SELECT {columns}, NULL::bigint AS seq, NULL::text AS hash
FROM (SELECT position, log_id FROM audit_unsealed ORDER BY position LIMIT :limit) u
CROSS JOIN LATERAL (SELECT * FROM audit_logs WHERE id = u.log_id OFFSET 0) e
ORDER BY u.position;

-- name: list_heads_any_team
-- What is farther: the end that was noted, or the end of the chain itself. They differ only if somebody was at work.
SELECT t AS team_id, head.seq, head.hash
FROM unnest(:teams::uuid[]) t CROSS JOIN LATERAL (
  SELECT h.seq, h.hash FROM audit_heads h WHERE h.team_id = t
  UNION ALL
  (SELECT c.seq, c.hash FROM audit_chain c WHERE c.team_id = t ORDER BY c.seq DESC LIMIT 1)
  ORDER BY seq DESC LIMIT 1) head;

-- name: insert_links_any_team
INSERT INTO audit_chain (team_id, seq, log_id, hash)
SELECT * FROM unnest(:teams::uuid[], :seqs::bigint[], :ids::uuid[], :hashes::text[]);

-- name: delete_unsealed_any_team
DELETE FROM audit_unsealed WHERE log_id = ANY(:ids::uuid[]);

-- name: update_heads_any_team
INSERT INTO audit_heads (team_id, seq, hash) SELECT * FROM unnest(:teams::uuid[], :seqs::bigint[], :hashes::text[])
ON CONFLICT (team_id) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash;

-- name: list_links
SELECT team_id, seq, log_id, hash FROM audit_chain WHERE team_id = :team_id AND seq > :after ORDER BY seq LIMIT :limit;

-- name: list_entries_by_id
SELECT {columns}, NULL::bigint AS seq, NULL::text AS hash
FROM audit_logs e WHERE e.id = ANY(:ids::uuid[]) AND e.team_id = :team_id;

-- name: find_head
SELECT team_id, seq, hash FROM audit_heads WHERE team_id = :team_id;

-- name: find_unchained
SELECT e.id FROM audit_logs e
WHERE e.team_id = :team_id AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.log_id = e.id)
  AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.log_id = e.id)
ORDER BY e.created_at, e.id LIMIT 1;

-- name: find_vanished
SELECT u.log_id AS id FROM audit_unsealed u
WHERE u.team_id = :team_id AND NOT EXISTS (SELECT FROM audit_logs e WHERE e.id = u.log_id)
ORDER BY u.position LIMIT 1;

-- name: count_unsealed
SELECT (SELECT count(*) FROM audit_unsealed WHERE team_id = :team_id)
  + (SELECT count(*) FROM audit_spill s, jsonb_array_elements(s.entries) e WHERE (e->>'team_id')::uuid = :team_id) AS value;

-- name: list_teams_from
SELECT id FROM teams WHERE id >= :first ORDER BY id LIMIT :limit;
