-- Printed by control_schema_test with SANDBAR_WRITE_SCHEMA=1.
CREATE FUNCTION public.accrue_usage(of_team uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM change_totals(ARRAY[of_team], '{}', '{}');
END $$;
CREATE FUNCTION public.add_host_load() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO host_load (host_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE FUNCTION public.append_audit(entries jsonb, at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  WITH logged AS (
    INSERT INTO audit_logs (id, team_id, actor_type, actor_id, actor_name, resource_type, resource_id, action, scope, status,
                            metadata, source_ip, user_agent, created_at)
    SELECT (e->>'id')::uuid, (e->>'team_id')::uuid, e->>'actor_type', e->>'actor_id', e->>'actor_name', e->>'resource_type',
           e->>'resource_id', e->>'action', e->>'scope', e->>'status', e->'metadata', e->>'source_ip', e->>'user_agent',
           COALESCE(at, clock_timestamp())
    FROM jsonb_array_elements(entries) e
    RETURNING id, team_id)
  INSERT INTO audit_unsealed (log_id, team_id) SELECT id, team_id FROM logged;
END $$;
COMMENT ON FUNCTION public.append_audit(entries jsonb, at timestamp with time zone) IS 'Adds entries to the audit log; NULL: each at the time of its insertion.';
CREATE FUNCTION public.begin_team_totals() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO team_totals (team_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TABLE public.sandboxes (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    host_id uuid,
    template_id uuid,
    template text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    status_cause text DEFAULT ''::text NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    vcpus integer NOT NULL,
    memory_mb integer NOT NULL,
    disk_mb integer NOT NULL,
    timeout_sec bigint DEFAULT 0 NOT NULL,
    on_timeout text DEFAULT 'pause'::text NOT NULL,
    expires_at timestamp with time zone,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    network jsonb DEFAULT '{}'::jsonb NOT NULL,
    traffic jsonb DEFAULT '{}'::jsonb NOT NULL,
    link_epoch bigint DEFAULT 0 NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    last_active_at timestamp with time zone,
    stopped_at timestamp with time zone,
    last_updated timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sandboxes_disk_mb_check CHECK ((disk_mb > 0)),
    CONSTRAINT sandboxes_memory_mb_check CHECK ((memory_mb > 0)),
    CONSTRAINT sandboxes_on_timeout_check CHECK ((on_timeout = ANY (ARRAY['pause'::text, 'destroy'::text]))),
    CONSTRAINT sandboxes_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'starting'::text, 'running'::text, 'pausing'::text, 'paused'::text, 'resuming'::text, 'stopping'::text, 'stopped'::text, 'missing'::text, 'error'::text]))),
    CONSTRAINT sandboxes_timeout_sec_check CHECK ((timeout_sec >= 0)),
    CONSTRAINT sandboxes_vcpus_check CHECK ((vcpus > 0))
);
COMMENT ON TABLE public.sandboxes IS 'Isolated virtual machines, live and past. Their environment variables are not stored.';
COMMENT ON COLUMN public.sandboxes.id IS 'wire form sb-{uuid}';
COMMENT ON COLUMN public.sandboxes.team_id IS 'owner';
COMMENT ON COLUMN public.sandboxes.host_id IS 'where it is, or was';
COMMENT ON COLUMN public.sandboxes.template_id IS 'what it started from';
COMMENT ON COLUMN public.sandboxes.template IS 'name of that template when the sandbox was made';
COMMENT ON COLUMN public.sandboxes.status IS 'see SandboxState';
COMMENT ON COLUMN public.sandboxes.status_cause IS 'why it is in this status, for people';
COMMENT ON COLUMN public.sandboxes.epoch IS 'of the last agent report that was applied; grows with each change on the agent';
COMMENT ON COLUMN public.sandboxes.vcpus IS 'count';
COMMENT ON COLUMN public.sandboxes.memory_mb IS 'MiB';
COMMENT ON COLUMN public.sandboxes.disk_mb IS 'MiB';
COMMENT ON COLUMN public.sandboxes.timeout_sec IS 'seconds without activity; 0: none';
COMMENT ON COLUMN public.sandboxes.on_timeout IS 'what the agent does then';
COMMENT ON COLUMN public.sandboxes.expires_at IS 'UTC; when that happens without further activity, as the agent said last';
COMMENT ON COLUMN public.sandboxes.metadata IS 'the user''s own labels: text to text';
COMMENT ON COLUMN public.sandboxes.network IS 'egress policy: egress, allow_cidrs, deny_cidrs';
COMMENT ON COLUMN public.sandboxes.traffic IS 'see TrafficRules';
COMMENT ON COLUMN public.sandboxes.link_epoch IS 'count of revocations; links and traffic tokens of an earlier epoch are void';
COMMENT ON COLUMN public.sandboxes.created_by IS 'wire id of the user or key that made it';
COMMENT ON COLUMN public.sandboxes.created_at IS 'UTC';
COMMENT ON COLUMN public.sandboxes.started_at IS 'UTC; when it ran for the first time';
COMMENT ON COLUMN public.sandboxes.last_active_at IS 'UTC';
COMMENT ON COLUMN public.sandboxes.stopped_at IS 'UTC';
COMMENT ON COLUMN public.sandboxes.last_updated IS 'UTC; last change of the row';
CREATE FUNCTION public.change_loads(gone public.sandboxes[], come public.sandboxes[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.change_totals(teams uuid[], gone public.sandboxes[], come public.sandboxes[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.count_sandboxes() RETURNS trigger
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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
CREATE FUNCTION public.drain_audit_spill(most integer) RETURNS integer
    LANGUAGE plpgsql
    SET lock_timeout TO '250ms'
    AS $$
DECLARE
  spilled record;
  drained integer := 0;
BEGIN
  FOR spilled IN SELECT * FROM audit_spill ORDER BY attempts, position LIMIT most FOR UPDATE SKIP LOCKED LOOP
    BEGIN
      PERFORM append_audit(spilled.entries, spilled.created_at);
      DELETE FROM audit_spill WHERE position = spilled.position;
      drained := drained + 1;
    EXCEPTION WHEN OTHERS THEN
      UPDATE audit_spill SET attempts = attempts + 1, failure = SQLSTATE || ' ' || SQLERRM WHERE position = spilled.position;
    END;
  END LOOP;
  RETURN drained;
END $$;
COMMENT ON FUNCTION public.drain_audit_spill(most integer) IS 'Moves spilled entries into the audit log, as far as it takes them; answers how many.';
CREATE FUNCTION public.fill_slug() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  NEW.slug := COALESCE(NEW.slug, substr(md5(NEW.id::text), 1, 6) || '-' || substr(md5(NEW.id::text), 7, 6));
  RETURN NEW;
END $$;
CREATE FUNCTION public.need_live_team() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM FROM teams WHERE id = NEW.team_id AND deleted_at IS NULL FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'team % is not live', NEW.team_id USING ERRCODE = 'SB001';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION public.need_live_teams() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  deleted uuid := (SELECT t.id FROM teams t WHERE t.id IN (SELECT team_id FROM new_rows) AND t.deleted_at IS NOT NULL LIMIT 1);
BEGIN
  IF deleted IS NOT NULL THEN
    RAISE EXCEPTION 'team % is not live', deleted USING ERRCODE = 'SB001';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_audit_entries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, audience, resource, id, action)
  SELECT team_id, CASE scope WHEN 'team' THEN 'team' ELSE 'managers' END, 'audit', id, 'created' FROM new_rows;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO changes (team_id, audience, resource, id, action) VALUES (OLD.team_id, TG_ARGV[1], TG_ARGV[0], OLD.id, 'deleted');
  ELSE
    INSERT INTO changes (team_id, audience, resource, id, action)
    VALUES (NEW.team_id, TG_ARGV[1], TG_ARGV[0], NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'updated' END);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_change_of_status() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO changes (team_id, resource, id, action) VALUES (OLD.team_id, TG_ARGV[0], OLD.id, 'deleted');
  ELSE
    INSERT INTO changes (team_id, resource, id, action, patch)
    VALUES (NEW.team_id, TG_ARGV[0], NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'updated' END,
            jsonb_build_object('status', NEW.status));
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_changed_sandboxes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action, patch)
  SELECT team_id, 'sandbox', id, 'updated', jsonb_build_object('status', status)
  FROM (SELECT id, team_id, status, status_cause, host_id, timeout_sec, on_timeout, metadata, network, traffic FROM new_rows
        EXCEPT
        SELECT id, team_id, status, status_cause, host_id, timeout_sec, on_timeout, metadata, network, traffic FROM old_rows) changed;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_host_tag() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action)
  SELECT team_id, 'host', id, 'updated' FROM hosts WHERE id = COALESCE(NEW.host_id, OLD.host_id);
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_invitation() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, user_id, audience, resource, id, action)
  VALUES (COALESCE(NEW.team_id, OLD.team_id), (SELECT u.id FROM users u WHERE u.email = COALESCE(NEW.email, OLD.email)),
          'managers', 'invitation', COALESCE(NEW.id, OLD.id),
          CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END);
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_member() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO changes (team_id, user_id, resource, id, action) VALUES (OLD.team_id, OLD.user_id, 'member', OLD.user_id, 'deleted');
  ELSE
    INSERT INTO changes (team_id, user_id, resource, id, action)
    VALUES (NEW.team_id, NEW.user_id, 'member', NEW.user_id, CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'updated' END);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_new_sandboxes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action, patch)
  SELECT team_id, 'sandbox', id, 'created', jsonb_build_object('status', status) FROM new_rows;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_removed_sandboxes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action) SELECT team_id, 'sandbox', id, 'deleted' FROM old_rows;
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_removed_user() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (user_id, resource, id, action) VALUES (OLD.id, 'user', OLD.id, 'deleted');
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_team() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action)
  VALUES (NEW.id, 'team', NEW.id,
          CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.deleted_at IS NULL THEN 'updated' ELSE 'deleted' END);
  RETURN NULL;
END $$;
CREATE FUNCTION public.note_user() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO changes (team_id, user_id, resource, id, action)
  SELECT NULL, NEW.id, 'user', NEW.id,
         CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.status = 'deleted' THEN 'deleted' ELSE 'updated' END
  UNION ALL
  SELECT m.team_id, NEW.id, 'member', NEW.id, 'updated' FROM users_teams m WHERE m.user_id = NEW.id;
  RETURN NULL;
END $$;
CREATE FUNCTION public.record_audit(entries jsonb) RETURNS text
    LANGUAGE plpgsql
    SET lock_timeout TO '250ms'
    AS $$
DECLARE
  why text;
BEGIN
  BEGIN
    PERFORM append_audit(entries, NULL);
    RETURN '';
  EXCEPTION WHEN OTHERS THEN
    why := SQLSTATE || ' ' || SQLERRM;
  END;
  BEGIN
    INSERT INTO audit_spill (entries, failure) VALUES (record_audit.entries, why);
    RETURN 'spilled: ' || why;
  EXCEPTION WHEN OTHERS THEN
    RETURN 'lost: ' || why || '; ' || SQLSTATE || ' ' || SQLERRM;
  END;
