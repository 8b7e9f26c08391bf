-- SPDX-License-Identifier: Apache-2.0
-- Hosts as the placement of new sandboxes sees them.

-- name: lock_placement
-- One placement at a time, so that no two count on the same free memory. It ends with the transaction.
SELECT pg_advisory_xact_lock(hashtext('sandbar.placement'))

-- name: list_candidates
SELECT h.id, h.address, h.cert_fingerprint, h.memory_mb, h.last_placed_at,
       COALESCE((SELECT sum(s.memory_mb) FROM sandboxes s WHERE s.host_id = h.id AND s.status = ANY(:holding)), 0) AS reserved_memory_mb
FROM hosts h
JOIN template_hosts t ON t.host_id = h.id AND t.template_id = :template_id AND t.delete_requested_at IS NULL
WHERE h.status = :online AND h.address <> ''
  AND CASE WHEN :is_byoc::boolean THEN h.team_id = :team_id ELSE h.type = :regular END
ORDER BY h.created_at, h.id

-- name: note_placement
UPDATE hosts SET last_placed_at = clock_timestamp() WHERE id = :id
