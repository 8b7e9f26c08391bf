-- SPDX-License-Identifier: Apache-2.0
-- What the database does by itself when rows change, where it is not as the migrations made it. Whenever this file has changed, it
-- is applied as a whole, after the migrations and in their transaction: what it makes may be there already.

DROP TRIGGER IF EXISTS sandboxes_load ON sandboxes;
DROP TRIGGER IF EXISTS sandboxes_load_change ON sandboxes;
DROP TRIGGER IF EXISTS sandboxes_team_totals ON sandboxes;
DROP TRIGGER IF EXISTS sandboxes_team_totals_change ON sandboxes;
DROP FUNCTION IF EXISTS count_sandbox();
DROP FUNCTION IF EXISTS count_for_team();
DROP FUNCTION IF EXISTS change_team_totals(uuid, integer, bigint, bigint, bigint, integer, bigint, bigint, bigint);

-- Sandboxes are counted once for each statement, however many rows it changes: creates of one moment are one statement.

CREATE OR REPLACE FUNCTION shares_of(gone sandboxes[], come sandboxes[])
RETURNS TABLE (host_id uuid, team_id uuid, sandboxes integer, disk_mb integer, vcpus integer, memory_mb integer, paused_memory_mb integer,
               reserved_memory_mb integer, running integer, running_vcpus integer, running_memory_mb integer)
LANGUAGE sql STABLE AS $$
  SELECT s.host_id, s.team_id, sign, sign * s.disk_mb, awake * s.vcpus, awake * s.memory_mb, (sign - awake) * s.memory_mb,
         CASE awake WHEN 0 THEN sign * (s.memory_mb / 2) ELSE sign * s.memory_mb END,
         runs, runs * s.vcpus, runs * s.memory_mb
  FROM (SELECT -1 AS sign, g.* FROM unnest(gone) g UNION ALL SELECT 1, c.* FROM unnest(come) c) s
  CROSS JOIN LATERAL (SELECT CASE s.status WHEN 'paused' THEN 0 ELSE sign END AS awake,
                             CASE WHEN s.status IN ('running', 'pausing') THEN sign ELSE 0 END AS runs) counts
  WHERE s.status NOT IN ('stopped', 'error')
$$;
COMMENT ON FUNCTION shares_of IS 'What each sandbox that is gone takes from its host and its team, and each that has come adds.';