END $$;
COMMENT ON FUNCTION public.record_audit(entries jsonb) IS 'Adds entries to the audit log without ever failing the transaction or waiting long: what the log refuses is spilled.';
CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION public.refuse_other_slug() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'the slug of a team does not change' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION public.shares_of(gone public.sandboxes[], come public.sandboxes[]) RETURNS TABLE(host_id uuid, team_id uuid, sandboxes integer, disk_mb integer, vcpus integer, memory_mb integer, paused_memory_mb integer, reserved_memory_mb integer, running integer, running_vcpus integer, running_memory_mb integer)
    LANGUAGE sql STABLE
    AS $$
  SELECT s.host_id, s.team_id, sign, sign * s.disk_mb, awake * s.vcpus, awake * s.memory_mb, (sign - awake) * s.memory_mb,
         CASE awake WHEN 0 THEN sign * (s.memory_mb / 2) ELSE sign * s.memory_mb END,
         runs, runs * s.vcpus, runs * s.memory_mb
  FROM (SELECT -1 AS sign, g.* FROM unnest(gone) g UNION ALL SELECT 1, c.* FROM unnest(come) c) s
  CROSS JOIN LATERAL (SELECT CASE s.status WHEN 'paused' THEN 0 ELSE sign END AS awake,
                             CASE WHEN s.status IN ('running', 'pausing') THEN sign ELSE 0 END AS runs) counts
  WHERE s.status NOT IN ('stopped', 'error')
