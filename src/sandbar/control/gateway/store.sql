-- SPDX-License-Identifier: Apache-2.0
-- Where traffic goes, and which ports are open to everybody.

-- name: find_destination_any_team
-- A stranger asks: who owns the sandbox decides afterwards what the stranger may.
SELECT s.team_id, s.status, s.host_id, h.address AS host_address, h.cert_fingerprint AS host_fingerprint, s.traffic,
       s.link_epoch, p.is_public
FROM sandboxes s
JOIN teams t ON t.id = s.team_id AND t.deleted_at IS NULL
LEFT JOIN hosts h ON h.id = s.host_id
LEFT JOIN sandbox_ports p ON p.sandbox_id = s.id AND p.port = :port
WHERE s.id = :id;

-- name: lock_sandbox
SELECT s.team_id, s.status, s.host_id, NULL AS host_address, NULL AS host_fingerprint, s.traffic, s.link_epoch,
       NULL::boolean AS is_public
FROM sandboxes s WHERE s.id = :id AND s.team_id = :team_id FOR NO KEY UPDATE;

-- name: list_ports
SELECT p.port, p.is_public, p.updated_at
FROM sandbox_ports p JOIN sandboxes s ON s.id = p.sandbox_id
WHERE s.id = :id AND s.team_id = :team_id ORDER BY p.port;

-- name: put_port
-- No row: as many ports as may be set apart are. The sandbox is locked.
INSERT INTO sandbox_ports (sandbox_id, port, is_public, updated_by)
SELECT :id::uuid, :port::integer, :is_public::boolean, :updated_by::text
WHERE (SELECT count(*) FROM sandbox_ports WHERE sandbox_id = :id::uuid AND port <> :port::integer) < :max_ports::integer
ON CONFLICT (sandbox_id, port) DO UPDATE SET is_public = EXCLUDED.is_public, updated_by = EXCLUDED.updated_by, updated_at = now()
RETURNING port, is_public, updated_at;

-- name: delete_port
DELETE FROM sandbox_ports WHERE sandbox_id = :id AND port = :port;

-- name: revoke_links
UPDATE sandboxes SET link_epoch = link_epoch + 1, last_updated = now() WHERE id = :id AND team_id = :team_id;
