-- SPDX-License-Identifier: Apache-2.0
-- Whose sandboxes a host takes stands beside its load, and leads the index of turns: a placement reads no other hosts.

ALTER TABLE host_load ADD COLUMN pool uuid;
UPDATE host_load l SET pool = COALESCE(h.team_id, '00000000-0000-0000-0000-000000000000') FROM hosts h WHERE h.id = l.host_id;
ALTER TABLE host_load ALTER COLUMN pool SET NOT NULL;
COMMENT ON COLUMN host_load.pool IS 'the team whose own the host is, or the platform''s team: everybody''s';

DROP INDEX host_load_turn;
CREATE INDEX host_load_turn ON host_load (pool, last_placed_at NULLS FIRST, added_at, host_id);

CREATE OR REPLACE FUNCTION add_host_load() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO host_load (host_id, pool) VALUES (NEW.id, COALESCE(NEW.team_id, '00000000-0000-0000-0000-000000000000'));
  RETURN NULL;
END $$;

CREATE FUNCTION move_host_to_pool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE host_load SET pool = COALESCE(NEW.team_id, '00000000-0000-0000-0000-000000000000') WHERE host_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER hosts_pool AFTER UPDATE OF team_id ON hosts FOR EACH ROW WHEN (OLD.team_id IS DISTINCT FROM NEW.team_id)
  EXECUTE FUNCTION move_host_to_pool();