$$;
COMMENT ON FUNCTION public.shares_of(gone public.sandboxes[], come public.sandboxes[]) IS 'What each sandbox that is gone takes from its host and its team, and each that has come adds.';
CREATE TABLE public.admin_permissions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    permission text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.admin_permissions IS 'Single rights of platform staff who are not admins.';
COMMENT ON COLUMN public.admin_permissions.id IS 'wire form perm-{uuid}';
COMMENT ON COLUMN public.admin_permissions.user_id IS 'who has the right';
COMMENT ON COLUMN public.admin_permissions.permission IS 'name of the right';
COMMENT ON COLUMN public.admin_permissions.created_at IS 'UTC';
CREATE TABLE public.audit_chain (
    team_id uuid NOT NULL,
    seq bigint NOT NULL,
    log_id uuid NOT NULL,
    hash text NOT NULL,
    sealed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_chain_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT audit_chain_seq_check CHECK ((seq > 0))
);
COMMENT ON TABLE public.audit_chain IS 'The entries of each team, numbered and chained: a changed, removed or added entry shows.';
COMMENT ON COLUMN public.audit_chain.team_id IS 'whose chain';
COMMENT ON COLUMN public.audit_chain.seq IS 'from 1, without gaps';
COMMENT ON COLUMN public.audit_chain.log_id IS 'the entry';
COMMENT ON COLUMN public.audit_chain.hash IS 'SHA-256 over the hash before it and the entry''s digest, hex';
COMMENT ON COLUMN public.audit_chain.sealed_at IS 'UTC';
CREATE TABLE public.audit_heads (
    team_id uuid NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL
);
COMMENT ON TABLE public.audit_heads IS 'Where each chain ends.';
COMMENT ON COLUMN public.audit_heads.team_id IS 'whose chain';
COMMENT ON COLUMN public.audit_heads.seq IS 'of its last entry';
COMMENT ON COLUMN public.audit_heads.hash IS 'of its last entry';
CREATE TABLE public.audit_logs (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    actor_type text NOT NULL,
    actor_id text,
    actor_name text DEFAULT ''::text NOT NULL,
    resource_type text NOT NULL,
    resource_id text,
    action text NOT NULL,
    event text GENERATED ALWAYS AS (((resource_type || '.'::text) || action)) STORED NOT NULL,
    scope text DEFAULT 'team'::text NOT NULL,
    status text DEFAULT 'success'::text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    source_ip text DEFAULT ''::text NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT audit_logs_actor_type_check CHECK ((actor_type = ANY (ARRAY['user'::text, 'api_key'::text, 'system'::text]))),
    CONSTRAINT audit_logs_scope_check CHECK ((scope = ANY (ARRAY['team'::text, 'admin'::text]))),
    CONSTRAINT audit_logs_status_check CHECK ((status = ANY (ARRAY['success'::text, 'info'::text, 'warning'::text, 'error'::text])))
);
COMMENT ON TABLE public.audit_logs IS 'Who did what. Rows are never changed or removed.';
COMMENT ON COLUMN public.audit_logs.id IS 'wire form log-{uuid}';
COMMENT ON COLUMN public.audit_logs.team_id IS 'whose log';
COMMENT ON COLUMN public.audit_logs.actor_type IS 'see ActorType';
COMMENT ON COLUMN public.audit_logs.actor_id IS 'wire id; NULL for the system';
COMMENT ON COLUMN public.audit_logs.actor_name IS 'name at that time';
COMMENT ON COLUMN public.audit_logs.resource_type IS '"sandbox", "team", …';
COMMENT ON COLUMN public.audit_logs.resource_id IS 'wire id, or the name of a template';
COMMENT ON COLUMN public.audit_logs.action IS '"create", "rename", …';
COMMENT ON COLUMN public.audit_logs.event IS 'both of them, as filters and webhooks name them: "sandbox.create"';
COMMENT ON COLUMN public.audit_logs.scope IS 'admin entries are for owners and admins';
COMMENT ON COLUMN public.audit_logs.status IS 'how grave it is';
COMMENT ON COLUMN public.audit_logs.metadata IS 'details';
COMMENT ON COLUMN public.audit_logs.source_ip IS 'address of the caller';
COMMENT ON COLUMN public.audit_logs.user_agent IS 'what the caller says it is, at most 256 characters';
COMMENT ON COLUMN public.audit_logs.created_at IS 'UTC';
CREATE TABLE public.audit_spill (
    "position" bigint NOT NULL,
    entries jsonb NOT NULL,
    failure text NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE public.audit_spill IS 'Entries that the audit log refused, kept with the change that they tell of until it takes them.';
COMMENT ON COLUMN public.audit_spill."position" IS 'order of arrival';
COMMENT ON COLUMN public.audit_spill.entries IS 'array of objects with the columns of audit_logs';
COMMENT ON COLUMN public.audit_spill.failure IS 'what the database said last';
COMMENT ON COLUMN public.audit_spill.attempts IS 'count';
COMMENT ON COLUMN public.audit_spill.created_at IS 'UTC; becomes the time of the entries';
ALTER TABLE public.audit_spill ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_spill_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.audit_unsealed (
    "position" bigint NOT NULL,
    log_id uuid NOT NULL,
    team_id uuid NOT NULL
);
COMMENT ON TABLE public.audit_unsealed IS 'Entries of the audit log that wait to be put on their team''s chain.';
COMMENT ON COLUMN public.audit_unsealed."position" IS 'order of arrival';
COMMENT ON COLUMN public.audit_unsealed.log_id IS 'the entry';
COMMENT ON COLUMN public.audit_unsealed.team_id IS 'its team';
ALTER TABLE public.audit_unsealed ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_unsealed_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.authorities (
    name text NOT NULL,
    certificate_pem text NOT NULL,
    encrypted_key text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.authorities IS 'The certificate authority that signs the agents'' certificates.';
COMMENT ON COLUMN public.authorities.name IS '"hosts"';
COMMENT ON COLUMN public.authorities.certificate_pem IS 'PEM';
COMMENT ON COLUMN public.authorities.encrypted_key IS 'private key, secretbox under a key derived from the installation''s secret, base64';
COMMENT ON COLUMN public.authorities.created_at IS 'UTC';
CREATE TABLE public.changes (
    seq bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    team_id uuid,
    user_id uuid,
    audience text DEFAULT 'team'::text NOT NULL,
    resource text NOT NULL,
    id uuid NOT NULL,
    action text NOT NULL,
    patch jsonb,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT changes_action_check CHECK ((action = ANY (ARRAY['created'::text, 'updated'::text, 'deleted'::text]))),
    CONSTRAINT changes_audience_check CHECK ((audience = ANY (ARRAY['team'::text, 'managers'::text])))
);
COMMENT ON TABLE public.changes IS 'What has changed in the last minutes. Written by triggers only.';
COMMENT ON COLUMN public.changes.seq IS 'names the change to those who heard of it; no order by itself';
COMMENT ON COLUMN public.changes.xid IS 'the transaction that changed it';
COMMENT ON COLUMN public.changes.team_id IS 'whose members may know; NULL: the platform''s';
COMMENT ON COLUMN public.changes.user_id IS 'whom it is about, who may know too';
COMMENT ON COLUMN public.changes.audience IS 'see Audience: all members of the team, or its owners and admins';
COMMENT ON COLUMN public.changes.resource IS '"sandbox", "host", …: see kPrefixes';
COMMENT ON COLUMN public.changes.id IS 'of what has changed';
COMMENT ON COLUMN public.changes.action IS 'see Action';
COMMENT ON COLUMN public.changes.patch IS 'members of its view that are new, if they are few';
COMMENT ON COLUMN public.changes.at IS 'UTC';
ALTER TABLE public.changes ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.changes_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.control_replicas (
    id uuid NOT NULL,
    tunnel_url text NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT control_replicas_tunnel_url_check CHECK (((char_length(tunnel_url) >= 1) AND (char_length(tunnel_url) <= 300)))
);
COMMENT ON TABLE public.control_replicas IS 'Running processes of control that agents behind NAT connect to.';
COMMENT ON COLUMN public.control_replicas.id IS 'one start of one process';
COMMENT ON COLUMN public.control_replicas.tunnel_url IS 'where agents reach this very process';
COMMENT ON COLUMN public.control_replicas.seen_at IS 'UTC; when the process last said that it runs';
CREATE TABLE public.daily_usage (
    team_id uuid NOT NULL,
    day date NOT NULL,
    sandbox_seconds double precision NOT NULL,
    vcpu_seconds double precision NOT NULL,
    memory_mib_seconds double precision NOT NULL,
    disk_mib_seconds double precision NOT NULL,
    peak_running bigint NOT NULL,
    peak_vcpus bigint NOT NULL,
    peak_memory_mb bigint NOT NULL
);
COMMENT ON TABLE public.daily_usage IS 'What teams used, by day. Written by change_totals() only.';
COMMENT ON COLUMN public.daily_usage.team_id IS 'who used it';
COMMENT ON COLUMN public.daily_usage.day IS 'of UTC';
COMMENT ON COLUMN public.daily_usage.sandbox_seconds IS 'seconds, over all running sandboxes';
COMMENT ON COLUMN public.daily_usage.vcpu_seconds IS 'seconds times vCPUs, of running sandboxes';
COMMENT ON COLUMN public.daily_usage.memory_mib_seconds IS 'seconds times MiB, of running sandboxes';
COMMENT ON COLUMN public.daily_usage.disk_mib_seconds IS 'seconds times MiB, of live sandboxes';
COMMENT ON COLUMN public.daily_usage.peak_running IS 'count; most that ran at a time';
COMMENT ON COLUMN public.daily_usage.peak_vcpus IS 'count; most that ran at a time';
COMMENT ON COLUMN public.daily_usage.peak_memory_mb IS 'MiB; most that was reserved at a time, paused sandboxes counting half';
CREATE TABLE public.host_load (
    host_id uuid NOT NULL,
    sandboxes integer DEFAULT 0 NOT NULL,
    vcpus integer DEFAULT 0 NOT NULL,
    memory_mb bigint DEFAULT 0 NOT NULL,
    disk_mb bigint DEFAULT 0 NOT NULL,
    last_placed_at timestamp with time zone,
    added_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE public.host_load IS 'What the sandboxes of each host are promised, kept by triggers; a placement holds the row of its host until its sandbox is inserted.';
COMMENT ON COLUMN public.host_load.host_id IS 'the host';
COMMENT ON COLUMN public.host_load.sandboxes IS 'count of those that are not stopped or failed';
COMMENT ON COLUMN public.host_load.vcpus IS 'count, of those and not paused';
COMMENT ON COLUMN public.host_load.memory_mb IS 'MiB; a paused sandbox counts half, so that most can come back';
COMMENT ON COLUMN public.host_load.disk_mb IS 'MiB';
COMMENT ON COLUMN public.host_load.last_placed_at IS 'UTC; when a sandbox was placed here last (round robin)';
COMMENT ON COLUMN public.host_load.added_at IS 'UTC; the order of hosts where none was placed yet';
CREATE TABLE public.host_refresh_tokens (
    id uuid NOT NULL,
    host_id uuid NOT NULL,
    family_id uuid NOT NULL,
    token_hash text NOT NULL,
    replaces uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT host_refresh_tokens_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.host_refresh_tokens IS 'Tokens with which an agent renews its credentials; each use replaces the token by a successor that the agent proposes.';
COMMENT ON COLUMN public.host_refresh_tokens.id IS 'wire form hrt-{uuid}';
COMMENT ON COLUMN public.host_refresh_tokens.host_id IS 'whose token';
COMMENT ON COLUMN public.host_refresh_tokens.family_id IS 'the registration that this token descends from';
COMMENT ON COLUMN public.host_refresh_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN public.host_refresh_tokens.replaces IS 'the token before this one in the family';
COMMENT ON COLUMN public.host_refresh_tokens.created_at IS 'UTC';
COMMENT ON COLUMN public.host_refresh_tokens.expires_at IS 'UTC';
COMMENT ON COLUMN public.host_refresh_tokens.revoked_at IS 'UTC; replaced, or revoked with its family';
CREATE TABLE public.host_registration_tokens (
    id uuid NOT NULL,
    host_id uuid NOT NULL,
    token_hash text NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT host_registration_tokens_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.host_registration_tokens IS 'One-time tokens with which an agent becomes a host.';
COMMENT ON COLUMN public.host_registration_tokens.id IS 'wire form htok-{uuid}';
COMMENT ON COLUMN public.host_registration_tokens.host_id IS 'the host that it makes of the agent';
COMMENT ON COLUMN public.host_registration_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN public.host_registration_tokens.created_by IS 'who asked for it';
COMMENT ON COLUMN public.host_registration_tokens.created_at IS 'UTC';
COMMENT ON COLUMN public.host_registration_tokens.expires_at IS 'UTC';
COMMENT ON COLUMN public.host_registration_tokens.used_at IS 'UTC; used, or superseded by a newer token';
CREATE TABLE public.host_tags (
    host_id uuid NOT NULL,
    tag text NOT NULL,
    CONSTRAINT host_tags_tag_check CHECK (((char_length(tag) >= 1) AND (char_length(tag) <= 64)))
);
COMMENT ON TABLE public.host_tags IS 'Labels of hosts.';
COMMENT ON COLUMN public.host_tags.host_id IS 'the host';
COMMENT ON COLUMN public.host_tags.tag IS 'the label';
CREATE TABLE public.hosts (
    id uuid NOT NULL,
    type text NOT NULL,
    team_id uuid,
    provider text DEFAULT ''::text NOT NULL,
    availability_zone text DEFAULT ''::text NOT NULL,
    arch text DEFAULT ''::text NOT NULL,
    cpu_cores integer DEFAULT 0 NOT NULL,
    memory_mb integer DEFAULT 0 NOT NULL,
    disk_gb integer DEFAULT 0 NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    cert_fingerprint text DEFAULT ''::text NOT NULL,
    cert_expires_at timestamp with time zone,
    status text DEFAULT 'pending'::text NOT NULL,
    agent_version text DEFAULT ''::text NOT NULL,
    running integer DEFAULT 0 NOT NULL,
    paused integer DEFAULT 0 NOT NULL,
    registered_at timestamp with time zone,
    reached_at timestamp with time zone,
    draining_since timestamp with time zone,
    last_heartbeat_at timestamp with time zone,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT hosts_availability_zone_check CHECK ((char_length(availability_zone) <= 100)),
    CONSTRAINT hosts_cpu_cores_check CHECK ((cpu_cores >= 0)),
    CONSTRAINT hosts_disk_gb_check CHECK ((disk_gb >= 0)),
    CONSTRAINT hosts_memory_mb_check CHECK ((memory_mb >= 0)),
    CONSTRAINT hosts_provider_check CHECK ((char_length(provider) <= 100)),
    CONSTRAINT hosts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'online'::text, 'unreachable'::text, 'draining'::text]))),
    CONSTRAINT hosts_team_check CHECK (((type = 'byoc'::text) = (team_id IS NOT NULL))),
    CONSTRAINT hosts_type_check CHECK ((type = ANY (ARRAY['regular'::text, 'byoc'::text])))
);
COMMENT ON TABLE public.hosts IS 'Machines that run sandboxes.';
COMMENT ON COLUMN public.hosts.id IS 'wire form host-{uuid}';
COMMENT ON COLUMN public.hosts.type IS 'of the platform, or of one team';
COMMENT ON COLUMN public.hosts.team_id IS 'owner of a byoc host';
COMMENT ON COLUMN public.hosts.provider IS 'free text';
COMMENT ON COLUMN public.hosts.availability_zone IS 'free text';
COMMENT ON COLUMN public.hosts.arch IS '"amd64", "arm64", as the agent reports';
COMMENT ON COLUMN public.hosts.cpu_cores IS 'count, as the agent reports';
COMMENT ON COLUMN public.hosts.memory_mb IS 'MiB, as the agent reports';
COMMENT ON COLUMN public.hosts.disk_gb IS 'GiB, as the agent reports';
COMMENT ON COLUMN public.hosts.address IS 'host:port where control reaches the agent, or "tunnel" if the agent dials out; empty before registration';
COMMENT ON COLUMN public.hosts.cert_fingerprint IS 'SHA-256 of the agent''s certificate, hex, and after commas those of its last ones for the same key; control accepts no other';
COMMENT ON COLUMN public.hosts.cert_expires_at IS 'UTC';
COMMENT ON COLUMN public.hosts.status IS 'see HostState';
COMMENT ON COLUMN public.hosts.agent_version IS 'as the last heartbeat said';
COMMENT ON COLUMN public.hosts.running IS 'count of running sandboxes, as the last heartbeat said';
COMMENT ON COLUMN public.hosts.paused IS 'count of paused sandboxes, as the last heartbeat said';
COMMENT ON COLUMN public.hosts.registered_at IS 'UTC; when the agent registered last; empty while it must register';
COMMENT ON COLUMN public.hosts.reached_at IS 'UTC; when control first reached the agent since it registered';
COMMENT ON COLUMN public.hosts.draining_since IS 'UTC; set: no new sandboxes';
COMMENT ON COLUMN public.hosts.last_heartbeat_at IS 'UTC';
COMMENT ON COLUMN public.hosts.metadata IS 'free';
COMMENT ON COLUMN public.hosts.created_by IS 'who made it';
COMMENT ON COLUMN public.hosts.created_at IS 'UTC';
COMMENT ON COLUMN public.hosts.updated_at IS 'UTC; last change of anything but heartbeats';
CREATE TABLE public.idempotency_keys (
    actor text NOT NULL,
    key text NOT NULL,
    request_hash text NOT NULL,
    status integer,
    content_type text DEFAULT ''::text NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 255)))
);
COMMENT ON TABLE public.idempotency_keys IS 'Answers to creating requests, so that a repeated request gets the same answer.';
COMMENT ON COLUMN public.idempotency_keys.actor IS 'who sent the request: wire id of key or user, and team';
COMMENT ON COLUMN public.idempotency_keys.key IS 'as the client chose it';
COMMENT ON COLUMN public.idempotency_keys.request_hash IS 'SHA-256 of method, path and body, hex; another request with the same key is refused';
COMMENT ON COLUMN public.idempotency_keys.status IS 'HTTP status; NULL while the request runs';
COMMENT ON COLUMN public.idempotency_keys.content_type IS 'of the answer';
COMMENT ON COLUMN public.idempotency_keys.body IS 'of the answer, sealed: it may hold a secret';
COMMENT ON COLUMN public.idempotency_keys.created_at IS 'UTC; rows live for a day';
CREATE TABLE public.job_reports (
    name text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    duration_ms bigint NOT NULL,
    checked integer NOT NULL,
    changed integer NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    succeeded_at timestamp with time zone
);
COMMENT ON TABLE public.job_reports IS 'How each job ran last.';
COMMENT ON COLUMN public.job_reports.name IS 'of the job';
COMMENT ON COLUMN public.job_reports.started_at IS 'UTC';
COMMENT ON COLUMN public.job_reports.duration_ms IS 'milliseconds';
COMMENT ON COLUMN public.job_reports.checked IS 'count of things looked at';
COMMENT ON COLUMN public.job_reports.changed IS 'count of things made right';
COMMENT ON COLUMN public.job_reports.error IS 'why it failed; empty if it did not';
COMMENT ON COLUMN public.job_reports.failures IS 'count of failures since the last success';
COMMENT ON COLUMN public.job_reports.succeeded_at IS 'UTC; when it succeeded last';
CREATE TABLE public.login_failures (
    key text NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT login_failures_key_check CHECK ((char_length(key) <= 64))
);
COMMENT ON TABLE public.login_failures IS 'Wrong passwords, so that guessing ends.';
COMMENT ON COLUMN public.login_failures.key IS 'SHA-256 of account and address, hex';
COMMENT ON COLUMN public.login_failures.failures IS 'count, since the last success or pause';
COMMENT ON COLUMN public.login_failures.last_at IS 'UTC';
COMMENT ON COLUMN public.login_failures.locked_until IS 'UTC; no password is tried before';
CREATE TABLE public.mails (
    id uuid NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    token_id uuid,
    attempts integer DEFAULT 0 NOT NULL,
    last_error text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    next_try_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT mails_kind_check CHECK ((kind = ANY (ARRAY['activation'::text, 'password_reset'::text, 'password_changed'::text, 'invitation'::text])))
);
COMMENT ON TABLE public.mails IS 'Mails to be sent: written in the transaction that wants them, sent afterwards until the server takes them.';
COMMENT ON COLUMN public.mails.id IS 'internal; part of the Message-ID';
COMMENT ON COLUMN public.mails.kind IS 'see MailKind';
COMMENT ON COLUMN public.mails.recipient IS 'address';
COMMENT ON COLUMN public.mails.name IS 'how the mail addresses the recipient';
COMMENT ON COLUMN public.mails.token_id IS 'of the link in the mail';
COMMENT ON COLUMN public.mails.attempts IS 'count';
COMMENT ON COLUMN public.mails.last_error IS 'why the last attempt failed, for the operator';
COMMENT ON COLUMN public.mails.created_at IS 'UTC';
COMMENT ON COLUMN public.mails.next_try_at IS 'UTC; while it is being sent: when another one may try';
COMMENT ON COLUMN public.mails.expires_at IS 'UTC; not sent after that';
COMMENT ON COLUMN public.mails.sent_at IS 'UTC; the server has taken it';
CREATE TABLE public.oauth_codes (
    code_hash text NOT NULL,
    state_hash text NOT NULL,
    user_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT oauth_codes_code_hash_check CHECK ((code_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT oauth_codes_state_hash_check CHECK ((state_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.oauth_codes IS 'Codes that a page exchanges for a session, once.';
COMMENT ON COLUMN public.oauth_codes.code_hash IS 'SHA-256 of the code, hex';
COMMENT ON COLUMN public.oauth_codes.state_hash IS 'of the state in the cookie of the browser that may exchange it';
COMMENT ON COLUMN public.oauth_codes.user_id IS 'who is signed in';
COMMENT ON COLUMN public.oauth_codes.expires_at IS 'UTC';
CREATE TABLE public.oauth_flows (
    state_hash text NOT NULL,
    provider text NOT NULL,
    session_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT oauth_flows_state_hash_check CHECK ((state_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.oauth_flows IS 'Visits to another provider that have not come back yet. Verifier and nonce are derived from the state.';
COMMENT ON COLUMN public.oauth_flows.state_hash IS 'SHA-256 of the state parameter, hex';
COMMENT ON COLUMN public.oauth_flows.provider IS 'where the visitor was sent to';
COMMENT ON COLUMN public.oauth_flows.session_id IS 'who connects an identity to an account; NULL: a sign-in';
COMMENT ON COLUMN public.oauth_flows.created_at IS 'UTC';
COMMENT ON COLUMN public.oauth_flows.expires_at IS 'UTC';
COMMENT ON COLUMN public.oauth_flows.used_at IS 'UTC; the visitor has come back';
CREATE TABLE public.oauth_providers (
    provider text NOT NULL,
    provider_id text NOT NULL,
    user_id uuid NOT NULL,
    email text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.oauth_providers IS 'Identities at other providers that sign a user in.';
COMMENT ON COLUMN public.oauth_providers.provider IS '"github", "oidc"';
COMMENT ON COLUMN public.oauth_providers.provider_id IS 'the provider''s id of the person';
COMMENT ON COLUMN public.oauth_providers.user_id IS 'whom it signs in';
COMMENT ON COLUMN public.oauth_providers.email IS 'as the provider told it';
COMMENT ON COLUMN public.oauth_providers.created_at IS 'UTC';
CREATE TABLE public.sandbox_metric_marks (
    sandbox_id uuid NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    stored_at timestamp with time zone
);
COMMENT ON TABLE public.sandbox_metric_marks IS 'When the measurements of a sandbox were stored last.';
COMMENT ON COLUMN public.sandbox_metric_marks.sandbox_id IS 'what was measured';
COMMENT ON COLUMN public.sandbox_metric_marks.tried_at IS 'UTC; when its host was asked for them last';
COMMENT ON COLUMN public.sandbox_metric_marks.stored_at IS 'UTC';
CREATE TABLE public.sandbox_metric_points (
    sandbox_id uuid NOT NULL,
    tier text NOT NULL,
    ts timestamp with time zone NOT NULL,
    cpu_pct double precision NOT NULL,
    mem_bytes bigint NOT NULL,
    disk_bytes bigint NOT NULL,
    CONSTRAINT sandbox_metric_points_tier_check CHECK ((tier = ANY (ARRAY['10m'::text, '2h'::text, '24h'::text])))
);
COMMENT ON TABLE public.sandbox_metric_points IS 'Measurements of sandboxes that their agents do not hold any more.';
COMMENT ON COLUMN public.sandbox_metric_points.sandbox_id IS 'what was measured';
COMMENT ON COLUMN public.sandbox_metric_points.tier IS 'how long a time the points of this density span';
COMMENT ON COLUMN public.sandbox_metric_points.ts IS 'UTC';
COMMENT ON COLUMN public.sandbox_metric_points.cpu_pct IS 'percent of one core';
COMMENT ON COLUMN public.sandbox_metric_points.mem_bytes IS 'bytes';
COMMENT ON COLUMN public.sandbox_metric_points.disk_bytes IS 'bytes';
CREATE TABLE public.sandbox_metrics_snapshots (
    id bigint NOT NULL,
    team_id uuid NOT NULL,
    sampled_at timestamp with time zone DEFAULT now() NOT NULL,
    running_count integer NOT NULL,
    vcpus_reserved integer NOT NULL,
    memory_mb_reserved bigint NOT NULL
);
COMMENT ON TABLE public.sandbox_metrics_snapshots IS 'What teams use, sampled.';
COMMENT ON COLUMN public.sandbox_metrics_snapshots.id IS 'internal';
COMMENT ON COLUMN public.sandbox_metrics_snapshots.team_id IS 'who uses it';
COMMENT ON COLUMN public.sandbox_metrics_snapshots.sampled_at IS 'UTC; a multiple of the sampling period, so that no moment is sampled twice';
COMMENT ON COLUMN public.sandbox_metrics_snapshots.running_count IS 'count';
COMMENT ON COLUMN public.sandbox_metrics_snapshots.vcpus_reserved IS 'count';
COMMENT ON COLUMN public.sandbox_metrics_snapshots.memory_mb_reserved IS 'MiB; a paused sandbox counts half';
ALTER TABLE public.sandbox_metrics_snapshots ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sandbox_metrics_snapshots_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.sandbox_ports (
    sandbox_id uuid NOT NULL,
    port integer NOT NULL,
    is_public boolean NOT NULL,
    updated_by text DEFAULT ''::text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sandbox_ports_port_check CHECK (((port >= 1) AND (port <= 65535)))
);
COMMENT ON TABLE public.sandbox_ports IS 'Ports whose access differs from what their sandbox''s traffic rules say.';
COMMENT ON COLUMN public.sandbox_ports.sandbox_id IS 'the sandbox';
COMMENT ON COLUMN public.sandbox_ports.port IS 'TCP port inside';
COMMENT ON COLUMN public.sandbox_ports.is_public IS 'everybody may reach it';
COMMENT ON COLUMN public.sandbox_ports.updated_by IS 'wire id of the user or key that said so last';
COMMENT ON COLUMN public.sandbox_ports.updated_at IS 'UTC';
CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.schema_migrations IS 'What has been applied from db/migrations.';
CREATE TABLE public.schema_routines (
    digest text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.schema_routines IS 'Which db/routines.sql has been applied last.';
CREATE TABLE public.team_api_keys (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    name text NOT NULL,
    key_hash text NOT NULL,
    key_prefix text NOT NULL,
    scopes text[] DEFAULT '{read,sandboxes,templates}'::text[] NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    last_used timestamp with time zone,
    CONSTRAINT team_api_keys_key_hash_check CHECK ((key_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT team_api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT team_api_keys_scopes_check CHECK (((scopes <@ ARRAY['read'::text, 'sandboxes'::text, 'templates'::text, 'hosts'::text]) AND ((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 4))))
);
COMMENT ON TABLE public.team_api_keys IS 'Keys that act for a team. Revoking one deletes the row.';
COMMENT ON COLUMN public.team_api_keys.id IS 'wire form key-{uuid}';
COMMENT ON COLUMN public.team_api_keys.team_id IS 'whom the key acts for';
COMMENT ON COLUMN public.team_api_keys.name IS 'shown to people';
COMMENT ON COLUMN public.team_api_keys.key_hash IS 'SHA-256 of the key''s 40 hex digits, hex';
COMMENT ON COLUMN public.team_api_keys.key_prefix IS 'first characters of the key, to recognise it by';
COMMENT ON COLUMN public.team_api_keys.scopes IS 'see KeyScope';
COMMENT ON COLUMN public.team_api_keys.created_by IS 'who made it; the key works while that user is an active member';
COMMENT ON COLUMN public.team_api_keys.created_at IS 'UTC';
COMMENT ON COLUMN public.team_api_keys.expires_at IS 'UTC; NULL: never';
COMMENT ON COLUMN public.team_api_keys.last_used IS 'UTC; at most a minute behind';
CREATE TABLE public.team_invitations (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    email text NOT NULL,
    role text DEFAULT 'member'::text NOT NULL,
    token_hash text NOT NULL,
    invited_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT team_invitations_email_check CHECK (((email = lower(email)) AND ((char_length(email) >= 3) AND (char_length(email) <= 320)))),
    CONSTRAINT team_invitations_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'member'::text]))),
    CONSTRAINT team_invitations_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.team_invitations IS 'Who has been asked to join, with or without an account. Accepting, declining and revoking delete the row.';
COMMENT ON COLUMN public.team_invitations.id IS 'wire form inv-{uuid}';
COMMENT ON COLUMN public.team_invitations.team_id IS 'what to join';
COMMENT ON COLUMN public.team_invitations.email IS 'trimmed and in lower case';
COMMENT ON COLUMN public.team_invitations.role IS 'as what; see TeamRole';
COMMENT ON COLUMN public.team_invitations.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN public.team_invitations.invited_by IS 'who asked';
COMMENT ON COLUMN public.team_invitations.created_at IS 'UTC';
COMMENT ON COLUMN public.team_invitations.expires_at IS 'UTC';
CREATE TABLE public.team_quotas (
    team_id uuid NOT NULL,
    sandboxes bigint,
    vcpus bigint,
    memory_mb bigint,
    disk_mb bigint,
    templates bigint,
    sandbox_vcpus bigint,
    sandbox_memory_mb bigint,
    sandbox_disk_mb bigint,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT team_quotas_disk_mb_check CHECK ((disk_mb >= 0)),
    CONSTRAINT team_quotas_memory_mb_check CHECK ((memory_mb >= 0)),
    CONSTRAINT team_quotas_sandbox_disk_mb_check CHECK ((sandbox_disk_mb >= 0)),
    CONSTRAINT team_quotas_sandbox_memory_mb_check CHECK ((sandbox_memory_mb >= 0)),
    CONSTRAINT team_quotas_sandbox_vcpus_check CHECK ((sandbox_vcpus >= 0)),
    CONSTRAINT team_quotas_sandboxes_check CHECK ((sandboxes >= 0)),
    CONSTRAINT team_quotas_templates_check CHECK ((templates >= 0)),
    CONSTRAINT team_quotas_vcpus_check CHECK ((vcpus >= 0))
);
COMMENT ON TABLE public.team_quotas IS 'Limits of single teams in place of the installation''s. NULL: the installation''s limit.';
COMMENT ON COLUMN public.team_quotas.team_id IS 'whom the limits bind';
COMMENT ON COLUMN public.team_quotas.sandboxes IS 'count of live sandboxes, paused ones included';
COMMENT ON COLUMN public.team_quotas.vcpus IS 'count over all live sandboxes that are not paused';
COMMENT ON COLUMN public.team_quotas.memory_mb IS 'MiB over all live sandboxes that are not paused';
COMMENT ON COLUMN public.team_quotas.disk_mb IS 'MiB over all live sandboxes, paused ones included';
COMMENT ON COLUMN public.team_quotas.templates IS 'count of the team''s own templates and snapshots';
COMMENT ON COLUMN public.team_quotas.sandbox_vcpus IS 'count, of one sandbox';
COMMENT ON COLUMN public.team_quotas.sandbox_memory_mb IS 'MiB, of one sandbox';
COMMENT ON COLUMN public.team_quotas.sandbox_disk_mb IS 'MiB, of one sandbox';
COMMENT ON COLUMN public.team_quotas.updated_at IS 'UTC';
CREATE TABLE public.team_totals (
    team_id uuid NOT NULL,
    sandboxes bigint DEFAULT 0 NOT NULL,
    disk_mb bigint DEFAULT 0 NOT NULL,
    vcpus bigint DEFAULT 0 NOT NULL,
    memory_mb bigint DEFAULT 0 NOT NULL,
    running bigint DEFAULT 0 NOT NULL,
    running_vcpus bigint DEFAULT 0 NOT NULL,
    running_memory_mb bigint DEFAULT 0 NOT NULL,
    paused_memory_mb bigint DEFAULT 0 NOT NULL,
    accrued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
COMMENT ON TABLE public.team_totals IS 'What each team''s sandboxes hold now. Kept by a trigger on sandboxes, whoever changes them.';
COMMENT ON COLUMN public.team_totals.team_id IS 'whose sandboxes';
COMMENT ON COLUMN public.team_totals.sandboxes IS 'count of live ones';
COMMENT ON COLUMN public.team_totals.disk_mb IS 'MiB of live ones';
COMMENT ON COLUMN public.team_totals.vcpus IS 'count, of live ones that are not paused';
COMMENT ON COLUMN public.team_totals.memory_mb IS 'MiB, of live ones that are not paused';
COMMENT ON COLUMN public.team_totals.running IS 'count of those that run: what is charged';
COMMENT ON COLUMN public.team_totals.running_vcpus IS 'count, of those that run';
COMMENT ON COLUMN public.team_totals.running_memory_mb IS 'MiB, of those that run';
COMMENT ON COLUMN public.team_totals.paused_memory_mb IS 'MiB, of paused ones';
COMMENT ON COLUMN public.team_totals.accrued_at IS 'UTC; until when the team''s daily usage has been counted';
CREATE TABLE public.teams (
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    is_byoc boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    torn_down_at timestamp with time zone,
    CONSTRAINT teams_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 128))),
    CONSTRAINT teams_slug_check CHECK ((slug ~ '^[0-9a-f]{6}-[0-9a-f]{6}$'::text))
);
COMMENT ON TABLE public.teams IS 'Who owns things and pays for them. The all-zero id is the platform team.';
COMMENT ON COLUMN public.teams.id IS 'wire form team-{uuid}';
COMMENT ON COLUMN public.teams.name IS 'shown to people; checked by is_team_name()';
COMMENT ON COLUMN public.teams.slug IS 'immutable, never issued twice, not even after the team is deleted; made of the id when left out';
COMMENT ON COLUMN public.teams.is_byoc IS 'sandboxes run only on the team''s own hosts';
COMMENT ON COLUMN public.teams.created_at IS 'UTC';
COMMENT ON COLUMN public.teams.deleted_at IS 'UTC; set once, the row stays';
COMMENT ON COLUMN public.teams.torn_down_at IS 'UTC; nothing that belonged to the deleted team is left anywhere';
CREATE TABLE public.template_builds (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    name text NOT NULL,
    template_id uuid,
    host_id uuid,
    definition text NOT NULL,
    healthcheck text DEFAULT ''::text NOT NULL,
    vcpus integer DEFAULT 0 NOT NULL,
    memory_mb integer DEFAULT 0 NOT NULL,
    disk_mb integer DEFAULT 0 NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    current_step integer DEFAULT 0 NOT NULL,
    total_steps integer DEFAULT 0 NOT NULL,
    log text DEFAULT ''::text NOT NULL,
    log_lines integer DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    followed_at timestamp with time zone,
    completed_at timestamp with time zone,
    CONSTRAINT template_builds_disk_mb_check CHECK ((disk_mb >= 0)),
    CONSTRAINT template_builds_memory_mb_check CHECK ((memory_mb >= 0)),
    CONSTRAINT template_builds_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'success'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT template_builds_vcpus_check CHECK ((vcpus >= 0))
);
COMMENT ON TABLE public.template_builds IS 'Runs of template definitions.';
COMMENT ON COLUMN public.template_builds.id IS 'wire form bld-{uuid}';
COMMENT ON COLUMN public.template_builds.team_id IS 'for whom';
COMMENT ON COLUMN public.template_builds.name IS 'of the template that it makes';
COMMENT ON COLUMN public.template_builds.template_id IS 'what it makes';
COMMENT ON COLUMN public.template_builds.host_id IS 'where it runs';
COMMENT ON COLUMN public.template_builds.definition IS 'the template file';
COMMENT ON COLUMN public.template_builds.healthcheck IS 'command that must succeed in a sandbox of the new template; empty: as the template file says';
COMMENT ON COLUMN public.template_builds.vcpus IS 'count; 0: as the template file says';
COMMENT ON COLUMN public.template_builds.memory_mb IS 'MiB; 0: as the template file says';
COMMENT ON COLUMN public.template_builds.disk_mb IS 'MiB; 0: as the template file says';
COMMENT ON COLUMN public.template_builds.status IS 'see BuildState';
COMMENT ON COLUMN public.template_builds.current_step IS 'count';
COMMENT ON COLUMN public.template_builds.total_steps IS 'count';
COMMENT ON COLUMN public.template_builds.log IS 'output, bounded';
COMMENT ON COLUMN public.template_builds.log_lines IS 'count of lines that were received, shown or not';
COMMENT ON COLUMN public.template_builds.error IS 'why it failed, for people';
COMMENT ON COLUMN public.template_builds.created_by IS 'wire id of who asked for it';
COMMENT ON COLUMN public.template_builds.created_at IS 'UTC';
COMMENT ON COLUMN public.template_builds.started_at IS 'UTC';
COMMENT ON COLUMN public.template_builds.followed_at IS 'UTC; when control last heard of it from its host';
COMMENT ON COLUMN public.template_builds.completed_at IS 'UTC';
CREATE TABLE public.template_fetches (
    template_id uuid NOT NULL,
    host_id uuid NOT NULL,
    source_host_id uuid,
    bytes_done bigint DEFAULT 0 NOT NULL,
    bytes_total bigint DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
COMMENT ON TABLE public.template_fetches IS 'Copies of templates on their way from one host to another. A row ends when the host holds the template.';
COMMENT ON COLUMN public.template_fetches.template_id IS 'the template';
COMMENT ON COLUMN public.template_fetches.host_id IS 'where it goes';
COMMENT ON COLUMN public.template_fetches.source_host_id IS 'where it comes from, as the fetching host said last';
COMMENT ON COLUMN public.template_fetches.bytes_done IS 'bytes';
COMMENT ON COLUMN public.template_fetches.bytes_total IS 'bytes';
COMMENT ON COLUMN public.template_fetches.error IS 'why it failed last; empty while it goes on';
COMMENT ON COLUMN public.template_fetches.started_at IS 'UTC';
COMMENT ON COLUMN public.template_fetches.updated_at IS 'UTC; when control last heard of it';
CREATE TABLE public.template_hosts (
    template_id uuid NOT NULL,
    host_id uuid NOT NULL,
    size_bytes bigint DEFAULT 0 NOT NULL,
    digest text DEFAULT ''::text NOT NULL,
    reported_at timestamp with time zone DEFAULT now() NOT NULL,
    delete_requested_at timestamp with time zone,
    CONSTRAINT template_hosts_digest_check CHECK ((digest ~ '^([0-9a-f]{64})?$'::text))
);
COMMENT ON TABLE public.template_hosts IS 'Which host holds the files of which template.';
COMMENT ON COLUMN public.template_hosts.template_id IS 'the template';
COMMENT ON COLUMN public.template_hosts.host_id IS 'the host';
COMMENT ON COLUMN public.template_hosts.size_bytes IS 'bytes on that host';
COMMENT ON COLUMN public.template_hosts.digest IS 'of the index of the files there, hex; empty until it was asked for. It never changes while the host holds them';
COMMENT ON COLUMN public.template_hosts.reported_at IS 'UTC; when the host reported it last';
COMMENT ON COLUMN public.template_hosts.delete_requested_at IS 'UTC; the host must remove the files, and may have been away so far';
CREATE TABLE public.templates (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    name text NOT NULL,
    type text DEFAULT 'base'::text NOT NULL,
    status text DEFAULT 'building'::text NOT NULL,
    vcpus integer DEFAULT 1 NOT NULL,
    memory_mb integer DEFAULT 512 NOT NULL,
    disk_mb integer DEFAULT 4096 NOT NULL,
    size_bytes bigint DEFAULT 0 NOT NULL,
    parent_template_id uuid,
    source_sandbox_id uuid,
    definition text DEFAULT ''::text NOT NULL,
    failure text DEFAULT ''::text NOT NULL,
    replaces boolean DEFAULT false NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT templates_disk_mb_check CHECK ((disk_mb > 0)),
    CONSTRAINT templates_memory_mb_check CHECK ((memory_mb > 0)),
    CONSTRAINT templates_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'::text)),
    CONSTRAINT templates_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT templates_status_check CHECK ((status = ANY (ARRAY['building'::text, 'ready'::text, 'failed'::text, 'deleting'::text]))),
    CONSTRAINT templates_type_check CHECK ((type = ANY (ARRAY['base'::text, 'snapshot'::text]))),
    CONSTRAINT templates_vcpus_check CHECK ((vcpus > 0))
);
COMMENT ON TABLE public.templates IS 'What sandboxes start from. Snapshots are templates too.';
COMMENT ON COLUMN public.templates.id IS 'wire form tpl-{uuid}';
COMMENT ON COLUMN public.templates.team_id IS 'owner; the platform team''s are for everybody';
COMMENT ON COLUMN public.templates.name IS 'unique among the team''s live templates';
COMMENT ON COLUMN public.templates.type IS 'see TemplateType';
COMMENT ON COLUMN public.templates.status IS 'see TemplateState';
COMMENT ON COLUMN public.templates.vcpus IS 'count';
COMMENT ON COLUMN public.templates.memory_mb IS 'MiB';
COMMENT ON COLUMN public.templates.disk_mb IS 'MiB';
COMMENT ON COLUMN public.templates.size_bytes IS 'bytes on a host: disk layer and memory image';
COMMENT ON COLUMN public.templates.parent_template_id IS 'what the snapshot''s sandbox had started from';
COMMENT ON COLUMN public.templates.source_sandbox_id IS 'the sandbox that the snapshot was made from';
COMMENT ON COLUMN public.templates.definition IS 'template file that it was built from';
COMMENT ON COLUMN public.templates.failure IS 'why a build failed, for people';
COMMENT ON COLUMN public.templates.replaces IS 'takes the name over from the template that has it, once it is ready; until then nobody finds it';
COMMENT ON COLUMN public.templates.created_by IS 'wire id of the user or key that made it';
COMMENT ON COLUMN public.templates.created_at IS 'UTC';
COMMENT ON COLUMN public.templates.updated_at IS 'UTC';
CREATE TABLE public.user_mail_tokens (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    token_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT user_mail_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['activation'::text, 'password_reset'::text]))),
    CONSTRAINT user_mail_tokens_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.user_mail_tokens IS 'Links in mails. The token itself is derived from the id when the mail is written, and stored nowhere.';
COMMENT ON COLUMN public.user_mail_tokens.id IS 'internal';
COMMENT ON COLUMN public.user_mail_tokens.user_id IS 'whom the mail went to';
COMMENT ON COLUMN public.user_mail_tokens.purpose IS 'see MailPurpose';
COMMENT ON COLUMN public.user_mail_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN public.user_mail_tokens.created_at IS 'UTC';
COMMENT ON COLUMN public.user_mail_tokens.expires_at IS 'UTC';
COMMENT ON COLUMN public.user_mail_tokens.used_at IS 'UTC; used, or superseded by a later one';
CREATE TABLE public.user_refresh_tokens (
    id uuid NOT NULL,
    session_id uuid NOT NULL,
    token_hash text NOT NULL,
    replaces uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT user_refresh_tokens_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.user_refresh_tokens IS 'What a browser renews its session with. Each use makes a successor; the first use of a successor revokes what was before it.';
COMMENT ON COLUMN public.user_refresh_tokens.id IS 'internal';
COMMENT ON COLUMN public.user_refresh_tokens.session_id IS 'the session that it renews';
COMMENT ON COLUMN public.user_refresh_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN public.user_refresh_tokens.replaces IS 'the token that was used to get this one';
COMMENT ON COLUMN public.user_refresh_tokens.created_at IS 'UTC';
COMMENT ON COLUMN public.user_refresh_tokens.revoked_at IS 'UTC; a later one has been used: using this one again means that it was stolen';
CREATE TABLE public.user_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    team_id uuid,
    ip text DEFAULT ''::text NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT user_sessions_user_agent_check CHECK ((char_length(user_agent) <= 256))
);
COMMENT ON TABLE public.user_sessions IS 'Sign-ins of users. A token of a session that is revoked is refused at once.';
COMMENT ON COLUMN public.user_sessions.id IS 'wire form ses-{uuid}';
COMMENT ON COLUMN public.user_sessions.user_id IS 'who signed in';
COMMENT ON COLUMN public.user_sessions.team_id IS 'that a renewed session goes on in';
COMMENT ON COLUMN public.user_sessions.ip IS 'address that signed in';
COMMENT ON COLUMN public.user_sessions.user_agent IS 'program that signed in, as it called itself';
COMMENT ON COLUMN public.user_sessions.created_at IS 'UTC';
COMMENT ON COLUMN public.user_sessions.last_seen_at IS 'UTC; to the minute';
COMMENT ON COLUMN public.user_sessions.expires_at IS 'UTC; without a refresh until then it cannot be refreshed any more';
COMMENT ON COLUMN public.user_sessions.revoked_at IS 'UTC; signed out, or ended';
CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    password_hash text,
    name text DEFAULT ''::text NOT NULL,
    is_admin boolean DEFAULT false NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    email_verified_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND ((char_length(email) >= 3) AND (char_length(email) <= 320)))),
    CONSTRAINT users_name_check CHECK ((char_length(name) <= 100)),
    CONSTRAINT users_status_check CHECK ((status = ANY (ARRAY['inactive'::text, 'active'::text, 'disabled'::text, 'deleted'::text])))
);
COMMENT ON TABLE public.users IS 'People who sign in.';
COMMENT ON COLUMN public.users.id IS 'wire form usr-{uuid}';
COMMENT ON COLUMN public.users.email IS 'trimmed and in lower case';
COMMENT ON COLUMN public.users.password_hash IS 'Argon2id in its encoded form; NULL for accounts that sign in elsewhere';
COMMENT ON COLUMN public.users.name IS 'shown to people';
COMMENT ON COLUMN public.users.is_admin IS 'platform admin';
COMMENT ON COLUMN public.users.status IS 'see UserStatus; whoever is not active can do nothing, at once';
COMMENT ON COLUMN public.users.created_at IS 'UTC';
COMMENT ON COLUMN public.users.email_verified_at IS 'UTC; when it was shown that the address is the user''s; NULL: not yet';
COMMENT ON COLUMN public.users.updated_at IS 'UTC';
COMMENT ON COLUMN public.users.deleted_at IS 'UTC; from then on the row names nobody any more and is kept for what refers to it';
CREATE TABLE public.users_teams (
    user_id uuid NOT NULL,
    team_id uuid NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    role text DEFAULT 'member'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_teams_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text])))
);
COMMENT ON TABLE public.users_teams IS 'Memberships.';
COMMENT ON COLUMN public.users_teams.user_id IS 'the member';
COMMENT ON COLUMN public.users_teams.team_id IS 'the team';
COMMENT ON COLUMN public.users_teams.is_default IS 'where the user lands after login';
COMMENT ON COLUMN public.users_teams.role IS 'what the user may do in the team';
COMMENT ON COLUMN public.users_teams.created_at IS 'UTC; when the user joined';
CREATE TABLE public.webhook_deliveries (
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    team_id uuid NOT NULL,
    kind text NOT NULL,
    seq bigint,
    replay_of uuid,
    event text NOT NULL,
    body text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    response_status integer,
    response_excerpt text DEFAULT ''::text NOT NULL,
    error text DEFAULT ''::text NOT NULL,
    latency_ms bigint,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    completed_at timestamp with time zone,
    CONSTRAINT webhook_deliveries_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'ping'::text, 'replay'::text]))),
    CONSTRAINT webhook_deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
);
COMMENT ON TABLE public.webhook_deliveries IS 'Events on their way to a webhook, and for some time what became of them.';
COMMENT ON COLUMN public.webhook_deliveries.id IS 'wire form whd-{uuid}; the receiver recognises repetitions by it';
COMMENT ON COLUMN public.webhook_deliveries.webhook_id IS 'where to';
COMMENT ON COLUMN public.webhook_deliveries.team_id IS 'whose event';
COMMENT ON COLUMN public.webhook_deliveries.kind IS 'see DeliveryKind';
COMMENT ON COLUMN public.webhook_deliveries.seq IS 'of the audit chain; NULL for pings and replays';
COMMENT ON COLUMN public.webhook_deliveries.replay_of IS 'the delivery that it repeats';
COMMENT ON COLUMN public.webhook_deliveries.event IS '"sandbox.create"';
COMMENT ON COLUMN public.webhook_deliveries.body IS 'JSON, exactly as it is sent and signed';
COMMENT ON COLUMN public.webhook_deliveries.status IS 'see DeliveryStatus';
COMMENT ON COLUMN public.webhook_deliveries.attempts IS 'count of attempts begun';
COMMENT ON COLUMN public.webhook_deliveries.next_attempt_at IS 'UTC; while an attempt runs, when it is taken for dead';
COMMENT ON COLUMN public.webhook_deliveries.response_status IS 'HTTP status of the last attempt';
COMMENT ON COLUMN public.webhook_deliveries.response_excerpt IS 'beginning of the body of the last answer';
COMMENT ON COLUMN public.webhook_deliveries.error IS 'why the last attempt failed, for people';
COMMENT ON COLUMN public.webhook_deliveries.latency_ms IS 'milliseconds, of the last attempt';
COMMENT ON COLUMN public.webhook_deliveries.created_at IS 'UTC';
COMMENT ON COLUMN public.webhook_deliveries.completed_at IS 'UTC; delivered, or given up';
CREATE TABLE public.webhooks (
    id uuid NOT NULL,
    team_id uuid NOT NULL,
    url text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    events text[] NOT NULL,
    secret text NOT NULL,
    old_secret text,
    old_secret_until timestamp with time zone,
    enabled boolean DEFAULT true NOT NULL,
    disabled_reason text DEFAULT ''::text NOT NULL,
    failing_since timestamp with time zone,
    last_seq bigint DEFAULT 0 NOT NULL,
    created_by text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhooks_description_check CHECK ((char_length(description) <= 200)),
    CONSTRAINT webhooks_events_check CHECK (((cardinality(events) >= 1) AND (cardinality(events) <= 50))),
    CONSTRAINT webhooks_url_check CHECK (((char_length(url) >= 8) AND (char_length(url) <= 2048)))
);
COMMENT ON TABLE public.webhooks IS 'Where teams want to hear of events.';
COMMENT ON COLUMN public.webhooks.id IS 'wire form wh-{uuid}';
COMMENT ON COLUMN public.webhooks.team_id IS 'whose events';
COMMENT ON COLUMN public.webhooks.url IS 'where they are sent';
COMMENT ON COLUMN public.webhooks.description IS 'for people';
COMMENT ON COLUMN public.webhooks.events IS '"sandbox.create", "sandbox.*" or "*"';
COMMENT ON COLUMN public.webhooks.secret IS 'signs deliveries; secretbox under a key derived from the installation''s secret, base64';
COMMENT ON COLUMN public.webhooks.old_secret IS 'the secret before, in the same form';
COMMENT ON COLUMN public.webhooks.old_secret_until IS 'UTC; until when it signs too';
COMMENT ON COLUMN public.webhooks.enabled IS 'a disabled one gets nothing but pings';
COMMENT ON COLUMN public.webhooks.disabled_reason IS 'why the system has disabled it; empty if a person did';
COMMENT ON COLUMN public.webhooks.failing_since IS 'UTC; no attempt has succeeded since';
COMMENT ON COLUMN public.webhooks.last_seq IS 'of the team''s audit chain: everything up to it has become deliveries';
COMMENT ON COLUMN public.webhooks.created_by IS 'wire id of who made it';
COMMENT ON COLUMN public.webhooks.created_at IS 'UTC';
COMMENT ON COLUMN public.webhooks.updated_at IS 'UTC; last change by a person, or by the system disabling it';
CREATE TABLE public.ws_tickets (
    token_hash text NOT NULL,
    user_id uuid,
    session_id uuid,
    team_id uuid,
    api_key_id uuid,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT ws_tickets_check CHECK ((((session_id IS NULL) = (user_id IS NULL)) AND ((session_id IS NULL) <> (api_key_id IS NULL)))),
    CONSTRAINT ws_tickets_token_hash_check CHECK ((token_hash ~ '^[0-9a-f]{64}$'::text))
);
COMMENT ON TABLE public.ws_tickets IS 'What a browser opens one WebSocket with. Using a ticket deletes its row.';
COMMENT ON COLUMN public.ws_tickets.token_hash IS 'SHA-256 of the ticket, hex';
COMMENT ON COLUMN public.ws_tickets.user_id IS 'who asked for it';
COMMENT ON COLUMN public.ws_tickets.session_id IS 'the session that it stands for; NULL: a key';
COMMENT ON COLUMN public.ws_tickets.team_id IS 'the team that the session''s token names';
COMMENT ON COLUMN public.ws_tickets.api_key_id IS 'the key that it stands for; NULL: a session';
COMMENT ON COLUMN public.ws_tickets.expires_at IS 'UTC';
ALTER TABLE ONLY public.admin_permissions
    ADD CONSTRAINT admin_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.admin_permissions
    ADD CONSTRAINT admin_permissions_user_id_permission_key UNIQUE (user_id, permission);