-- Where sandboxes come to, they were placed.
CREATE OR REPLACE FUNCTION change_loads(gone sandboxes[], come sandboxes[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  changed uuid[] := ARRAY(
    SELECT s.host_id FROM shares_of(gone, come) s WHERE s.host_id IS NOT NULL GROUP BY s.host_id
    HAVING (sum(s.sandboxes), sum(s.vcpus), sum(s.reserved_memory_mb), sum(s.disk_mb)) <> (0, 0, 0, 0));
BEGIN
  IF changed = '{}' THEN
    RETURN;
  END IF;
  PERFORM FROM host_load WHERE host_id = ANY(changed) ORDER BY host_id FOR UPDATE;
  UPDATE host_load l
  SET sandboxes = l.sandboxes + d.sandboxes, vcpus = l.vcpus + d.vcpus, memory_mb = l.memory_mb + d.memory_mb, disk_mb = l.disk_mb + d.disk_mb,
      last_placed_at = CASE WHEN d.sandboxes > 0 THEN clock_timestamp() ELSE l.last_placed_at END
  FROM (SELECT s.host_id, sum(s.sandboxes) AS sandboxes, sum(s.vcpus) AS vcpus, sum(s.reserved_memory_mb) AS memory_mb, sum(s.disk_mb) AS disk_mb
        FROM shares_of(gone, come) s GROUP BY s.host_id) d
  WHERE l.host_id = d.host_id AND l.host_id = ANY(changed);
END $$;

-- Adds to the days of these teams what their present totals have used since they were last accrued, and then changes the totals.
-- It locks them, so each moment is counted once, by whoever comes first.
CREATE OR REPLACE FUNCTION change_totals(teams uuid[], gone sandboxes[], come sandboxes[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  upto timestamptz;
BEGIN
  PERFORM FROM team_totals WHERE team_id = ANY(teams) ORDER BY team_id FOR UPDATE;
  upto := clock_timestamp();
  INSERT INTO daily_usage AS d
  SELECT t.team_id, day::date, secs * t.running, secs * t.running_vcpus, secs * t.running_memory_mb, secs * t.disk_mb,
         t.running, t.running_vcpus, t.running_memory_mb + t.paused_memory_mb / 2
  FROM team_totals t
  CROSS JOIN LATERAL generate_series(date_trunc('day', t.accrued_at AT TIME ZONE 'UTC'), upto AT TIME ZONE 'UTC', interval '1 day') AS day
  CROSS JOIN LATERAL (SELECT extract(epoch FROM LEAST(upto, (day + interval '1 day') AT TIME ZONE 'UTC')
                                                - GREATEST(t.accrued_at, day AT TIME ZONE 'UTC'))::double precision AS secs) held
  WHERE t.team_id = ANY(teams) AND t.sandboxes > 0 AND secs > 0
  ON CONFLICT (team_id, day) DO UPDATE SET
    sandbox_seconds = d.sandbox_seconds + EXCLUDED.sandbox_seconds,
    vcpu_seconds = d.vcpu_seconds + EXCLUDED.vcpu_seconds,
    memory_mib_seconds = d.memory_mib_seconds + EXCLUDED.memory_mib_seconds,
    disk_mib_seconds = d.disk_mib_seconds + EXCLUDED.disk_mib_seconds,
    peak_running = GREATEST(d.peak_running, EXCLUDED.peak_running),
    peak_vcpus = GREATEST(d.peak_vcpus, EXCLUDED.peak_vcpus),
    peak_memory_mb = GREATEST(d.peak_memory_mb, EXCLUDED.peak_memory_mb);
  UPDATE team_totals t
  SET accrued_at = GREATEST(t.accrued_at, upto),
      sandboxes = t.sandboxes + d.sandboxes, disk_mb = t.disk_mb + d.disk_mb, vcpus = t.vcpus + d.vcpus, memory_mb = t.memory_mb + d.memory_mb,
      running = t.running + d.running, running_vcpus = t.running_vcpus + d.running_vcpus,
      running_memory_mb = t.running_memory_mb + d.running_memory_mb, paused_memory_mb = t.paused_memory_mb + d.paused_memory_mb
  FROM (SELECT one.team_id, COALESCE(sum(s.sandboxes), 0) AS sandboxes, COALESCE(sum(s.disk_mb), 0) AS disk_mb,
               COALESCE(sum(s.vcpus), 0) AS vcpus, COALESCE(sum(s.memory_mb), 0) AS memory_mb,
               COALESCE(sum(s.running), 0) AS running, COALESCE(sum(s.running_vcpus), 0) AS running_vcpus,
               COALESCE(sum(s.running_memory_mb), 0) AS running_memory_mb, COALESCE(sum(s.paused_memory_mb), 0) AS paused_memory_mb
        FROM unnest(teams) AS one (team_id) LEFT JOIN shares_of(gone, come) s ON s.team_id = one.team_id
        GROUP BY one.team_id) d
  WHERE t.team_id = d.team_id;
END $$;
COMMENT ON TABLE daily_usage IS 'What teams used, by day. Written by change_totals() only.';

CREATE OR REPLACE FUNCTION accrue_usage(of_team uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM change_totals(ARRAY[of_team], '{}', '{}');
END $$;

-- Whoever changes sandboxes locks their hosts first, as placement does, and then their teams, each in the order of their ids. The
-- plans do not depend on how many there are, and making them anew would cost more than all the rest.
CREATE OR REPLACE FUNCTION count_sandboxes() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  gone  sandboxes[] := '{}';
  come  sandboxes[] := '{}';
  teams uuid[];
BEGIN
  IF TG_OP <> 'INSERT' THEN
    gone := ARRAY(SELECT s::sandboxes FROM old_rows s);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    come := ARRAY(SELECT s::sandboxes FROM new_rows s);
  END IF;
  PERFORM change_loads(gone, come);
  teams := ARRAY(
    SELECT s.team_id FROM shares_of(gone, come) s GROUP BY s.team_id
    HAVING (sum(s.sandboxes), sum(s.disk_mb), sum(s.vcpus), sum(s.memory_mb), sum(s.running), sum(s.running_vcpus), sum(s.running_memory_mb),
            sum(s.paused_memory_mb)) <> (0, 0, 0, 0, 0, 0, 0, 0));
  IF teams <> '{}' THEN
    PERFORM change_totals(teams, gone, come);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sandboxes_count AFTER INSERT ON sandboxes REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_sandboxes();
CREATE OR REPLACE TRIGGER sandboxes_count_change AFTER UPDATE ON sandboxes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_sandboxes();
CREATE OR REPLACE TRIGGER sandboxes_count_removal AFTER DELETE ON sandboxes REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_sandboxes();

-- As need_live_team(), for many rows at once. The foreign key has waited for a deletion that was under way.
CREATE OR REPLACE FUNCTION need_live_teams() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  deleted uuid := (SELECT t.id FROM teams t WHERE t.id IN (SELECT team_id FROM new_rows) AND t.deleted_at IS NOT NULL LIMIT 1);
BEGIN
  IF deleted IS NOT NULL THEN
    RAISE EXCEPTION 'team % is not live', deleted USING ERRCODE = 'SB001';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sandboxes_live_team AFTER INSERT ON sandboxes REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION need_live_teams();

-- Changes of many rows at once are noted by one statement.

CREATE OR REPLACE FUNCTION note_new_sandboxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action, patch)
  SELECT team_id, 'sandbox', id, 'created', jsonb_build_object('status', status) FROM new_rows;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sandboxes_note AFTER INSERT ON sandboxes REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_new_sandboxes();

CREATE OR REPLACE FUNCTION note_changed_sandboxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action, patch)
  SELECT team_id, 'sandbox', id, 'updated', jsonb_build_object('status', status)
  FROM (SELECT id, team_id, status, status_cause, host_id, timeout_sec, on_timeout, metadata, network, traffic FROM new_rows
        EXCEPT
        SELECT id, team_id, status, status_cause, host_id, timeout_sec, on_timeout, metadata, network, traffic FROM old_rows) changed;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sandboxes_note_update AFTER UPDATE ON sandboxes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_changed_sandboxes();

CREATE OR REPLACE FUNCTION note_removed_sandboxes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action) SELECT team_id, 'sandbox', id, 'deleted' FROM old_rows;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sandboxes_note_removal AFTER DELETE ON sandboxes REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_removed_sandboxes();

CREATE OR REPLACE FUNCTION note_audit_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, audience, resource, id, action)
  SELECT team_id, CASE scope WHEN 'team' THEN 'team' ELSE 'managers' END, 'audit', id, 'created' FROM new_rows;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER audit_logs_note AFTER INSERT ON audit_logs REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_audit_entries();
DROP FUNCTION IF EXISTS note_audit_entry();
