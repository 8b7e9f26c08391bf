-- SPDX-License-Identifier: Apache-2.0
-- Measurements that hosts may not hold any more.

-- name: list_points
SELECT ts AS at, cpu_pct, mem_bytes, disk_bytes FROM sandbox_metric_points
WHERE sandbox_id = :sandbox_id AND tier = :tier ORDER BY ts

-- name: put_points
INSERT INTO sandbox_metric_points (sandbox_id, tier, ts, cpu_pct, mem_bytes, disk_bytes)
SELECT :sandbox_id, :tier, p.ts, p.cpu_pct, p.mem_bytes, p.disk_bytes
FROM unnest(:at::timestamptz[], :cpu::double precision[], :memory::bigint[], :disk::bigint[]) AS p (ts, cpu_pct, mem_bytes, disk_bytes)
ON CONFLICT (sandbox_id, tier, ts) DO UPDATE
SET cpu_pct = EXCLUDED.cpu_pct, mem_bytes = EXCLUDED.mem_bytes, disk_bytes = EXCLUDED.disk_bytes

-- name: delete_points_before
DELETE FROM sandbox_metric_points WHERE sandbox_id = :sandbox_id AND tier = :tier AND ts < :before

-- name: mark_stored
INSERT INTO sandbox_metric_marks (sandbox_id, tried_at, stored_at) VALUES (:sandbox_id, clock_timestamp(), clock_timestamp())
ON CONFLICT (sandbox_id) DO UPDATE SET tried_at = EXCLUDED.tried_at, stored_at = EXCLUDED.stored_at

-- name: claim_due_any_team
-- A host that fails to answer is asked again with the next period; meanwhile others have their turn.
WITH due AS (
  SELECT s.id, s.team_id, h.id AS host_id, h.address AS host_address, h.cert_fingerprint AS host_fingerprint
  FROM hosts h JOIN sandboxes s ON s.host_id = h.id LEFT JOIN sandbox_metric_marks m ON m.sandbox_id = s.id
  WHERE h.status = :online
    AND (s.status = :running
           AND COALESCE(m.stored_at, s.started_at) < clock_timestamp() - :period_ms::bigint * interval '1 millisecond'
         OR s.status = :paused AND COALESCE(m.stored_at < s.last_updated, true))
    AND COALESCE(m.tried_at < clock_timestamp() - :period_ms::bigint * interval '1 millisecond' OR s.status = :paused AND m.tried_at < s.last_updated, true)
  ORDER BY m.tried_at NULLS FIRST
  LIMIT :limit),
marked AS (
  INSERT INTO sandbox_metric_marks (sandbox_id, tried_at) SELECT id, clock_timestamp() FROM due
  ON CONFLICT (sandbox_id) DO UPDATE SET tried_at = EXCLUDED.tried_at)
SELECT id, team_id, host_id, host_address, host_fingerprint FROM due

-- name: delete_old_any_team
WITH old AS (
  DELETE FROM sandbox_metric_marks m USING sandboxes s
  WHERE s.id = m.sandbox_id AND s.stopped_at < now() - :keep_ms::bigint * interval '1 millisecond'
  RETURNING m.sandbox_id)
DELETE FROM sandbox_metric_points p USING old WHERE p.sandbox_id = old.sandbox_id