ALTER TABLE ONLY public.audit_chain
    ADD CONSTRAINT audit_chain_log_key UNIQUE (log_id);
ALTER TABLE ONLY public.audit_chain
    ADD CONSTRAINT audit_chain_pkey PRIMARY KEY (team_id, seq);
ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (team_id);
ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_spill
    ADD CONSTRAINT audit_spill_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.audit_unsealed
    ADD CONSTRAINT audit_unsealed_log_key UNIQUE (log_id);
ALTER TABLE ONLY public.audit_unsealed
    ADD CONSTRAINT audit_unsealed_pkey PRIMARY KEY ("position");
ALTER TABLE ONLY public.authorities
    ADD CONSTRAINT authorities_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.control_replicas
    ADD CONSTRAINT control_replicas_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.daily_usage
    ADD CONSTRAINT daily_usage_pkey PRIMARY KEY (team_id, day);
ALTER TABLE ONLY public.host_load
    ADD CONSTRAINT host_load_pkey PRIMARY KEY (host_id);
ALTER TABLE ONLY public.host_refresh_tokens
    ADD CONSTRAINT host_refresh_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.host_refresh_tokens
    ADD CONSTRAINT host_refresh_tokens_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.host_registration_tokens
    ADD CONSTRAINT host_registration_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.host_registration_tokens
    ADD CONSTRAINT host_registration_tokens_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.host_tags
    ADD CONSTRAINT host_tags_pkey PRIMARY KEY (host_id, tag);
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT hosts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (actor, key);
ALTER TABLE ONLY public.job_reports
    ADD CONSTRAINT job_reports_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_pkey PRIMARY KEY (code_hash);
