-- SPDX-License-Identifier: Apache-2.0
-- What has changed. Rows are written by triggers; here they are read and forgotten. A reader sees only transactions before
-- which no other is still open, so that its position passes over nothing that commits late.

-- name: find_end_any_team
SELECT xid::text::bigint AS xid, seq FROM changes
WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY changes.xid DESC, seq DESC LIMIT 1;

-- name: find_last_any_team
SELECT xid::text::bigint AS xid, seq FROM changes
WHERE xid < pg_snapshot_xmax(pg_current_snapshot())
ORDER BY changes.xid DESC, seq DESC LIMIT 1;

-- name: find_position_any_team
SELECT xid::text::bigint AS xid, seq FROM changes
WHERE seq = :seq AND xid < pg_snapshot_xmin(pg_current_snapshot());

-- name: list_changes_any_team
SELECT xid::text::bigint AS xid, seq, team_id, user_id, audience, resource, id, action, patch FROM changes
WHERE (xid, seq) > (:after_xid::text::xid8, :after_seq::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY changes.xid, seq
LIMIT :limit;

-- name: list_missed_any_team
-- Of those teams, or about that user; all of them if there are no teams to choose from.
SELECT xid::text::bigint AS xid, seq, team_id, user_id, audience, resource, id, action, patch FROM changes
WHERE (xid, seq) > (:after_xid::text::xid8, :after_seq::bigint) AND (xid, seq) <= (:to_xid::text::xid8, :to_seq::bigint)
  AND (:teams::uuid[] IS NULL OR team_id = ANY(:teams::uuid[]) OR user_id = :user_id::uuid)
ORDER BY changes.xid, seq
LIMIT :limit;

-- name: delete_old_changes_any_team
-- Always all up to some position, and that one row stays: whoever finds the row where it stands has missed nothing that is
-- gone. Transactions of the future are those of another server, whose copy this is.
DELETE FROM changes
WHERE (xid, seq) < (SELECT c.xid, c.seq FROM changes c
                    WHERE c.at < now() - interval '10 minutes' AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
                    ORDER BY c.xid DESC, c.seq DESC LIMIT 1)
   OR xid >= pg_snapshot_xmax(pg_current_snapshot());
