-- SPDX-License-Identifier: Apache-2.0
-- Hosts as the placement of new sandboxes sees them. A size that a host has not told yet does not limit it. Most creates find
-- a host that holds the template and that no other placement has locked: a statement of each strategy looks for those alone,
-- as many as there are creates at once, and passes locked ones over. Where there is none, the last statement looks at every
-- host, and waits for locks.

-- part: capacity
CROSS JOIN LATERAL (SELECT NULLIF(h.memory_mb, 0) * :memory_percent::bigint / 100 AS memory_mb,
                           NULLIF(h.disk_gb, 0) * 1024 * :disk_percent::bigint / 100 AS disk_mb,
                           NULLIF(h.cpu_cores, 0) * :cpu_percent::bigint / 100 AS vcpus) cap

-- part: fits
CASE WHEN CASE WHEN :is_byoc::boolean THEN h.team_id = :team_id ELSE h.type = :regular END
  AND h.id <> ALL(:excluded::uuid[])
  AND (:arch::text IS NULL OR h.arch = :arch)
  AND NOT EXISTS (SELECT FROM unnest(:tags::text[]) wanted
                  WHERE NOT EXISTS (SELECT FROM host_tags g WHERE g.host_id = h.id AND g.tag = wanted))
  AND COALESCE(l.memory_mb + :memory_mb <= cap.memory_mb, true)
  AND COALESCE(l.disk_mb + :disk_mb <= cap.disk_mb, true)
THEN true END

-- part: turn
l.last_placed_at NULLS FIRST, l.added_at, l.host_id

-- part: free_share
LEAST(1 - l.memory_mb / cap.memory_mb::float8, 1 - l.disk_mb / cap.disk_mb::float8, 1 - l.vcpus / cap.vcpus::float8)

-- part: holders
SELECT h.id, h.address, h.cert_fingerprint, LEAST((cap.memory_mb - l.memory_mb) / :memory_mb, (cap.disk_mb - l.disk_mb) / :disk_mb, :most) AS room
FROM host_load l
JOIN hosts h ON h.id = l.host_id
JOIN template_hosts t ON t.host_id = l.host_id AND t.template_id = :template_id AND t.delete_requested_at IS NULL
{capacity}
WHERE h.status = :online AND h.address <> ''
  AND {fits}

-- name: next_holders
-- The order is the index's: it reads as many hosts as it takes to find those that fit. (What fits is one expression, because
-- the planner takes several for independent, expects next to no host, and sorts them all.)
{holders}
ORDER BY {turn}
LIMIT :most
FOR UPDATE OF l SKIP LOCKED

-- name: least_loaded_holders
{holders}
ORDER BY {free_share} DESC,
         {turn}
LIMIT :most
FOR UPDATE OF l SKIP LOCKED

-- name: choose_host
-- A host without the template gets it from another first: it comes after those that can start at once.
SELECT h.id, h.address, h.cert_fingerprint, t.template_id IS NOT NULL AS holds_template
FROM host_load l
JOIN hosts h ON h.id = l.host_id
{capacity}
LEFT JOIN template_hosts t ON t.host_id = h.id AND t.template_id = :template_id AND t.delete_requested_at IS NULL
WHERE h.status = :online AND h.address <> ''
  AND (t.template_id IS NOT NULL
       OR EXISTS (SELECT FROM template_hosts o JOIN hosts oh ON oh.id = o.host_id AND oh.status IN (:online, :draining)
                  WHERE o.template_id = :template_id AND o.delete_requested_at IS NULL))
  AND {fits}
ORDER BY (t.template_id IS NOT NULL) DESC,
         CASE WHEN :strategy::text = :least_loaded
              THEN {free_share}
         END DESC,
         {turn}
LIMIT 1
FOR UPDATE OF l

-- name: vacuum_loads
-- Each placement leaves a dead entry at the begin of the index, and the next ones walk over all of them.
VACUUM (SKIP_LOCKED, TRUNCATE false, INDEX_CLEANUP on) host_load