ALTER TABLE ONLY public.oauth_flows
    ADD CONSTRAINT oauth_flows_pkey PRIMARY KEY (state_hash);
ALTER TABLE ONLY public.oauth_providers
    ADD CONSTRAINT oauth_providers_pkey PRIMARY KEY (provider, provider_id);
ALTER TABLE ONLY public.sandbox_metric_marks
    ADD CONSTRAINT sandbox_metric_marks_pkey PRIMARY KEY (sandbox_id);
ALTER TABLE ONLY public.sandbox_metric_points
    ADD CONSTRAINT sandbox_metric_points_pkey PRIMARY KEY (sandbox_id, tier, ts);
ALTER TABLE ONLY public.sandbox_metrics_snapshots
    ADD CONSTRAINT sandbox_metrics_snapshots_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sandbox_ports
    ADD CONSTRAINT sandbox_ports_pkey PRIMARY KEY (sandbox_id, port);
ALTER TABLE ONLY public.sandboxes
    ADD CONSTRAINT sandboxes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.team_api_keys
    ADD CONSTRAINT team_api_keys_key_hash_key UNIQUE (key_hash);
ALTER TABLE ONLY public.team_api_keys
    ADD CONSTRAINT team_api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.team_invitations
    ADD CONSTRAINT team_invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.team_invitations
    ADD CONSTRAINT team_invitations_team_id_email_key UNIQUE (team_id, email);
