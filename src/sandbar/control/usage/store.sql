-- SPDX-License-Identifier: Apache-2.0
-- What teams use. Days and totals are written by change_team_totals() alone, which the trigger on sandboxes calls.

-- name: accrue
SELECT accrue_usage(:team_id)

-- name: list_days
SELECT day::text AS day, sandbox_seconds, vcpu_seconds, memory_mib_seconds, disk_mib_seconds, peak_running
FROM daily_usage
WHERE team_id = :team_id AND day BETWEEN :from::text::date AND :to::text::date
ORDER BY day

-- name: current_level
SELECT running AS running_count, running_vcpus AS vcpus_reserved, running_memory_mb + paused_memory_mb / 2 AS memory_mb_reserved
FROM team_totals WHERE team_id = :team_id

-- name: peak_level
SELECT COALESCE(max(peak_running), 0) AS running_count, COALESCE(max(peak_vcpus), 0) AS vcpus_reserved,
       COALESCE(max(peak_memory_mb), 0) AS memory_mb_reserved
FROM daily_usage WHERE team_id = :team_id AND day > (now() AT TIME ZONE 'UTC')::date - 30

-- name: list_buckets
SELECT to_timestamp(floor(extract(epoch FROM sampled_at) / :bucket_s::bigint) * :bucket_s::bigint) AS at,
       max(running_count) AS running_count, max(vcpus_reserved) AS vcpus_reserved, max(memory_mb_reserved) AS memory_mb_reserved
FROM sandbox_metrics_snapshots
WHERE team_id = :team_id AND sampled_at >= :from
GROUP BY 1 ORDER BY 1

-- name: insert_samples_any_team
-- Of teams that have something. A period that somebody has sampled already is left alone.
INSERT INTO sandbox_metrics_snapshots (team_id, sampled_at, running_count, vcpus_reserved, memory_mb_reserved)
SELECT team_id, to_timestamp(floor(extract(epoch FROM clock_timestamp()) * 1000 / :period_ms::bigint) * :period_ms::bigint / 1000),
       running, running_vcpus, running_memory_mb + paused_memory_mb / 2
FROM team_totals WHERE running > 0 OR paused_memory_mb > 0
ON CONFLICT (team_id, sampled_at) DO NOTHING

-- name: delete_samples_any_team
DELETE FROM sandbox_metrics_snapshots WHERE sampled_at < now() - :keep_ms::bigint * interval '1 millisecond'

-- name: delete_days_any_team
DELETE FROM daily_usage WHERE day < (now() - :keep_ms::bigint * interval '1 millisecond')::date
