-- SPDX-License-Identifier: Apache-2.0
-- name: ping
SELECT 1

-- name: count_sandboxes_any_team
SELECT status, count(*) AS count FROM sandboxes WHERE status = ANY(:holding) GROUP BY status

-- name: count_hosts
SELECT status, count(*) AS count FROM hosts GROUP BY status