ALTER TABLE ONLY public.team_quotas
    ADD CONSTRAINT team_quotas_pkey PRIMARY KEY (team_id);
ALTER TABLE ONLY public.team_totals
    ADD CONSTRAINT team_totals_pkey PRIMARY KEY (team_id);
ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_slug_key UNIQUE (slug);
ALTER TABLE ONLY public.template_builds
    ADD CONSTRAINT template_builds_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.template_fetches
    ADD CONSTRAINT template_fetches_pkey PRIMARY KEY (template_id, host_id);
ALTER TABLE ONLY public.template_hosts
    ADD CONSTRAINT template_hosts_pkey PRIMARY KEY (template_id, host_id);
ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.user_mail_tokens
    ADD CONSTRAINT user_mail_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.user_mail_tokens
    ADD CONSTRAINT user_mail_tokens_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.user_refresh_tokens
    ADD CONSTRAINT user_refresh_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.user_refresh_tokens
    ADD CONSTRAINT user_refresh_tokens_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.user_sessions
    ADD CONSTRAINT user_sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users_teams
    ADD CONSTRAINT users_teams_pkey PRIMARY KEY (team_id, user_id);
ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ws_tickets
    ADD CONSTRAINT ws_tickets_pkey PRIMARY KEY (token_hash);
CREATE INDEX audit_logs_all ON public.audit_logs USING btree (created_at DESC, id DESC);
CREATE INDEX audit_logs_by_actor ON public.audit_logs USING btree (team_id, COALESCE(actor_id, 'system'::text), created_at DESC, id DESC);
CREATE INDEX audit_logs_by_event ON public.audit_logs USING btree (team_id, event, created_at DESC, id DESC);
CREATE INDEX audit_logs_by_resource ON public.audit_logs USING btree (resource_id, created_at DESC, id DESC);
CREATE INDEX audit_logs_list ON public.audit_logs USING btree (team_id, scope, created_at DESC, id DESC);
CREATE INDEX audit_spill_order ON public.audit_spill USING btree (attempts, "position");
CREATE INDEX audit_unsealed_team ON public.audit_unsealed USING btree (team_id);
CREATE INDEX changes_order ON public.changes USING btree (xid, seq);
CREATE INDEX daily_usage_age ON public.daily_usage USING btree (day);
CREATE INDEX host_load_turn ON public.host_load USING btree (last_placed_at NULLS FIRST, added_at, host_id);
CREATE INDEX host_refresh_tokens_expiry ON public.host_refresh_tokens USING btree (expires_at);
CREATE INDEX host_refresh_tokens_family ON public.host_refresh_tokens USING btree (family_id);
CREATE INDEX host_refresh_tokens_host ON public.host_refresh_tokens USING btree (host_id);
CREATE INDEX host_registration_tokens_host ON public.host_registration_tokens USING btree (host_id);
CREATE INDEX host_tags_tag ON public.host_tags USING btree (tag);
CREATE INDEX hosts_list ON public.hosts USING btree (created_at DESC, id DESC);
CREATE INDEX hosts_status ON public.hosts USING btree (status, type);
CREATE INDEX hosts_team ON public.hosts USING btree (team_id, created_at DESC, id DESC);
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);
CREATE INDEX login_failures_age ON public.login_failures USING btree (last_at);
CREATE INDEX mails_age ON public.mails USING btree (expires_at);
CREATE INDEX mails_due ON public.mails USING btree (next_try_at) WHERE (sent_at IS NULL);
CREATE INDEX oauth_codes_expiry ON public.oauth_codes USING btree (expires_at);
CREATE INDEX oauth_flows_expiry ON public.oauth_flows USING btree (expires_at);
CREATE UNIQUE INDEX oauth_providers_one_each ON public.oauth_providers USING btree (user_id, provider);
CREATE INDEX sandbox_metrics_snapshots_age ON public.sandbox_metrics_snapshots USING brin (sampled_at);
CREATE UNIQUE INDEX sandbox_metrics_snapshots_list ON public.sandbox_metrics_snapshots USING btree (team_id, sampled_at DESC) INCLUDE (running_count, vcpus_reserved, memory_mb_reserved);
CREATE INDEX sandboxes_any_team ON public.sandboxes USING btree (status, created_at DESC, id DESC);
CREATE INDEX sandboxes_by_status ON public.sandboxes USING btree (team_id, status, created_at DESC, id DESC);
CREATE INDEX sandboxes_host ON public.sandboxes USING btree (host_id, status);
CREATE INDEX sandboxes_list ON public.sandboxes USING btree (team_id, created_at DESC, id DESC);
CREATE INDEX sandboxes_moving ON public.sandboxes USING btree (last_updated) WHERE (status = ANY (ARRAY['pending'::text, 'starting'::text, 'pausing'::text, 'resuming'::text, 'stopping'::text]));
CREATE INDEX sandboxes_team_live ON public.sandboxes USING btree (team_id, created_at DESC, id DESC) WHERE (status <> ALL (ARRAY['stopped'::text, 'error'::text]));
CREATE INDEX sandboxes_template ON public.sandboxes USING btree (template_id);
CREATE INDEX team_api_keys_creator ON public.team_api_keys USING btree (created_by);
CREATE INDEX team_api_keys_team ON public.team_api_keys USING btree (team_id, created_at DESC, id DESC);
CREATE INDEX team_invitations_email ON public.team_invitations USING btree (email);
CREATE INDEX team_invitations_expiry ON public.team_invitations USING btree (expires_at);
CREATE INDEX teams_list ON public.teams USING btree (created_at DESC, id DESC);
CREATE INDEX teams_teardown ON public.teams USING btree (deleted_at) WHERE ((deleted_at IS NOT NULL) AND (torn_down_at IS NULL));
CREATE INDEX template_builds_list ON public.template_builds USING btree (team_id, created_at DESC, id DESC);
CREATE INDEX template_builds_live ON public.template_builds USING btree (status) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));
CREATE INDEX template_fetches_host ON public.template_fetches USING btree (host_id);
CREATE INDEX template_hosts_host ON public.template_hosts USING btree (host_id);
CREATE INDEX templates_list ON public.templates USING btree (team_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX templates_live_name ON public.templates USING btree (team_id, name) WHERE ((status <> 'deleting'::text) AND (NOT replaces));
CREATE INDEX templates_parent ON public.templates USING btree (parent_template_id);
CREATE INDEX user_mail_tokens_expiry ON public.user_mail_tokens USING btree (expires_at);
CREATE INDEX user_mail_tokens_user ON public.user_mail_tokens USING btree (user_id, purpose);
CREATE INDEX user_refresh_tokens_replaces ON public.user_refresh_tokens USING btree (replaces);
CREATE INDEX user_refresh_tokens_session ON public.user_refresh_tokens USING btree (session_id, created_at);
CREATE INDEX user_sessions_expiry ON public.user_sessions USING btree (expires_at);
CREATE INDEX user_sessions_list ON public.user_sessions USING btree (user_id, created_at DESC, id DESC) WHERE (revoked_at IS NULL);
CREATE INDEX users_admins ON public.users USING btree (id) WHERE is_admin;
CREATE INDEX users_email_prefix ON public.users USING btree (email text_pattern_ops);
CREATE INDEX users_list ON public.users USING btree (created_at DESC, id DESC);
CREATE UNIQUE INDEX users_teams_one_default ON public.users_teams USING btree (user_id) WHERE is_default;
CREATE UNIQUE INDEX users_teams_one_owner ON public.users_teams USING btree (team_id) WHERE (role = 'owner'::text);
CREATE INDEX users_teams_user ON public.users_teams USING btree (user_id, created_at);
CREATE INDEX webhook_deliveries_age ON public.webhook_deliveries USING btree (completed_at) WHERE (completed_at IS NOT NULL);
CREATE INDEX webhook_deliveries_due ON public.webhook_deliveries USING btree (next_attempt_at) WHERE (status = 'pending'::text);
CREATE INDEX webhook_deliveries_list ON public.webhook_deliveries USING btree (webhook_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX webhook_deliveries_once ON public.webhook_deliveries USING btree (webhook_id, seq) WHERE (seq IS NOT NULL);
CREATE INDEX webhooks_list ON public.webhooks USING btree (team_id, created_at DESC, id DESC);
CREATE INDEX ws_tickets_expiry ON public.ws_tickets USING btree (expires_at);
CREATE INDEX ws_tickets_key ON public.ws_tickets USING btree (api_key_id);
CREATE INDEX ws_tickets_session ON public.ws_tickets USING btree (session_id);
CREATE INDEX ws_tickets_user ON public.ws_tickets USING btree (user_id);
CREATE TRIGGER audit_chain_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER audit_logs_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_logs FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();
CREATE TRIGGER audit_logs_note AFTER INSERT ON public.audit_logs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.note_audit_entries();
CREATE TRIGGER host_tags_note AFTER INSERT OR DELETE ON public.host_tags FOR EACH ROW EXECUTE FUNCTION public.note_host_tag();
CREATE TRIGGER hosts_live_team BEFORE INSERT ON public.hosts FOR EACH ROW WHEN ((new.team_id IS NOT NULL)) EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER hosts_load AFTER INSERT ON public.hosts FOR EACH ROW EXECUTE FUNCTION public.add_host_load();
CREATE TRIGGER hosts_note AFTER INSERT OR DELETE ON public.hosts FOR EACH ROW EXECUTE FUNCTION public.note_change_of_status('host');
CREATE TRIGGER hosts_note_update AFTER UPDATE OF status, provider, availability_zone, arch, cpu_cores, memory_mb, disk_gb, address, agent_version, registered_at, reached_at, draining_since ON public.hosts FOR EACH ROW WHEN (((((((((((((old.status IS DISTINCT FROM new.status) OR (old.provider IS DISTINCT FROM new.provider)) OR (old.availability_zone IS DISTINCT FROM new.availability_zone)) OR (old.arch IS DISTINCT FROM new.arch)) OR (old.cpu_cores IS DISTINCT FROM new.cpu_cores)) OR (old.memory_mb IS DISTINCT FROM new.memory_mb)) OR (old.disk_gb IS DISTINCT FROM new.disk_gb)) OR (old.address IS DISTINCT FROM new.address)) OR (old.agent_version IS DISTINCT FROM new.agent_version)) OR (old.registered_at IS DISTINCT FROM new.registered_at)) OR (old.reached_at IS DISTINCT FROM new.reached_at)) OR (old.draining_since IS DISTINCT FROM new.draining_since))) EXECUTE FUNCTION public.note_change_of_status('host');
CREATE TRIGGER sandboxes_count AFTER INSERT ON public.sandboxes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.count_sandboxes();
CREATE TRIGGER sandboxes_count_change AFTER UPDATE ON public.sandboxes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.count_sandboxes();
CREATE TRIGGER sandboxes_count_removal AFTER DELETE ON public.sandboxes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.count_sandboxes();
CREATE TRIGGER sandboxes_live_team AFTER INSERT ON public.sandboxes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.need_live_teams();
CREATE TRIGGER sandboxes_note AFTER INSERT ON public.sandboxes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.note_new_sandboxes();
CREATE TRIGGER sandboxes_note_removal AFTER DELETE ON public.sandboxes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.note_removed_sandboxes();
CREATE TRIGGER sandboxes_note_update AFTER UPDATE ON public.sandboxes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.note_changed_sandboxes();
CREATE TRIGGER team_api_keys_live_team BEFORE INSERT ON public.team_api_keys FOR EACH ROW EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER team_api_keys_note AFTER INSERT OR DELETE ON public.team_api_keys FOR EACH ROW EXECUTE FUNCTION public.note_change('api_key', 'team');
CREATE TRIGGER team_api_keys_note_update AFTER UPDATE OF name, scopes, expires_at, created_by ON public.team_api_keys FOR EACH ROW WHEN (((((old.name IS DISTINCT FROM new.name) OR (old.scopes IS DISTINCT FROM new.scopes)) OR (old.expires_at IS DISTINCT FROM new.expires_at)) OR (old.created_by IS DISTINCT FROM new.created_by))) EXECUTE FUNCTION public.note_change('api_key', 'team');
CREATE TRIGGER team_invitations_live_team BEFORE INSERT ON public.team_invitations FOR EACH ROW EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER team_invitations_note AFTER INSERT OR DELETE OR UPDATE ON public.team_invitations FOR EACH ROW EXECUTE FUNCTION public.note_invitation();
CREATE TRIGGER teams_begin_totals AFTER INSERT ON public.teams FOR EACH ROW EXECUTE FUNCTION public.begin_team_totals();
CREATE TRIGGER teams_fill_slug BEFORE INSERT ON public.teams FOR EACH ROW EXECUTE FUNCTION public.fill_slug();
CREATE TRIGGER teams_keep_slug BEFORE UPDATE OF slug ON public.teams FOR EACH ROW WHEN ((old.slug <> new.slug)) EXECUTE FUNCTION public.refuse_other_slug();
CREATE TRIGGER teams_note AFTER INSERT ON public.teams FOR EACH ROW EXECUTE FUNCTION public.note_team();
CREATE TRIGGER teams_note_update AFTER UPDATE OF name, is_byoc, deleted_at ON public.teams FOR EACH ROW WHEN ((((old.name IS DISTINCT FROM new.name) OR (old.is_byoc IS DISTINCT FROM new.is_byoc)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at))) EXECUTE FUNCTION public.note_team();
CREATE TRIGGER template_builds_live_team BEFORE INSERT ON public.template_builds FOR EACH ROW EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER template_builds_note AFTER INSERT OR DELETE ON public.template_builds FOR EACH ROW EXECUTE FUNCTION public.note_change_of_status('build');
CREATE TRIGGER template_builds_note_update AFTER UPDATE OF status, template_id, host_id, current_step, total_steps, error ON public.template_builds FOR EACH ROW WHEN (((((((old.status IS DISTINCT FROM new.status) OR (old.template_id IS DISTINCT FROM new.template_id)) OR (old.host_id IS DISTINCT FROM new.host_id)) OR (old.current_step IS DISTINCT FROM new.current_step)) OR (old.total_steps IS DISTINCT FROM new.total_steps)) OR (old.error IS DISTINCT FROM new.error))) EXECUTE FUNCTION public.note_change_of_status('build');
CREATE TRIGGER templates_live_team BEFORE INSERT ON public.templates FOR EACH ROW EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER templates_note AFTER INSERT OR DELETE ON public.templates FOR EACH ROW EXECUTE FUNCTION public.note_change_of_status('template');
CREATE TRIGGER templates_note_update AFTER UPDATE OF name, status, vcpus, memory_mb, disk_mb, size_bytes, failure, replaces ON public.templates FOR EACH ROW WHEN (((((((((old.name IS DISTINCT FROM new.name) OR (old.status IS DISTINCT FROM new.status)) OR (old.vcpus IS DISTINCT FROM new.vcpus)) OR (old.memory_mb IS DISTINCT FROM new.memory_mb)) OR (old.disk_mb IS DISTINCT FROM new.disk_mb)) OR (old.size_bytes IS DISTINCT FROM new.size_bytes)) OR (old.failure IS DISTINCT FROM new.failure)) OR (old.replaces IS DISTINCT FROM new.replaces))) EXECUTE FUNCTION public.note_change_of_status('template');
CREATE TRIGGER users_note AFTER INSERT ON public.users FOR EACH ROW EXECUTE FUNCTION public.note_user();
CREATE TRIGGER users_note_removal AFTER DELETE ON public.users FOR EACH ROW EXECUTE FUNCTION public.note_removed_user();
CREATE TRIGGER users_note_update AFTER UPDATE OF email, name, is_admin, status, email_verified_at ON public.users FOR EACH ROW WHEN ((((((old.email IS DISTINCT FROM new.email) OR (old.name IS DISTINCT FROM new.name)) OR (old.is_admin IS DISTINCT FROM new.is_admin)) OR (old.status IS DISTINCT FROM new.status)) OR (old.email_verified_at IS DISTINCT FROM new.email_verified_at))) EXECUTE FUNCTION public.note_user();
CREATE TRIGGER users_teams_live_team BEFORE INSERT ON public.users_teams FOR EACH ROW EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER users_teams_note AFTER INSERT OR DELETE ON public.users_teams FOR EACH ROW EXECUTE FUNCTION public.note_member();
CREATE TRIGGER users_teams_note_update AFTER UPDATE OF role ON public.users_teams FOR EACH ROW WHEN ((old.role <> new.role)) EXECUTE FUNCTION public.note_member();
CREATE TRIGGER webhooks_live_team BEFORE INSERT ON public.webhooks FOR EACH ROW EXECUTE FUNCTION public.need_live_team();
CREATE TRIGGER webhooks_note AFTER INSERT OR DELETE ON public.webhooks FOR EACH ROW EXECUTE FUNCTION public.note_change('webhook', 'team');
CREATE TRIGGER webhooks_note_update AFTER UPDATE OF url, description, events, enabled, disabled_reason, old_secret_until, failing_since ON public.webhooks FOR EACH ROW WHEN ((((((((old.url IS DISTINCT FROM new.url) OR (old.description IS DISTINCT FROM new.description)) OR (old.events IS DISTINCT FROM new.events)) OR (old.enabled IS DISTINCT FROM new.enabled)) OR (old.disabled_reason IS DISTINCT FROM new.disabled_reason)) OR (old.old_secret_until IS DISTINCT FROM new.old_secret_until)) OR ((old.failing_since IS NULL) IS DISTINCT FROM (new.failing_since IS NULL)))) EXECUTE FUNCTION public.note_change('webhook', 'team');
ALTER TABLE ONLY public.admin_permissions
    ADD CONSTRAINT admin_permissions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.audit_logs
    ADD CONSTRAINT audit_logs_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.daily_usage
    ADD CONSTRAINT daily_usage_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.host_load
    ADD CONSTRAINT host_load_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.host_refresh_tokens
    ADD CONSTRAINT host_refresh_tokens_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.host_refresh_tokens
    ADD CONSTRAINT host_refresh_tokens_replaces_fkey FOREIGN KEY (replaces) REFERENCES public.host_refresh_tokens(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.host_registration_tokens
    ADD CONSTRAINT host_registration_tokens_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.host_registration_tokens
    ADD CONSTRAINT host_registration_tokens_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.host_tags
    ADD CONSTRAINT host_tags_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT hosts_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT hosts_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.oauth_flows
    ADD CONSTRAINT oauth_flows_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.user_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.oauth_providers
    ADD CONSTRAINT oauth_providers_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sandbox_metric_marks
    ADD CONSTRAINT sandbox_metric_marks_sandbox_id_fkey FOREIGN KEY (sandbox_id) REFERENCES public.sandboxes(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sandbox_metric_points
    ADD CONSTRAINT sandbox_metric_points_sandbox_id_fkey FOREIGN KEY (sandbox_id) REFERENCES public.sandboxes(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sandbox_metrics_snapshots
    ADD CONSTRAINT sandbox_metrics_snapshots_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sandbox_ports
    ADD CONSTRAINT sandbox_ports_sandbox_id_fkey FOREIGN KEY (sandbox_id) REFERENCES public.sandboxes(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sandboxes
    ADD CONSTRAINT sandboxes_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.sandboxes
    ADD CONSTRAINT sandboxes_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.sandboxes
    ADD CONSTRAINT sandboxes_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.templates(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.team_api_keys
    ADD CONSTRAINT team_api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.team_api_keys
    ADD CONSTRAINT team_api_keys_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.team_invitations
    ADD CONSTRAINT team_invitations_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES public.users(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.team_invitations
    ADD CONSTRAINT team_invitations_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.team_quotas
    ADD CONSTRAINT team_quotas_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.team_totals
    ADD CONSTRAINT team_totals_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.template_builds
    ADD CONSTRAINT template_builds_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.template_builds
    ADD CONSTRAINT template_builds_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.template_builds
    ADD CONSTRAINT template_builds_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.templates(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.template_fetches
    ADD CONSTRAINT template_fetches_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.template_fetches
    ADD CONSTRAINT template_fetches_source_host_id_fkey FOREIGN KEY (source_host_id) REFERENCES public.hosts(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.template_fetches
    ADD CONSTRAINT template_fetches_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.templates(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.template_hosts
    ADD CONSTRAINT template_hosts_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.hosts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.template_hosts
    ADD CONSTRAINT template_hosts_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.templates(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_parent_template_id_fkey FOREIGN KEY (parent_template_id) REFERENCES public.templates(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE RESTRICT;
ALTER TABLE ONLY public.user_mail_tokens
    ADD CONSTRAINT user_mail_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.user_refresh_tokens
    ADD CONSTRAINT user_refresh_tokens_replaces_fkey FOREIGN KEY (replaces) REFERENCES public.user_refresh_tokens(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.user_refresh_tokens
    ADD CONSTRAINT user_refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.user_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.user_sessions
    ADD CONSTRAINT user_sessions_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.user_sessions
    ADD CONSTRAINT user_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.users_teams
    ADD CONSTRAINT users_teams_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.users_teams
    ADD CONSTRAINT users_teams_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhooks(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ws_tickets
    ADD CONSTRAINT ws_tickets_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES public.team_api_keys(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ws_tickets
    ADD CONSTRAINT ws_tickets_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.user_sessions(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ws_tickets
    ADD CONSTRAINT ws_tickets_team_id_fkey FOREIGN KEY (team_id) REFERENCES public.teams(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.ws_tickets
    ADD CONSTRAINT ws_tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
