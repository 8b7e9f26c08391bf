-- SPDX-License-Identifier: Apache-2.0
-- The whole first schema. Ids are native UUIDs; the wire forms with prefixes exist only outside the database. Values of
-- status, role and type columns are the enumerators of the C++ enums, which a test compares. Times are UTC.

CREATE TABLE teams (
  id         uuid PRIMARY KEY,
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 128),
  slug       text NOT NULL CONSTRAINT teams_slug_key UNIQUE CHECK (slug ~ '^[0-9a-f]{6}-[0-9a-f]{6}$'),
  is_byoc    boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  torn_down_at timestamptz
);
CREATE INDEX teams_list ON teams (created_at DESC, id DESC);
CREATE INDEX teams_teardown ON teams (deleted_at) WHERE deleted_at IS NOT NULL AND torn_down_at IS NULL;
COMMENT ON TABLE teams IS 'Who owns things and pays for them. The all-zero id is the platform team.';
COMMENT ON COLUMN teams.id IS 'wire form team-{uuid}';
COMMENT ON COLUMN teams.name IS 'shown to people; checked by is_team_name()';
COMMENT ON COLUMN teams.slug IS 'immutable, never issued twice, not even after the team is deleted; made of the id when left out';
COMMENT ON COLUMN teams.is_byoc IS 'sandboxes run only on the team''s own hosts';
COMMENT ON COLUMN teams.created_at IS 'UTC';
COMMENT ON COLUMN teams.deleted_at IS 'UTC; set once, the row stays';
COMMENT ON COLUMN teams.torn_down_at IS 'UTC; nothing that belonged to the deleted team is left anywhere';

CREATE TABLE users (
  id            uuid PRIMARY KEY,
  email         text NOT NULL CONSTRAINT users_email_key UNIQUE CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 320),
  password_hash text,
  name          text NOT NULL DEFAULT '' CHECK (char_length(name) <= 100),
  is_admin      boolean NOT NULL DEFAULT false,
  status        text NOT NULL DEFAULT 'active' CHECK (status IN ('inactive', 'active', 'disabled', 'deleted')),
  created_at    timestamptz NOT NULL DEFAULT now(),
  email_verified_at timestamptz,
  updated_at    timestamptz NOT NULL DEFAULT now(),
  deleted_at    timestamptz
);
CREATE INDEX users_list ON users (created_at DESC, id DESC);
CREATE INDEX users_admins ON users (id) WHERE is_admin;
CREATE INDEX users_email_prefix ON users (email text_pattern_ops);
COMMENT ON TABLE users IS 'People who sign in.';
COMMENT ON COLUMN users.id IS 'wire form usr-{uuid}';
COMMENT ON COLUMN users.email IS 'trimmed and in lower case';
COMMENT ON COLUMN users.password_hash IS 'Argon2id in its encoded form; NULL for accounts that sign in elsewhere';
COMMENT ON COLUMN users.name IS 'shown to people';
COMMENT ON COLUMN users.is_admin IS 'platform admin';
COMMENT ON COLUMN users.status IS 'see UserStatus; whoever is not active can do nothing, at once';
COMMENT ON COLUMN users.created_at IS 'UTC';
COMMENT ON COLUMN users.email_verified_at IS 'UTC; when it was shown that the address is the user''s; NULL: not yet';
COMMENT ON COLUMN users.updated_at IS 'UTC';
COMMENT ON COLUMN users.deleted_at IS 'UTC; from then on the row names nobody any more and is kept for what refers to it';

CREATE TABLE users_teams (
  user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  team_id    uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  is_default boolean NOT NULL DEFAULT false,
  role       text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, user_id)
);
CREATE UNIQUE INDEX users_teams_one_owner ON users_teams (team_id) WHERE role = 'owner';
CREATE UNIQUE INDEX users_teams_one_default ON users_teams (user_id) WHERE is_default;
CREATE INDEX users_teams_user ON users_teams (user_id, created_at);
COMMENT ON TABLE users_teams IS 'Memberships.';
COMMENT ON COLUMN users_teams.user_id IS 'the member';
COMMENT ON COLUMN users_teams.team_id IS 'the team';
COMMENT ON COLUMN users_teams.is_default IS 'where the user lands after login';
COMMENT ON COLUMN users_teams.role IS 'what the user may do in the team';
COMMENT ON COLUMN users_teams.created_at IS 'UTC; when the user joined';

CREATE TABLE user_sessions (
  id           uuid PRIMARY KEY,
  user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  team_id      uuid REFERENCES teams ON DELETE SET NULL,
  ip           text NOT NULL DEFAULT '',
  user_agent   text NOT NULL DEFAULT '' CHECK (char_length(user_agent) <= 256),
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz
);
CREATE INDEX user_sessions_list ON user_sessions (user_id, created_at DESC, id DESC) WHERE revoked_at IS NULL;
CREATE INDEX user_sessions_expiry ON user_sessions (expires_at);
COMMENT ON TABLE user_sessions IS 'Sign-ins of users. A token of a session that is revoked is refused at once.';
COMMENT ON COLUMN user_sessions.id IS 'wire form ses-{uuid}';
COMMENT ON COLUMN user_sessions.user_id IS 'who signed in';
COMMENT ON COLUMN user_sessions.team_id IS 'that a renewed session goes on in';
COMMENT ON COLUMN user_sessions.ip IS 'address that signed in';
COMMENT ON COLUMN user_sessions.user_agent IS 'program that signed in, as it called itself';
COMMENT ON COLUMN user_sessions.created_at IS 'UTC';
COMMENT ON COLUMN user_sessions.last_seen_at IS 'UTC; to the minute';
COMMENT ON COLUMN user_sessions.expires_at IS 'UTC; without a refresh until then it cannot be refreshed any more';
COMMENT ON COLUMN user_sessions.revoked_at IS 'UTC; signed out, or ended';

CREATE TABLE team_invitations (
  id         uuid PRIMARY KEY,
  team_id    uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  email      text NOT NULL CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 320),
  role       text NOT NULL DEFAULT 'member' CHECK (role IN ('admin', 'member')),
  token_hash text NOT NULL CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  invited_by uuid REFERENCES users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  UNIQUE (team_id, email)
);
CREATE INDEX team_invitations_email ON team_invitations (email);
CREATE INDEX team_invitations_expiry ON team_invitations (expires_at);
COMMENT ON TABLE team_invitations IS 'Who has been asked to join, with or without an account. Accepting, declining and revoking delete the row.';
COMMENT ON COLUMN team_invitations.id IS 'wire form inv-{uuid}';
COMMENT ON COLUMN team_invitations.team_id IS 'what to join';
COMMENT ON COLUMN team_invitations.email IS 'trimmed and in lower case';
COMMENT ON COLUMN team_invitations.role IS 'as what; see TeamRole';
COMMENT ON COLUMN team_invitations.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN team_invitations.invited_by IS 'who asked';
COMMENT ON COLUMN team_invitations.created_at IS 'UTC';
COMMENT ON COLUMN team_invitations.expires_at IS 'UTC';

CREATE TABLE user_refresh_tokens (
  id         uuid PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES user_sessions ON DELETE CASCADE,
  token_hash text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  replaces   uuid REFERENCES user_refresh_tokens ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);
CREATE INDEX user_refresh_tokens_session ON user_refresh_tokens (session_id, created_at);
CREATE INDEX user_refresh_tokens_replaces ON user_refresh_tokens (replaces);
COMMENT ON TABLE user_refresh_tokens IS 'What a browser renews its session with. Each use makes a successor; the first use of a successor revokes what was before it.';
COMMENT ON COLUMN user_refresh_tokens.id IS 'internal';
COMMENT ON COLUMN user_refresh_tokens.session_id IS 'the session that it renews';
COMMENT ON COLUMN user_refresh_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN user_refresh_tokens.replaces IS 'the token that was used to get this one';
COMMENT ON COLUMN user_refresh_tokens.created_at IS 'UTC';
COMMENT ON COLUMN user_refresh_tokens.revoked_at IS 'UTC; a later one has been used: using this one again means that it was stolen';

CREATE TABLE user_mail_tokens (
  id         uuid PRIMARY KEY,
  user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  purpose    text NOT NULL CHECK (purpose IN ('activation', 'password_reset')),
  token_hash text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX user_mail_tokens_user ON user_mail_tokens (user_id, purpose);
CREATE INDEX user_mail_tokens_expiry ON user_mail_tokens (expires_at);
COMMENT ON TABLE user_mail_tokens IS 'Links in mails. The token itself is derived from the id when the mail is written, and stored nowhere.';
COMMENT ON COLUMN user_mail_tokens.id IS 'internal';
COMMENT ON COLUMN user_mail_tokens.user_id IS 'whom the mail went to';
COMMENT ON COLUMN user_mail_tokens.purpose IS 'see MailPurpose';
COMMENT ON COLUMN user_mail_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN user_mail_tokens.created_at IS 'UTC';
COMMENT ON COLUMN user_mail_tokens.expires_at IS 'UTC';
COMMENT ON COLUMN user_mail_tokens.used_at IS 'UTC; used, or superseded by a later one';

CREATE TABLE login_failures (
  key          text PRIMARY KEY CHECK (char_length(key) <= 64),
  failures     integer NOT NULL,
  last_at      timestamptz NOT NULL DEFAULT now(),
  locked_until timestamptz
);
CREATE INDEX login_failures_age ON login_failures (last_at);
COMMENT ON TABLE login_failures IS 'Wrong passwords, so that guessing ends.';
COMMENT ON COLUMN login_failures.key IS 'SHA-256 of account and address, hex';
COMMENT ON COLUMN login_failures.failures IS 'count, since the last success or pause';
COMMENT ON COLUMN login_failures.last_at IS 'UTC';
COMMENT ON COLUMN login_failures.locked_until IS 'UTC; no password is tried before';

CREATE TABLE oauth_providers (
  provider    text NOT NULL,
  provider_id text NOT NULL,
  user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  email       text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, provider_id)
);
CREATE UNIQUE INDEX oauth_providers_one_each ON oauth_providers (user_id, provider);
COMMENT ON TABLE oauth_providers IS 'Identities at other providers that sign a user in.';
COMMENT ON COLUMN oauth_providers.provider IS '"github", "oidc"';
COMMENT ON COLUMN oauth_providers.provider_id IS 'the provider''s id of the person';
COMMENT ON COLUMN oauth_providers.user_id IS 'whom it signs in';
COMMENT ON COLUMN oauth_providers.email IS 'as the provider told it';
COMMENT ON COLUMN oauth_providers.created_at IS 'UTC';

CREATE TABLE oauth_flows (
  state_hash text PRIMARY KEY CHECK (state_hash ~ '^[0-9a-f]{64}$'),
  provider   text NOT NULL,
  session_id uuid REFERENCES user_sessions ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX oauth_flows_expiry ON oauth_flows (expires_at);
COMMENT ON TABLE oauth_flows IS 'Visits to another provider that have not come back yet. Verifier and nonce are derived from the state.';
COMMENT ON COLUMN oauth_flows.state_hash IS 'SHA-256 of the state parameter, hex';
COMMENT ON COLUMN oauth_flows.provider IS 'where the visitor was sent to';
COMMENT ON COLUMN oauth_flows.session_id IS 'who connects an identity to an account; NULL: a sign-in';
COMMENT ON COLUMN oauth_flows.created_at IS 'UTC';
COMMENT ON COLUMN oauth_flows.expires_at IS 'UTC';
COMMENT ON COLUMN oauth_flows.used_at IS 'UTC; the visitor has come back';

CREATE TABLE oauth_codes (
  code_hash  text PRIMARY KEY CHECK (code_hash ~ '^[0-9a-f]{64}$'),
  state_hash text NOT NULL CHECK (state_hash ~ '^[0-9a-f]{64}$'),
  user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_codes_expiry ON oauth_codes (expires_at);
COMMENT ON TABLE oauth_codes IS 'Codes that a page exchanges for a session, once.';
COMMENT ON COLUMN oauth_codes.code_hash IS 'SHA-256 of the code, hex';
COMMENT ON COLUMN oauth_codes.state_hash IS 'of the state in the cookie of the browser that may exchange it';
COMMENT ON COLUMN oauth_codes.user_id IS 'who is signed in';
COMMENT ON COLUMN oauth_codes.expires_at IS 'UTC';

CREATE TABLE admin_permissions (
  id         uuid PRIMARY KEY,
  user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  permission text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (user_id, permission)
);
COMMENT ON TABLE admin_permissions IS 'Single rights of platform staff who are not admins.';
COMMENT ON COLUMN admin_permissions.id IS 'wire form perm-{uuid}';
COMMENT ON COLUMN admin_permissions.user_id IS 'who has the right';
COMMENT ON COLUMN admin_permissions.permission IS 'name of the right';
COMMENT ON COLUMN admin_permissions.created_at IS 'UTC';

CREATE TABLE team_api_keys (
  id         uuid PRIMARY KEY,
  team_id    uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  key_hash   text NOT NULL CONSTRAINT team_api_keys_key_hash_key UNIQUE CHECK (key_hash ~ '^[0-9a-f]{64}$'),
  key_prefix text NOT NULL,
  scopes     text[] NOT NULL DEFAULT '{read,sandboxes,templates}'
             CHECK (scopes <@ ARRAY['read', 'sandboxes', 'templates', 'hosts'] AND cardinality(scopes) BETWEEN 1 AND 4),
  created_by uuid REFERENCES users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used  timestamptz
);
CREATE INDEX team_api_keys_team ON team_api_keys (team_id, created_at DESC, id DESC);
CREATE INDEX team_api_keys_creator ON team_api_keys (created_by);
COMMENT ON TABLE team_api_keys IS 'Keys that act for a team. Revoking one deletes the row.';
COMMENT ON COLUMN team_api_keys.id IS 'wire form key-{uuid}';
COMMENT ON COLUMN team_api_keys.team_id IS 'whom the key acts for';
COMMENT ON COLUMN team_api_keys.name IS 'shown to people';
COMMENT ON COLUMN team_api_keys.key_hash IS 'SHA-256 of the key''s 40 hex digits, hex';
COMMENT ON COLUMN team_api_keys.key_prefix IS 'first characters of the key, to recognise it by';
COMMENT ON COLUMN team_api_keys.scopes IS 'see KeyScope';
COMMENT ON COLUMN team_api_keys.created_by IS 'who made it; the key works while that user is an active member';
COMMENT ON COLUMN team_api_keys.created_at IS 'UTC';
COMMENT ON COLUMN team_api_keys.expires_at IS 'UTC; NULL: never';
COMMENT ON COLUMN team_api_keys.last_used IS 'UTC; at most a minute behind';

CREATE TABLE ws_tickets (
  token_hash text PRIMARY KEY CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  user_id    uuid REFERENCES users ON DELETE CASCADE,
  session_id uuid REFERENCES user_sessions ON DELETE CASCADE,
  team_id    uuid REFERENCES teams ON DELETE CASCADE,
  api_key_id uuid REFERENCES team_api_keys ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  CHECK ((session_id IS NULL) = (user_id IS NULL) AND (session_id IS NULL) <> (api_key_id IS NULL))
);
CREATE INDEX ws_tickets_session ON ws_tickets (session_id);
CREATE INDEX ws_tickets_user ON ws_tickets (user_id);
CREATE INDEX ws_tickets_key ON ws_tickets (api_key_id);
CREATE INDEX ws_tickets_expiry ON ws_tickets (expires_at);
COMMENT ON TABLE ws_tickets IS 'What a browser opens one WebSocket with. Using a ticket deletes its row.';
COMMENT ON COLUMN ws_tickets.token_hash IS 'SHA-256 of the ticket, hex';
COMMENT ON COLUMN ws_tickets.user_id IS 'who asked for it';
COMMENT ON COLUMN ws_tickets.session_id IS 'the session that it stands for; NULL: a key';
COMMENT ON COLUMN ws_tickets.team_id IS 'the team that the session''s token names';
COMMENT ON COLUMN ws_tickets.api_key_id IS 'the key that it stands for; NULL: a session';
COMMENT ON COLUMN ws_tickets.expires_at IS 'UTC';

CREATE TABLE hosts (
  id                uuid PRIMARY KEY,
  type              text NOT NULL CHECK (type IN ('regular', 'byoc')),
  team_id           uuid REFERENCES teams ON DELETE RESTRICT,
  provider          text NOT NULL DEFAULT '' CHECK (char_length(provider) <= 100),
  availability_zone text NOT NULL DEFAULT '' CHECK (char_length(availability_zone) <= 100),
  arch              text NOT NULL DEFAULT '',
  cpu_cores         integer NOT NULL DEFAULT 0 CHECK (cpu_cores >= 0),
  memory_mb         integer NOT NULL DEFAULT 0 CHECK (memory_mb >= 0),
  disk_gb           integer NOT NULL DEFAULT 0 CHECK (disk_gb >= 0),
  address           text NOT NULL DEFAULT '',
  cert_fingerprint  text NOT NULL DEFAULT '',
  cert_expires_at   timestamptz,
  status            text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'online', 'unreachable', 'draining')),
  agent_version     text NOT NULL DEFAULT '',
  running           integer NOT NULL DEFAULT 0,
  paused            integer NOT NULL DEFAULT 0,
  registered_at     timestamptz,
  reached_at        timestamptz,
  draining_since    timestamptz,
  last_heartbeat_at timestamptz,
  metadata          jsonb NOT NULL DEFAULT '{}',
  created_by        uuid REFERENCES users ON DELETE SET NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT hosts_team_check CHECK ((type = 'byoc') = (team_id IS NOT NULL))
);
CREATE INDEX hosts_list ON hosts (created_at DESC, id DESC);
CREATE INDEX hosts_team ON hosts (team_id, created_at DESC, id DESC);
CREATE INDEX hosts_status ON hosts (status, type);
COMMENT ON TABLE hosts IS 'Machines that run sandboxes.';
COMMENT ON COLUMN hosts.id IS 'wire form host-{uuid}';
COMMENT ON COLUMN hosts.type IS 'of the platform, or of one team';
COMMENT ON COLUMN hosts.team_id IS 'owner of a byoc host';
COMMENT ON COLUMN hosts.provider IS 'free text';
COMMENT ON COLUMN hosts.availability_zone IS 'free text';
COMMENT ON COLUMN hosts.arch IS '"amd64", "arm64", as the agent reports';
COMMENT ON COLUMN hosts.cpu_cores IS 'count, as the agent reports';
COMMENT ON COLUMN hosts.memory_mb IS 'MiB, as the agent reports';
COMMENT ON COLUMN hosts.disk_gb IS 'GiB, as the agent reports';
COMMENT ON COLUMN hosts.address IS 'host:port where control reaches the agent, or "tunnel" if the agent dials out; empty before registration';
COMMENT ON COLUMN hosts.cert_fingerprint IS 'SHA-256 of the agent''s certificate, hex, and after commas those of its last ones for the same key; control accepts no other';
COMMENT ON COLUMN hosts.cert_expires_at IS 'UTC';
COMMENT ON COLUMN hosts.status IS 'see HostState';
COMMENT ON COLUMN hosts.agent_version IS 'as the last heartbeat said';
COMMENT ON COLUMN hosts.running IS 'count of running sandboxes, as the last heartbeat said';
COMMENT ON COLUMN hosts.paused IS 'count of paused sandboxes, as the last heartbeat said';
COMMENT ON COLUMN hosts.registered_at IS 'UTC; when the agent registered last; empty while it must register';
COMMENT ON COLUMN hosts.reached_at IS 'UTC; when control first reached the agent since it registered';
COMMENT ON COLUMN hosts.draining_since IS 'UTC; set: no new sandboxes';
COMMENT ON COLUMN hosts.last_heartbeat_at IS 'UTC';
COMMENT ON COLUMN hosts.metadata IS 'free';
COMMENT ON COLUMN hosts.created_by IS 'who made it';
COMMENT ON COLUMN hosts.created_at IS 'UTC';
COMMENT ON COLUMN hosts.updated_at IS 'UTC; last change of anything but heartbeats';

CREATE TABLE host_registration_tokens (
  id         uuid PRIMARY KEY,
  host_id    uuid NOT NULL REFERENCES hosts ON DELETE CASCADE,
  token_hash text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  created_by uuid REFERENCES users ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX host_registration_tokens_host ON host_registration_tokens (host_id);
COMMENT ON TABLE host_registration_tokens IS 'One-time tokens with which an agent becomes a host.';
COMMENT ON COLUMN host_registration_tokens.id IS 'wire form htok-{uuid}';
COMMENT ON COLUMN host_registration_tokens.host_id IS 'the host that it makes of the agent';
COMMENT ON COLUMN host_registration_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN host_registration_tokens.created_by IS 'who asked for it';
COMMENT ON COLUMN host_registration_tokens.created_at IS 'UTC';
COMMENT ON COLUMN host_registration_tokens.expires_at IS 'UTC';
COMMENT ON COLUMN host_registration_tokens.used_at IS 'UTC; used, or superseded by a newer token';

CREATE TABLE control_replicas (
  id         uuid PRIMARY KEY,
  tunnel_url text NOT NULL CHECK (char_length(tunnel_url) BETWEEN 1 AND 300),
  seen_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE control_replicas IS 'Running processes of control that agents behind NAT connect to.';
COMMENT ON COLUMN control_replicas.id IS 'one start of one process';
COMMENT ON COLUMN control_replicas.tunnel_url IS 'where agents reach this very process';
COMMENT ON COLUMN control_replicas.seen_at IS 'UTC; when the process last said that it runs';

CREATE TABLE host_tags (
  host_id uuid NOT NULL REFERENCES hosts ON DELETE CASCADE,
  tag     text NOT NULL CHECK (char_length(tag) BETWEEN 1 AND 64),
  PRIMARY KEY (host_id, tag)
);
CREATE INDEX host_tags_tag ON host_tags (tag);
COMMENT ON TABLE host_tags IS 'Labels of hosts.';
COMMENT ON COLUMN host_tags.host_id IS 'the host';
COMMENT ON COLUMN host_tags.tag IS 'the label';

CREATE TABLE host_refresh_tokens (
  id         uuid PRIMARY KEY,
  host_id    uuid NOT NULL REFERENCES hosts ON DELETE CASCADE,
  family_id  uuid NOT NULL,
  token_hash text NOT NULL CONSTRAINT host_refresh_tokens_token_hash_key UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  replaces   uuid REFERENCES host_refresh_tokens ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX host_refresh_tokens_family ON host_refresh_tokens (family_id);
CREATE INDEX host_refresh_tokens_host ON host_refresh_tokens (host_id);
CREATE INDEX host_refresh_tokens_expiry ON host_refresh_tokens (expires_at);
COMMENT ON TABLE host_refresh_tokens IS 'Tokens with which an agent renews its credentials; each use replaces the token by a successor that the agent proposes.';
COMMENT ON COLUMN host_refresh_tokens.id IS 'wire form hrt-{uuid}';
COMMENT ON COLUMN host_refresh_tokens.host_id IS 'whose token';
COMMENT ON COLUMN host_refresh_tokens.family_id IS 'the registration that this token descends from';
COMMENT ON COLUMN host_refresh_tokens.token_hash IS 'SHA-256 of the token, hex';
COMMENT ON COLUMN host_refresh_tokens.replaces IS 'the token before this one in the family';
COMMENT ON COLUMN host_refresh_tokens.created_at IS 'UTC';
COMMENT ON COLUMN host_refresh_tokens.expires_at IS 'UTC';
COMMENT ON COLUMN host_refresh_tokens.revoked_at IS 'UTC; replaced, or revoked with its family';

CREATE TABLE templates (
  id                 uuid PRIMARY KEY,
  team_id            uuid NOT NULL REFERENCES teams ON DELETE RESTRICT,
  name               text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  type               text NOT NULL DEFAULT 'base' CHECK (type IN ('base', 'snapshot')),
  status             text NOT NULL DEFAULT 'building' CHECK (status IN ('building', 'ready', 'failed', 'deleting')),
  vcpus              integer NOT NULL DEFAULT 1 CHECK (vcpus > 0),
  memory_mb          integer NOT NULL DEFAULT 512 CHECK (memory_mb > 0),
  disk_mb            integer NOT NULL DEFAULT 4096 CHECK (disk_mb > 0),
  size_bytes         bigint NOT NULL DEFAULT 0 CHECK (size_bytes >= 0),
  parent_template_id uuid REFERENCES templates ON DELETE SET NULL,
  source_sandbox_id  uuid,
  definition         text NOT NULL DEFAULT '',
  failure            text NOT NULL DEFAULT '',
  replaces           boolean NOT NULL DEFAULT false,
  created_by         text NOT NULL DEFAULT '',
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX templates_live_name ON templates (team_id, name) WHERE status <> 'deleting' AND NOT replaces;
CREATE INDEX templates_list ON templates (team_id, created_at DESC, id DESC);
CREATE INDEX templates_parent ON templates (parent_template_id);
COMMENT ON TABLE templates IS 'What sandboxes start from. Snapshots are templates too.';
COMMENT ON COLUMN templates.id IS 'wire form tpl-{uuid}';
COMMENT ON COLUMN templates.team_id IS 'owner; the platform team''s are for everybody';
COMMENT ON COLUMN templates.name IS 'unique among the team''s live templates';
COMMENT ON COLUMN templates.type IS 'see TemplateType';
COMMENT ON COLUMN templates.status IS 'see TemplateState';
COMMENT ON COLUMN templates.vcpus IS 'count';
COMMENT ON COLUMN templates.memory_mb IS 'MiB';
COMMENT ON COLUMN templates.disk_mb IS 'MiB';
COMMENT ON COLUMN templates.size_bytes IS 'bytes on a host: disk layer and memory image';
COMMENT ON COLUMN templates.parent_template_id IS 'what the snapshot''s sandbox had started from';
COMMENT ON COLUMN templates.source_sandbox_id IS 'the sandbox that the snapshot was made from';
COMMENT ON COLUMN templates.definition IS 'template file that it was built from';
COMMENT ON COLUMN templates.failure IS 'why a build failed, for people';
COMMENT ON COLUMN templates.replaces IS 'takes the name over from the template that has it, once it is ready; until then nobody finds it';
COMMENT ON COLUMN templates.created_by IS 'wire id of the user or key that made it';
COMMENT ON COLUMN templates.created_at IS 'UTC';
COMMENT ON COLUMN templates.updated_at IS 'UTC';

CREATE TABLE template_hosts (
  template_id         uuid NOT NULL REFERENCES templates ON DELETE CASCADE,
  host_id             uuid NOT NULL REFERENCES hosts ON DELETE CASCADE,
  size_bytes          bigint NOT NULL DEFAULT 0,
  digest              text NOT NULL DEFAULT '' CHECK (digest ~ '^([0-9a-f]{64})?$'),
  reported_at         timestamptz NOT NULL DEFAULT now(),
  delete_requested_at timestamptz,
  PRIMARY KEY (template_id, host_id)
);
CREATE INDEX template_hosts_host ON template_hosts (host_id);
COMMENT ON TABLE template_hosts IS 'Which host holds the files of which template.';
COMMENT ON COLUMN template_hosts.template_id IS 'the template';
COMMENT ON COLUMN template_hosts.host_id IS 'the host';
COMMENT ON COLUMN template_hosts.size_bytes IS 'bytes on that host';
COMMENT ON COLUMN template_hosts.digest IS 'of the index of the files there, hex; empty until it was asked for. It never changes while the host holds them';
COMMENT ON COLUMN template_hosts.reported_at IS 'UTC; when the host reported it last';
COMMENT ON COLUMN template_hosts.delete_requested_at IS 'UTC; the host must remove the files, and may have been away so far';

CREATE TABLE template_fetches (
  template_id    uuid NOT NULL REFERENCES templates ON DELETE CASCADE,
  host_id        uuid NOT NULL REFERENCES hosts ON DELETE CASCADE,
  source_host_id uuid REFERENCES hosts ON DELETE SET NULL,
  bytes_done     bigint NOT NULL DEFAULT 0,
  bytes_total    bigint NOT NULL DEFAULT 0,
  error          text NOT NULL DEFAULT '',
  started_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (template_id, host_id)
);
CREATE INDEX template_fetches_host ON template_fetches (host_id);
COMMENT ON TABLE template_fetches IS 'Copies of templates on their way from one host to another. A row ends when the host holds the template.';
COMMENT ON COLUMN template_fetches.template_id IS 'the template';
COMMENT ON COLUMN template_fetches.host_id IS 'where it goes';
COMMENT ON COLUMN template_fetches.source_host_id IS 'where it comes from, as the fetching host said last';
COMMENT ON COLUMN template_fetches.bytes_done IS 'bytes';
COMMENT ON COLUMN template_fetches.bytes_total IS 'bytes';
COMMENT ON COLUMN template_fetches.error IS 'why it failed last; empty while it goes on';
COMMENT ON COLUMN template_fetches.started_at IS 'UTC';
COMMENT ON COLUMN template_fetches.updated_at IS 'UTC; when control last heard of it';

CREATE TABLE template_builds (
  id           uuid PRIMARY KEY,
  team_id      uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  name         text NOT NULL,
  template_id  uuid REFERENCES templates ON DELETE SET NULL,
  host_id      uuid REFERENCES hosts ON DELETE SET NULL,
  definition   text NOT NULL,
  healthcheck  text NOT NULL DEFAULT '',
  vcpus        integer NOT NULL DEFAULT 0 CHECK (vcpus >= 0),
  memory_mb    integer NOT NULL DEFAULT 0 CHECK (memory_mb >= 0),
  disk_mb      integer NOT NULL DEFAULT 0 CHECK (disk_mb >= 0),
  status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'success', 'failed', 'cancelled')),
  current_step integer NOT NULL DEFAULT 0,
  total_steps  integer NOT NULL DEFAULT 0,
  log          text NOT NULL DEFAULT '',
  log_lines    integer NOT NULL DEFAULT 0,
  error        text NOT NULL DEFAULT '',
  created_by   text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now(),
  started_at   timestamptz,
  followed_at  timestamptz,
  completed_at timestamptz
);
CREATE INDEX template_builds_list ON template_builds (team_id, created_at DESC, id DESC);
CREATE INDEX template_builds_live ON template_builds (status) WHERE status IN ('pending', 'running');
COMMENT ON TABLE template_builds IS 'Runs of template definitions.';
COMMENT ON COLUMN template_builds.id IS 'wire form bld-{uuid}';
COMMENT ON COLUMN template_builds.team_id IS 'for whom';
COMMENT ON COLUMN template_builds.name IS 'of the template that it makes';
COMMENT ON COLUMN template_builds.template_id IS 'what it makes';
COMMENT ON COLUMN template_builds.host_id IS 'where it runs';
COMMENT ON COLUMN template_builds.definition IS 'the template file';
COMMENT ON COLUMN template_builds.healthcheck IS 'command that must succeed in a sandbox of the new template; empty: as the template file says';
COMMENT ON COLUMN template_builds.vcpus IS 'count; 0: as the template file says';
COMMENT ON COLUMN template_builds.memory_mb IS 'MiB; 0: as the template file says';
COMMENT ON COLUMN template_builds.disk_mb IS 'MiB; 0: as the template file says';
COMMENT ON COLUMN template_builds.status IS 'see BuildState';
COMMENT ON COLUMN template_builds.current_step IS 'count';
COMMENT ON COLUMN template_builds.total_steps IS 'count';
COMMENT ON COLUMN template_builds.log IS 'output, bounded';
COMMENT ON COLUMN template_builds.log_lines IS 'count of lines that were received, shown or not';
COMMENT ON COLUMN template_builds.error IS 'why it failed, for people';
COMMENT ON COLUMN template_builds.created_by IS 'wire id of who asked for it';
COMMENT ON COLUMN template_builds.created_at IS 'UTC';
COMMENT ON COLUMN template_builds.started_at IS 'UTC';
COMMENT ON COLUMN template_builds.followed_at IS 'UTC; when control last heard of it from its host';
COMMENT ON COLUMN template_builds.completed_at IS 'UTC';

CREATE TABLE sandboxes (
  id             uuid PRIMARY KEY,
  team_id        uuid NOT NULL REFERENCES teams ON DELETE RESTRICT,
  host_id        uuid REFERENCES hosts ON DELETE SET NULL,
  template_id    uuid REFERENCES templates ON DELETE SET NULL,
  template       text NOT NULL,
  status         text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'starting', 'running', 'pausing', 'paused', 'resuming', 'stopping', 'stopped', 'missing', 'error')),
  status_cause   text NOT NULL DEFAULT '',
  epoch          bigint NOT NULL DEFAULT 0,
  vcpus          integer NOT NULL CHECK (vcpus > 0),
  memory_mb      integer NOT NULL CHECK (memory_mb > 0),
  disk_mb        integer NOT NULL CHECK (disk_mb > 0),
  timeout_sec    bigint NOT NULL DEFAULT 0 CHECK (timeout_sec >= 0),
  on_timeout     text NOT NULL DEFAULT 'pause' CHECK (on_timeout IN ('pause', 'destroy')),
  expires_at     timestamptz,
  metadata       jsonb NOT NULL DEFAULT '{}',
  network        jsonb NOT NULL DEFAULT '{}',
  traffic        jsonb NOT NULL DEFAULT '{}',
  link_epoch     bigint NOT NULL DEFAULT 0,
  created_by     text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL DEFAULT now(),
  started_at     timestamptz,
  last_active_at timestamptz,
  stopped_at     timestamptz,
  last_updated   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sandboxes_list ON sandboxes (team_id, created_at DESC, id DESC);
CREATE INDEX sandboxes_by_status ON sandboxes (team_id, status, created_at DESC, id DESC);
CREATE INDEX sandboxes_any_team ON sandboxes (status, created_at DESC, id DESC);
CREATE INDEX sandboxes_team_live ON sandboxes (team_id, created_at DESC, id DESC) WHERE status NOT IN ('stopped', 'error');
CREATE INDEX sandboxes_host ON sandboxes (host_id, status);
CREATE INDEX sandboxes_template ON sandboxes (template_id);
CREATE INDEX sandboxes_moving ON sandboxes (last_updated) WHERE status IN ('pending', 'starting', 'pausing', 'resuming', 'stopping');
COMMENT ON TABLE sandboxes IS 'Isolated virtual machines, live and past. Their environment variables are not stored.';
COMMENT ON COLUMN sandboxes.id IS 'wire form sb-{uuid}';
COMMENT ON COLUMN sandboxes.team_id IS 'owner';
COMMENT ON COLUMN sandboxes.host_id IS 'where it is, or was';
COMMENT ON COLUMN sandboxes.template_id IS 'what it started from';
COMMENT ON COLUMN sandboxes.template IS 'name of that template when the sandbox was made';
COMMENT ON COLUMN sandboxes.status IS 'see SandboxState';
COMMENT ON COLUMN sandboxes.status_cause IS 'why it is in this status, for people';
COMMENT ON COLUMN sandboxes.epoch IS 'of the last agent report that was applied; grows with each change on the agent';
COMMENT ON COLUMN sandboxes.vcpus IS 'count';
COMMENT ON COLUMN sandboxes.memory_mb IS 'MiB';
COMMENT ON COLUMN sandboxes.disk_mb IS 'MiB';
COMMENT ON COLUMN sandboxes.timeout_sec IS 'seconds without activity; 0: none';
COMMENT ON COLUMN sandboxes.on_timeout IS 'what the agent does then';
COMMENT ON COLUMN sandboxes.expires_at IS 'UTC; when that happens without further activity, as the agent said last';
COMMENT ON COLUMN sandboxes.metadata IS 'the user''s own labels: text to text';
COMMENT ON COLUMN sandboxes.network IS 'egress policy: egress, allow_cidrs, deny_cidrs';
COMMENT ON COLUMN sandboxes.traffic IS 'see TrafficRules';
COMMENT ON COLUMN sandboxes.link_epoch IS 'count of revocations; links and traffic tokens of an earlier epoch are void';
COMMENT ON COLUMN sandboxes.created_by IS 'wire id of the user or key that made it';
COMMENT ON COLUMN sandboxes.created_at IS 'UTC';
COMMENT ON COLUMN sandboxes.started_at IS 'UTC; when it ran for the first time';
COMMENT ON COLUMN sandboxes.last_active_at IS 'UTC';
COMMENT ON COLUMN sandboxes.stopped_at IS 'UTC';
COMMENT ON COLUMN sandboxes.last_updated IS 'UTC; last change of the row';

CREATE TABLE host_load (
  host_id        uuid PRIMARY KEY REFERENCES hosts ON DELETE CASCADE,
  sandboxes      integer NOT NULL DEFAULT 0,
  vcpus          integer NOT NULL DEFAULT 0,
  memory_mb      bigint NOT NULL DEFAULT 0,
  disk_mb        bigint NOT NULL DEFAULT 0,
  last_placed_at timestamptz,
  added_at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX host_load_turn ON host_load (last_placed_at NULLS FIRST, added_at, host_id);
COMMENT ON TABLE host_load IS 'What the sandboxes of each host are promised, kept by triggers; a placement holds the row of its host until its sandbox is inserted.';
COMMENT ON COLUMN host_load.host_id IS 'the host';
COMMENT ON COLUMN host_load.sandboxes IS 'count of those that are not stopped or failed';
COMMENT ON COLUMN host_load.vcpus IS 'count, of those and not paused';
COMMENT ON COLUMN host_load.memory_mb IS 'MiB; a paused sandbox counts half, so that most can come back';
COMMENT ON COLUMN host_load.disk_mb IS 'MiB';
COMMENT ON COLUMN host_load.last_placed_at IS 'UTC; when a sandbox was placed here last (round robin)';
COMMENT ON COLUMN host_load.added_at IS 'UTC; the order of hosts where none was placed yet';

CREATE FUNCTION add_host_load() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO host_load (host_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER hosts_load AFTER INSERT ON hosts FOR EACH ROW EXECUTE FUNCTION add_host_load();

CREATE FUNCTION count_sandbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.status NOT IN ('stopped', 'error') THEN
    UPDATE host_load l
    SET sandboxes = l.sandboxes - 1,
        vcpus = l.vcpus - CASE WHEN OLD.status = 'paused' THEN 0 ELSE OLD.vcpus END,
        memory_mb = l.memory_mb - CASE WHEN OLD.status = 'paused' THEN OLD.memory_mb / 2 ELSE OLD.memory_mb END,
        disk_mb = l.disk_mb - OLD.disk_mb
    WHERE l.host_id = OLD.host_id;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.status NOT IN ('stopped', 'error') THEN
    UPDATE host_load l
    SET sandboxes = l.sandboxes + 1,
        vcpus = l.vcpus + CASE WHEN NEW.status = 'paused' THEN 0 ELSE NEW.vcpus END,
        memory_mb = l.memory_mb + CASE WHEN NEW.status = 'paused' THEN NEW.memory_mb / 2 ELSE NEW.memory_mb END,
        disk_mb = l.disk_mb + NEW.disk_mb,
        last_placed_at = CASE WHEN TG_OP = 'INSERT' OR NEW.host_id IS DISTINCT FROM OLD.host_id THEN clock_timestamp()
                              ELSE l.last_placed_at END
    WHERE l.host_id = NEW.host_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER sandboxes_load AFTER INSERT OR DELETE ON sandboxes FOR EACH ROW EXECUTE FUNCTION count_sandbox();
CREATE TRIGGER sandboxes_load_change AFTER UPDATE OF status, host_id, vcpus, memory_mb, disk_mb ON sandboxes FOR EACH ROW
  WHEN ((OLD.status IN ('stopped', 'error'), OLD.status = 'paused', OLD.host_id, OLD.vcpus, OLD.memory_mb, OLD.disk_mb)
        IS DISTINCT FROM (NEW.status IN ('stopped', 'error'), NEW.status = 'paused', NEW.host_id, NEW.vcpus, NEW.memory_mb, NEW.disk_mb))
  EXECUTE FUNCTION count_sandbox();

CREATE TABLE sandbox_ports (
  sandbox_id uuid NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
  port       integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  is_public  boolean NOT NULL,
  updated_by text NOT NULL DEFAULT '',
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (sandbox_id, port)
);
COMMENT ON TABLE sandbox_ports IS 'Ports whose access differs from what their sandbox''s traffic rules say.';
COMMENT ON COLUMN sandbox_ports.sandbox_id IS 'the sandbox';
COMMENT ON COLUMN sandbox_ports.port IS 'TCP port inside';
COMMENT ON COLUMN sandbox_ports.is_public IS 'everybody may reach it';
COMMENT ON COLUMN sandbox_ports.updated_by IS 'wire id of the user or key that said so last';
COMMENT ON COLUMN sandbox_ports.updated_at IS 'UTC';

CREATE TABLE sandbox_metric_points (
  sandbox_id uuid NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
  tier       text NOT NULL CHECK (tier IN ('10m', '2h', '24h')),
  ts         timestamptz NOT NULL,
  cpu_pct    double precision NOT NULL,
  mem_bytes  bigint NOT NULL,
  disk_bytes bigint NOT NULL,
  PRIMARY KEY (sandbox_id, tier, ts)
);
COMMENT ON TABLE sandbox_metric_points IS 'Measurements of sandboxes that their agents do not hold any more.';
COMMENT ON COLUMN sandbox_metric_points.sandbox_id IS 'what was measured';
COMMENT ON COLUMN sandbox_metric_points.tier IS 'how long a time the points of this density span';
COMMENT ON COLUMN sandbox_metric_points.ts IS 'UTC';
COMMENT ON COLUMN sandbox_metric_points.cpu_pct IS 'percent of one core';
COMMENT ON COLUMN sandbox_metric_points.mem_bytes IS 'bytes';
COMMENT ON COLUMN sandbox_metric_points.disk_bytes IS 'bytes';

CREATE TABLE sandbox_metrics_snapshots (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  team_id            uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  sampled_at         timestamptz NOT NULL DEFAULT now(),
  running_count      integer NOT NULL,
  vcpus_reserved     integer NOT NULL,
  memory_mb_reserved bigint NOT NULL
);
CREATE UNIQUE INDEX sandbox_metrics_snapshots_list ON sandbox_metrics_snapshots (team_id, sampled_at DESC)
  INCLUDE (running_count, vcpus_reserved, memory_mb_reserved);
CREATE INDEX sandbox_metrics_snapshots_age ON sandbox_metrics_snapshots USING brin (sampled_at);
COMMENT ON TABLE sandbox_metrics_snapshots IS 'What teams use, sampled.';
COMMENT ON COLUMN sandbox_metrics_snapshots.id IS 'internal';
COMMENT ON COLUMN sandbox_metrics_snapshots.team_id IS 'who uses it';
COMMENT ON COLUMN sandbox_metrics_snapshots.sampled_at IS 'UTC; a multiple of the sampling period, so that no moment is sampled twice';
COMMENT ON COLUMN sandbox_metrics_snapshots.running_count IS 'count';
COMMENT ON COLUMN sandbox_metrics_snapshots.vcpus_reserved IS 'count';
COMMENT ON COLUMN sandbox_metrics_snapshots.memory_mb_reserved IS 'MiB; a paused sandbox counts half';

CREATE TABLE sandbox_metric_marks (
  sandbox_id uuid PRIMARY KEY REFERENCES sandboxes ON DELETE CASCADE,
  tried_at   timestamptz NOT NULL,
  stored_at  timestamptz
);
COMMENT ON TABLE sandbox_metric_marks IS 'When the measurements of a sandbox were stored last.';
COMMENT ON COLUMN sandbox_metric_marks.tried_at IS 'UTC; when its host was asked for them last';
COMMENT ON COLUMN sandbox_metric_marks.sandbox_id IS 'what was measured';
COMMENT ON COLUMN sandbox_metric_marks.stored_at IS 'UTC';

CREATE TABLE team_quotas (
  team_id           uuid PRIMARY KEY REFERENCES teams ON DELETE CASCADE,
  sandboxes         bigint CHECK (sandboxes >= 0),
  vcpus             bigint CHECK (vcpus >= 0),
  memory_mb         bigint CHECK (memory_mb >= 0),
  disk_mb           bigint CHECK (disk_mb >= 0),
  templates         bigint CHECK (templates >= 0),
  sandbox_vcpus     bigint CHECK (sandbox_vcpus >= 0),
  sandbox_memory_mb bigint CHECK (sandbox_memory_mb >= 0),
  sandbox_disk_mb   bigint CHECK (sandbox_disk_mb >= 0),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE team_quotas IS 'Limits of single teams in place of the installation''s. NULL: the installation''s limit.';
COMMENT ON COLUMN team_quotas.team_id IS 'whom the limits bind';
COMMENT ON COLUMN team_quotas.sandboxes IS 'count of live sandboxes, paused ones included';
COMMENT ON COLUMN team_quotas.vcpus IS 'count over all live sandboxes that are not paused';
COMMENT ON COLUMN team_quotas.memory_mb IS 'MiB over all live sandboxes that are not paused';
COMMENT ON COLUMN team_quotas.disk_mb IS 'MiB over all live sandboxes, paused ones included';
COMMENT ON COLUMN team_quotas.templates IS 'count of the team''s own templates and snapshots';
COMMENT ON COLUMN team_quotas.sandbox_vcpus IS 'count, of one sandbox';
COMMENT ON COLUMN team_quotas.sandbox_memory_mb IS 'MiB, of one sandbox';
COMMENT ON COLUMN team_quotas.sandbox_disk_mb IS 'MiB, of one sandbox';
COMMENT ON COLUMN team_quotas.updated_at IS 'UTC';

CREATE TABLE team_totals (
  team_id           uuid PRIMARY KEY REFERENCES teams ON DELETE CASCADE,
  sandboxes         bigint NOT NULL DEFAULT 0,
  disk_mb           bigint NOT NULL DEFAULT 0,
  vcpus             bigint NOT NULL DEFAULT 0,
  memory_mb         bigint NOT NULL DEFAULT 0,
  running           bigint NOT NULL DEFAULT 0,
  running_vcpus     bigint NOT NULL DEFAULT 0,
  running_memory_mb bigint NOT NULL DEFAULT 0,
  paused_memory_mb  bigint NOT NULL DEFAULT 0,
  accrued_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE team_totals IS 'What each team''s sandboxes hold now. Kept by a trigger on sandboxes, whoever changes them.';
COMMENT ON COLUMN team_totals.team_id IS 'whose sandboxes';
COMMENT ON COLUMN team_totals.sandboxes IS 'count of live ones';
COMMENT ON COLUMN team_totals.disk_mb IS 'MiB of live ones';
COMMENT ON COLUMN team_totals.vcpus IS 'count, of live ones that are not paused';
COMMENT ON COLUMN team_totals.memory_mb IS 'MiB, of live ones that are not paused';
COMMENT ON COLUMN team_totals.running IS 'count of those that run: what is charged';
COMMENT ON COLUMN team_totals.running_vcpus IS 'count, of those that run';
COMMENT ON COLUMN team_totals.running_memory_mb IS 'MiB, of those that run';
COMMENT ON COLUMN team_totals.paused_memory_mb IS 'MiB, of paused ones';
COMMENT ON COLUMN team_totals.accrued_at IS 'UTC; until when the team''s daily usage has been counted';

CREATE TABLE daily_usage (
  team_id            uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  day                date NOT NULL,
  sandbox_seconds    double precision NOT NULL,
  vcpu_seconds       double precision NOT NULL,
  memory_mib_seconds double precision NOT NULL,
  disk_mib_seconds   double precision NOT NULL,
  peak_running       bigint NOT NULL,
  peak_vcpus         bigint NOT NULL,
  peak_memory_mb     bigint NOT NULL,
  PRIMARY KEY (team_id, day)
);
CREATE INDEX daily_usage_age ON daily_usage (day);
COMMENT ON TABLE daily_usage IS 'What teams used, by day. Written by change_team_totals() only.';
COMMENT ON COLUMN daily_usage.team_id IS 'who used it';
COMMENT ON COLUMN daily_usage.day IS 'of UTC';
COMMENT ON COLUMN daily_usage.sandbox_seconds IS 'seconds, over all running sandboxes';
COMMENT ON COLUMN daily_usage.vcpu_seconds IS 'seconds times vCPUs, of running sandboxes';
COMMENT ON COLUMN daily_usage.memory_mib_seconds IS 'seconds times MiB, of running sandboxes';
COMMENT ON COLUMN daily_usage.disk_mib_seconds IS 'seconds times MiB, of live sandboxes';
COMMENT ON COLUMN daily_usage.peak_running IS 'count; most that ran at a time';
COMMENT ON COLUMN daily_usage.peak_vcpus IS 'count; most that ran at a time';
COMMENT ON COLUMN daily_usage.peak_memory_mb IS 'MiB; most that was reserved at a time, paused sandboxes counting half';

-- Adds to the team's days what its present totals have used since they were last accrued, and then changes the totals. It locks
-- them, so each moment is counted once, by whoever comes first.
CREATE FUNCTION change_team_totals(of_team uuid, more_sandboxes integer, more_disk_mb bigint, more_vcpus bigint, more_memory_mb bigint,
                                   more_running integer, more_running_vcpus bigint, more_running_memory_mb bigint,
                                   more_paused_memory_mb bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  held  team_totals;
  upto  timestamptz;
  ends  timestamptz;
  secs  double precision;
BEGIN
  SELECT * INTO held FROM team_totals WHERE team_id = of_team FOR UPDATE;
  upto := GREATEST(clock_timestamp(), held.accrued_at);
  WHILE held.accrued_at < upto AND (held.running > 0 OR held.sandboxes > 0) LOOP
    ends := LEAST(upto, (date_trunc('day', held.accrued_at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC');
    secs := extract(epoch FROM ends - held.accrued_at);
    INSERT INTO daily_usage AS d VALUES (
      of_team, (held.accrued_at AT TIME ZONE 'UTC')::date, secs * held.running, secs * held.running_vcpus,
      secs * held.running_memory_mb, secs * held.disk_mb,
      held.running, held.running_vcpus, held.running_memory_mb + held.paused_memory_mb / 2)
    ON CONFLICT (team_id, day) DO UPDATE SET
      sandbox_seconds = d.sandbox_seconds + EXCLUDED.sandbox_seconds,
      vcpu_seconds = d.vcpu_seconds + EXCLUDED.vcpu_seconds,
      memory_mib_seconds = d.memory_mib_seconds + EXCLUDED.memory_mib_seconds,
      disk_mib_seconds = d.disk_mib_seconds + EXCLUDED.disk_mib_seconds,
      peak_running = GREATEST(d.peak_running, EXCLUDED.peak_running),
      peak_vcpus = GREATEST(d.peak_vcpus, EXCLUDED.peak_vcpus),
      peak_memory_mb = GREATEST(d.peak_memory_mb, EXCLUDED.peak_memory_mb);
    held.accrued_at := ends;
  END LOOP;
  UPDATE team_totals SET
    accrued_at = upto,
    sandboxes = held.sandboxes + more_sandboxes, disk_mb = held.disk_mb + more_disk_mb,
    vcpus = held.vcpus + more_vcpus, memory_mb = held.memory_mb + more_memory_mb,
    running = held.running + more_running, running_vcpus = held.running_vcpus + more_running_vcpus,
    running_memory_mb = held.running_memory_mb + more_running_memory_mb,
    paused_memory_mb = held.paused_memory_mb + more_paused_memory_mb
  WHERE team_id = of_team;
END $$;

CREATE FUNCTION accrue_usage(of_team uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM change_team_totals(of_team, 0, 0, 0, 0, 0, 0, 0, 0);
END $$;

-- Its triggers' names come after those that keep the hosts' loads: whoever changes a sandbox locks its host first, as placement
-- does, and then its team.
CREATE FUNCTION count_for_team() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  s sandboxes;
  live integer := 0;
  disk bigint := 0;
  cpus bigint := 0;
  memory bigint := 0;
  runs integer := 0;
  running_cpus bigint := 0;
  running_memory bigint := 0;
  paused_memory bigint := 0;
BEGIN
  FOR sign IN -1..1 BY 2 LOOP
    CONTINUE WHEN TG_OP = 'INSERT' AND sign < 0 OR TG_OP = 'DELETE' AND sign > 0;
    IF sign < 0 THEN
      s := OLD;
    ELSE
      s := NEW;
    END IF;
    CONTINUE WHEN s.status IN ('stopped', 'error');
    live := live + sign;
    disk := disk + sign * s.disk_mb;
    IF s.status = 'paused' THEN
      paused_memory := paused_memory + sign * s.memory_mb;
      CONTINUE;
    END IF;
    cpus := cpus + sign * s.vcpus;
    memory := memory + sign * s.memory_mb;
    IF s.status IN ('running', 'pausing') THEN
      runs := runs + sign;
      running_cpus := running_cpus + sign * s.vcpus;
      running_memory := running_memory + sign * s.memory_mb;
    END IF;
  END LOOP;
  PERFORM change_team_totals(s.team_id, live, disk, cpus, memory, runs, running_cpus, running_memory, paused_memory);
  RETURN NULL;
END $$;
CREATE TRIGGER sandboxes_team_totals AFTER INSERT OR DELETE ON sandboxes FOR EACH ROW EXECUTE FUNCTION count_for_team();
CREATE TRIGGER sandboxes_team_totals_change AFTER UPDATE OF status, vcpus, memory_mb, disk_mb ON sandboxes FOR EACH ROW
  WHEN ((OLD.status IN ('stopped', 'error'), OLD.status = 'paused', OLD.status IN ('running', 'pausing'), OLD.vcpus, OLD.memory_mb, OLD.disk_mb)
        IS DISTINCT FROM (NEW.status IN ('stopped', 'error'), NEW.status = 'paused', NEW.status IN ('running', 'pausing'), NEW.vcpus, NEW.memory_mb, NEW.disk_mb))
  EXECUTE FUNCTION count_for_team();

CREATE FUNCTION begin_team_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO team_totals (team_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER teams_begin_totals AFTER INSERT ON teams FOR EACH ROW EXECUTE FUNCTION begin_team_totals();

CREATE TABLE webhooks (
  id               uuid PRIMARY KEY,
  team_id          uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  url              text NOT NULL CHECK (char_length(url) BETWEEN 8 AND 2048),
  description      text NOT NULL DEFAULT '' CHECK (char_length(description) <= 200),
  events           text[] NOT NULL CHECK (cardinality(events) BETWEEN 1 AND 50),
  secret           text NOT NULL,
  old_secret       text,
  old_secret_until timestamptz,
  enabled          boolean NOT NULL DEFAULT true,
  disabled_reason  text NOT NULL DEFAULT '',
  failing_since    timestamptz,
  last_seq         bigint NOT NULL DEFAULT 0,
  created_by       text NOT NULL DEFAULT '',
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_list ON webhooks (team_id, created_at DESC, id DESC);
COMMENT ON TABLE webhooks IS 'Where teams want to hear of events.';
COMMENT ON COLUMN webhooks.id IS 'wire form wh-{uuid}';
COMMENT ON COLUMN webhooks.team_id IS 'whose events';
COMMENT ON COLUMN webhooks.url IS 'where they are sent';
COMMENT ON COLUMN webhooks.description IS 'for people';
COMMENT ON COLUMN webhooks.events IS '"sandbox.create", "sandbox.*" or "*"';
COMMENT ON COLUMN webhooks.secret IS 'signs deliveries; secretbox under a key derived from the installation''s secret, base64';
COMMENT ON COLUMN webhooks.old_secret IS 'the secret before, in the same form';
COMMENT ON COLUMN webhooks.old_secret_until IS 'UTC; until when it signs too';
COMMENT ON COLUMN webhooks.enabled IS 'a disabled one gets nothing but pings';
COMMENT ON COLUMN webhooks.disabled_reason IS 'why the system has disabled it; empty if a person did';
COMMENT ON COLUMN webhooks.failing_since IS 'UTC; no attempt has succeeded since';
COMMENT ON COLUMN webhooks.last_seq IS 'of the team''s audit chain: everything up to it has become deliveries';
COMMENT ON COLUMN webhooks.created_by IS 'wire id of who made it';
COMMENT ON COLUMN webhooks.created_at IS 'UTC';
COMMENT ON COLUMN webhooks.updated_at IS 'UTC; last change by a person, or by the system disabling it';

CREATE TABLE webhook_deliveries (
  id               uuid PRIMARY KEY,
  webhook_id       uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  team_id          uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
  kind             text NOT NULL CHECK (kind IN ('event', 'ping', 'replay')),
  seq              bigint,
  replay_of        uuid,
  event            text NOT NULL,
  body             text NOT NULL,
  status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts         integer NOT NULL DEFAULT 0,
  next_attempt_at  timestamptz NOT NULL DEFAULT now(),
  response_status  integer,
  response_excerpt text NOT NULL DEFAULT '',
  error            text NOT NULL DEFAULT '',
  latency_ms       bigint,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  completed_at     timestamptz
);
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (webhook_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (completed_at) WHERE completed_at IS NOT NULL;
COMMENT ON TABLE webhook_deliveries IS 'Events on their way to a webhook, and for some time what became of them.';
COMMENT ON COLUMN webhook_deliveries.id IS 'wire form whd-{uuid}; the receiver recognises repetitions by it';
COMMENT ON COLUMN webhook_deliveries.webhook_id IS 'where to';
COMMENT ON COLUMN webhook_deliveries.team_id IS 'whose event';
COMMENT ON COLUMN webhook_deliveries.kind IS 'see DeliveryKind';
COMMENT ON COLUMN webhook_deliveries.seq IS 'of the audit chain; NULL for pings and replays';
COMMENT ON COLUMN webhook_deliveries.replay_of IS 'the delivery that it repeats';
COMMENT ON COLUMN webhook_deliveries.event IS '"sandbox.create"';
COMMENT ON COLUMN webhook_deliveries.body IS 'JSON, exactly as it is sent and signed';
COMMENT ON COLUMN webhook_deliveries.status IS 'see DeliveryStatus';
COMMENT ON COLUMN webhook_deliveries.attempts IS 'count of attempts begun';
COMMENT ON COLUMN webhook_deliveries.next_attempt_at IS 'UTC; while an attempt runs, when it is taken for dead';
COMMENT ON COLUMN webhook_deliveries.response_status IS 'HTTP status of the last attempt';
COMMENT ON COLUMN webhook_deliveries.response_excerpt IS 'beginning of the body of the last answer';
COMMENT ON COLUMN webhook_deliveries.error IS 'why the last attempt failed, for people';
COMMENT ON COLUMN webhook_deliveries.latency_ms IS 'milliseconds, of the last attempt';
COMMENT ON COLUMN webhook_deliveries.created_at IS 'UTC';
COMMENT ON COLUMN webhook_deliveries.completed_at IS 'UTC; delivered, or given up';

CREATE TABLE job_reports (
  name         text PRIMARY KEY,
  started_at   timestamptz NOT NULL,
  duration_ms  bigint NOT NULL,
  checked      integer NOT NULL,
  changed      integer NOT NULL,
  error        text NOT NULL DEFAULT '',
  failures     integer NOT NULL DEFAULT 0,
  succeeded_at timestamptz
);
COMMENT ON TABLE job_reports IS 'How each job ran last.';
COMMENT ON COLUMN job_reports.name IS 'of the job';
COMMENT ON COLUMN job_reports.started_at IS 'UTC';
COMMENT ON COLUMN job_reports.duration_ms IS 'milliseconds';
COMMENT ON COLUMN job_reports.checked IS 'count of things looked at';
COMMENT ON COLUMN job_reports.changed IS 'count of things made right';
COMMENT ON COLUMN job_reports.error IS 'why it failed; empty if it did not';
COMMENT ON COLUMN job_reports.failures IS 'count of failures since the last success';
COMMENT ON COLUMN job_reports.succeeded_at IS 'UTC; when it succeeded last';

CREATE TABLE audit_logs (
  id            uuid PRIMARY KEY,
  team_id       uuid NOT NULL REFERENCES teams ON DELETE RESTRICT,
  actor_type    text NOT NULL CHECK (actor_type IN ('user', 'api_key', 'system')),
  actor_id      text,
  actor_name    text NOT NULL DEFAULT '',
  resource_type text NOT NULL,
  resource_id   text,
  action        text NOT NULL,
  event         text NOT NULL GENERATED ALWAYS AS (resource_type || '.' || action) STORED,
  scope         text NOT NULL DEFAULT 'team' CHECK (scope IN ('team', 'admin')),
  status        text NOT NULL DEFAULT 'success' CHECK (status IN ('success', 'info', 'warning', 'error')),
  metadata      jsonb NOT NULL DEFAULT '{}',
  source_ip     text NOT NULL DEFAULT '',
  user_agent    text NOT NULL DEFAULT '',
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX audit_logs_all ON audit_logs (created_at DESC, id DESC);
CREATE INDEX audit_logs_list ON audit_logs (team_id, scope, created_at DESC, id DESC);
CREATE INDEX audit_logs_by_event ON audit_logs (team_id, event, created_at DESC, id DESC);
CREATE INDEX audit_logs_by_actor ON audit_logs (team_id, COALESCE(actor_id, 'system'), created_at DESC, id DESC);
CREATE INDEX audit_logs_by_resource ON audit_logs (resource_id, created_at DESC, id DESC);
COMMENT ON TABLE audit_logs IS 'Who did what. Rows are never changed or removed.';
COMMENT ON COLUMN audit_logs.id IS 'wire form log-{uuid}';
COMMENT ON COLUMN audit_logs.team_id IS 'whose log';
COMMENT ON COLUMN audit_logs.actor_type IS 'see ActorType';
COMMENT ON COLUMN audit_logs.actor_id IS 'wire id; NULL for the system';
COMMENT ON COLUMN audit_logs.actor_name IS 'name at that time';
COMMENT ON COLUMN audit_logs.resource_type IS '"sandbox", "team", …';
COMMENT ON COLUMN audit_logs.resource_id IS 'wire id, or the name of a template';
COMMENT ON COLUMN audit_logs.action IS '"create", "rename", …';
COMMENT ON COLUMN audit_logs.event IS 'both of them, as filters and webhooks name them: "sandbox.create"';
COMMENT ON COLUMN audit_logs.scope IS 'admin entries are for owners and admins';
COMMENT ON COLUMN audit_logs.status IS 'how grave it is';
COMMENT ON COLUMN audit_logs.metadata IS 'details';
COMMENT ON COLUMN audit_logs.source_ip IS 'address of the caller';
COMMENT ON COLUMN audit_logs.user_agent IS 'what the caller says it is, at most 256 characters';
COMMENT ON COLUMN audit_logs.created_at IS 'UTC';

CREATE TABLE audit_unsealed (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  log_id   uuid NOT NULL CONSTRAINT audit_unsealed_log_key UNIQUE,
  team_id  uuid NOT NULL
);
CREATE INDEX audit_unsealed_team ON audit_unsealed (team_id);
COMMENT ON TABLE audit_unsealed IS 'Entries of the audit log that wait to be put on their team''s chain.';
COMMENT ON COLUMN audit_unsealed.position IS 'order of arrival';
COMMENT ON COLUMN audit_unsealed.log_id IS 'the entry';
COMMENT ON COLUMN audit_unsealed.team_id IS 'its team';

CREATE TABLE audit_chain (
  team_id   uuid NOT NULL,
  seq       bigint NOT NULL CHECK (seq > 0),
  log_id    uuid NOT NULL CONSTRAINT audit_chain_log_key UNIQUE,
  hash      text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  sealed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (team_id, seq)
);
COMMENT ON TABLE audit_chain IS 'The entries of each team, numbered and chained: a changed, removed or added entry shows.';
COMMENT ON COLUMN audit_chain.team_id IS 'whose chain';
COMMENT ON COLUMN audit_chain.seq IS 'from 1, without gaps';
COMMENT ON COLUMN audit_chain.log_id IS 'the entry';
COMMENT ON COLUMN audit_chain.hash IS 'SHA-256 over the hash before it and the entry''s digest, hex';
COMMENT ON COLUMN audit_chain.sealed_at IS 'UTC';

CREATE TABLE audit_heads (
  team_id uuid PRIMARY KEY,
  seq     bigint NOT NULL,
  hash    text NOT NULL
);
COMMENT ON TABLE audit_heads IS 'Where each chain ends.';
COMMENT ON COLUMN audit_heads.team_id IS 'whose chain';
COMMENT ON COLUMN audit_heads.seq IS 'of its last entry';
COMMENT ON COLUMN audit_heads.hash IS 'of its last entry';

CREATE TABLE audit_spill (
  position   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entries    jsonb NOT NULL,
  failure    text NOT NULL,
  attempts   integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX audit_spill_order ON audit_spill (attempts, position);
COMMENT ON TABLE audit_spill IS 'Entries that the audit log refused, kept with the change that they tell of until it takes them.';
COMMENT ON COLUMN audit_spill.position IS 'order of arrival';
COMMENT ON COLUMN audit_spill.entries IS 'array of objects with the columns of audit_logs';
COMMENT ON COLUMN audit_spill.failure IS 'what the database said last';
COMMENT ON COLUMN audit_spill.attempts IS 'count';
COMMENT ON COLUMN audit_spill.created_at IS 'UTC; becomes the time of the entries';

CREATE FUNCTION append_audit(entries jsonb, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
COMMENT ON FUNCTION append_audit IS 'Adds entries to the audit log; NULL: each at the time of its insertion.';

CREATE FUNCTION record_audit(entries jsonb) RETURNS text LANGUAGE plpgsql SET lock_timeout = '250ms' AS $$
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
COMMENT ON FUNCTION record_audit IS 'Adds entries to the audit log without ever failing the transaction or waiting long: what the log refuses is spilled.';

CREATE FUNCTION drain_audit_spill(most integer) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '250ms' AS $$
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
COMMENT ON FUNCTION drain_audit_spill IS 'Moves spilled entries into the audit log, as far as it takes them; answers how many.';

CREATE TABLE idempotency_keys (
  actor        text NOT NULL,
  key          text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
  request_hash text NOT NULL,
  status       integer,
  content_type text NOT NULL DEFAULT '',
  body         text NOT NULL DEFAULT '',
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
COMMENT ON TABLE idempotency_keys IS 'Answers to creating requests, so that a repeated request gets the same answer.';
COMMENT ON COLUMN idempotency_keys.actor IS 'who sent the request: wire id of key or user, and team';
COMMENT ON COLUMN idempotency_keys.key IS 'as the client chose it';
COMMENT ON COLUMN idempotency_keys.request_hash IS 'SHA-256 of method, path and body, hex; another request with the same key is refused';
COMMENT ON COLUMN idempotency_keys.status IS 'HTTP status; NULL while the request runs';
COMMENT ON COLUMN idempotency_keys.content_type IS 'of the answer';
COMMENT ON COLUMN idempotency_keys.body IS 'of the answer, sealed: it may hold a secret';
COMMENT ON COLUMN idempotency_keys.created_at IS 'UTC; rows live for a day';

CREATE TABLE mails (
  id          uuid PRIMARY KEY,
  kind        text NOT NULL CHECK (kind IN ('activation', 'password_reset', 'password_changed', 'invitation')),
  recipient   text NOT NULL,
  name        text NOT NULL DEFAULT '',
  token_id    uuid,
  attempts    integer NOT NULL DEFAULT 0,
  last_error  text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT now(),
  next_try_at timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL,
  sent_at     timestamptz
);
CREATE INDEX mails_due ON mails (next_try_at) WHERE sent_at IS NULL;
CREATE INDEX mails_age ON mails (expires_at);
COMMENT ON TABLE mails IS 'Mails to be sent: written in the transaction that wants them, sent afterwards until the server takes them.';
COMMENT ON COLUMN mails.id IS 'internal; part of the Message-ID';
COMMENT ON COLUMN mails.kind IS 'see MailKind';
COMMENT ON COLUMN mails.recipient IS 'address';
COMMENT ON COLUMN mails.name IS 'how the mail addresses the recipient';
COMMENT ON COLUMN mails.token_id IS 'of the link in the mail';
COMMENT ON COLUMN mails.attempts IS 'count';
COMMENT ON COLUMN mails.last_error IS 'why the last attempt failed, for the operator';
COMMENT ON COLUMN mails.created_at IS 'UTC';
COMMENT ON COLUMN mails.next_try_at IS 'UTC; while it is being sent: when another one may try';
COMMENT ON COLUMN mails.expires_at IS 'UTC; not sent after that';
COMMENT ON COLUMN mails.sent_at IS 'UTC; the server has taken it';

CREATE TABLE authorities (
  name            text PRIMARY KEY,
  certificate_pem text NOT NULL,
  encrypted_key   text NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE authorities IS 'The certificate authority that signs the agents'' certificates.';
COMMENT ON COLUMN authorities.name IS '"hosts"';
COMMENT ON COLUMN authorities.certificate_pem IS 'PEM';
COMMENT ON COLUMN authorities.encrypted_key IS 'private key, secretbox under a key derived from the installation''s secret, base64';
COMMENT ON COLUMN authorities.created_at IS 'UTC';

CREATE FUNCTION fill_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.slug := COALESCE(NEW.slug, substr(md5(NEW.id::text), 1, 6) || '-' || substr(md5(NEW.id::text), 7, 6));
  RETURN NEW;
END $$;
CREATE TRIGGER teams_fill_slug BEFORE INSERT ON teams FOR EACH ROW EXECUTE FUNCTION fill_slug();

CREATE FUNCTION refuse_other_slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the slug of a team does not change' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER teams_keep_slug BEFORE UPDATE OF slug ON teams FOR EACH ROW WHEN (OLD.slug <> NEW.slug)
  EXECUTE FUNCTION refuse_other_slug();

-- What belongs to a team cannot be made after the team was deleted, by nobody: a request that was let in before waits for
-- the deletion that holds the row, and is refused. The lock is the one that the foreign key takes anyway.
CREATE FUNCTION need_live_team() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM teams WHERE id = NEW.team_id AND deleted_at IS NULL FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'team % is not live', NEW.team_id USING ERRCODE = 'SB001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER users_teams_live_team BEFORE INSERT ON users_teams FOR EACH ROW EXECUTE FUNCTION need_live_team();
CREATE TRIGGER team_invitations_live_team BEFORE INSERT ON team_invitations FOR EACH ROW EXECUTE FUNCTION need_live_team();
CREATE TRIGGER team_api_keys_live_team BEFORE INSERT ON team_api_keys FOR EACH ROW EXECUTE FUNCTION need_live_team();
CREATE TRIGGER hosts_live_team BEFORE INSERT ON hosts FOR EACH ROW WHEN (NEW.team_id IS NOT NULL)
  EXECUTE FUNCTION need_live_team();
CREATE TRIGGER templates_live_team BEFORE INSERT ON templates FOR EACH ROW EXECUTE FUNCTION need_live_team();
CREATE TRIGGER template_builds_live_team BEFORE INSERT ON template_builds FOR EACH ROW EXECUTE FUNCTION need_live_team();
CREATE TRIGGER webhooks_live_team BEFORE INSERT ON webhooks FOR EACH ROW EXECUTE FUNCTION need_live_team();
CREATE TRIGGER sandboxes_live_team BEFORE INSERT ON sandboxes FOR EACH ROW EXECUTE FUNCTION need_live_team();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO teams (id, name, slug) VALUES ('00000000-0000-0000-0000-000000000000', 'Platform', '000000-000000');
-- Its first host makes it ready. The id is kBaseTemplateId.
INSERT INTO templates (id, team_id, name) VALUES
  ('00000000-0000-4000-8000-000000000001', '00000000-0000-0000-0000-000000000000', 'base');

-- What has changed, for those who look at it now. Every trigger is one plain insert, and none fires for what changes all the
-- time: heartbeats, last uses, logs. Readers take the rows in the order of (xid, seq), and only those of transactions before
-- which no other is still open: what commits late is then never passed over. All this comes after the first rows: with
-- wal_level = minimal, a sequence that is used in the transaction that makes it goes back when the server crashes before its
-- first checkpoint.
CREATE TABLE changes (
  seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid      xid8 NOT NULL DEFAULT pg_current_xact_id(),
  team_id  uuid,
  user_id  uuid,
  audience text NOT NULL DEFAULT 'team' CHECK (audience IN ('team', 'managers')),
  resource text NOT NULL,
  id       uuid NOT NULL,
  action   text NOT NULL CHECK (action IN ('created', 'updated', 'deleted')),
  patch    jsonb,
  at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX changes_order ON changes (xid, seq);
COMMENT ON TABLE changes IS 'What has changed in the last minutes. Written by triggers only.';
COMMENT ON COLUMN changes.seq IS 'names the change to those who heard of it; no order by itself';
COMMENT ON COLUMN changes.xid IS 'the transaction that changed it';
COMMENT ON COLUMN changes.team_id IS 'whose members may know; NULL: the platform''s';
COMMENT ON COLUMN changes.user_id IS 'whom it is about, who may know too';
COMMENT ON COLUMN changes.audience IS 'see Audience: all members of the team, or its owners and admins';
COMMENT ON COLUMN changes.resource IS '"sandbox", "host", …: see kPrefixes';
COMMENT ON COLUMN changes.id IS 'of what has changed';
COMMENT ON COLUMN changes.action IS 'see Action';
COMMENT ON COLUMN changes.patch IS 'members of its view that are new, if they are few';
COMMENT ON COLUMN changes.at IS 'UTC';

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO changes (team_id, audience, resource, id, action) VALUES (OLD.team_id, TG_ARGV[1], TG_ARGV[0], OLD.id, 'deleted');
  ELSE
    INSERT INTO changes (team_id, audience, resource, id, action)
    VALUES (NEW.team_id, TG_ARGV[1], TG_ARGV[0], NEW.id, CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'updated' END);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION note_change_of_status() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER sandboxes_note AFTER INSERT OR DELETE ON sandboxes FOR EACH ROW EXECUTE FUNCTION note_change_of_status('sandbox');
CREATE TRIGGER sandboxes_note_update
  AFTER UPDATE OF status, status_cause, host_id, timeout_sec, on_timeout, metadata, network, traffic ON sandboxes FOR EACH ROW
  WHEN ((OLD.status, OLD.status_cause, OLD.host_id, OLD.timeout_sec, OLD.on_timeout, OLD.metadata, OLD.network, OLD.traffic)
        IS DISTINCT FROM
        (NEW.status, NEW.status_cause, NEW.host_id, NEW.timeout_sec, NEW.on_timeout, NEW.metadata, NEW.network, NEW.traffic))
  EXECUTE FUNCTION note_change_of_status('sandbox');

CREATE TRIGGER hosts_note AFTER INSERT OR DELETE ON hosts FOR EACH ROW EXECUTE FUNCTION note_change_of_status('host');
CREATE TRIGGER hosts_note_update
  AFTER UPDATE OF status, provider, availability_zone, arch, cpu_cores, memory_mb, disk_gb, address, agent_version,
                  registered_at, reached_at, draining_since ON hosts FOR EACH ROW
  WHEN ((OLD.status, OLD.provider, OLD.availability_zone, OLD.arch, OLD.cpu_cores, OLD.memory_mb, OLD.disk_gb, OLD.address,
         OLD.agent_version, OLD.registered_at, OLD.reached_at, OLD.draining_since)
        IS DISTINCT FROM
        (NEW.status, NEW.provider, NEW.availability_zone, NEW.arch, NEW.cpu_cores, NEW.memory_mb, NEW.disk_gb, NEW.address,
         NEW.agent_version, NEW.registered_at, NEW.reached_at, NEW.draining_since))
  EXECUTE FUNCTION note_change_of_status('host');
CREATE FUNCTION note_host_tag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action)
  SELECT team_id, 'host', id, 'updated' FROM hosts WHERE id = COALESCE(NEW.host_id, OLD.host_id);
  RETURN NULL;
END $$;
CREATE TRIGGER host_tags_note AFTER INSERT OR DELETE ON host_tags FOR EACH ROW EXECUTE FUNCTION note_host_tag();

CREATE TRIGGER templates_note AFTER INSERT OR DELETE ON templates FOR EACH ROW EXECUTE FUNCTION note_change_of_status('template');
CREATE TRIGGER templates_note_update
  AFTER UPDATE OF name, status, vcpus, memory_mb, disk_mb, size_bytes, failure, replaces ON templates FOR EACH ROW
  WHEN ((OLD.name, OLD.status, OLD.vcpus, OLD.memory_mb, OLD.disk_mb, OLD.size_bytes, OLD.failure, OLD.replaces)
        IS DISTINCT FROM
        (NEW.name, NEW.status, NEW.vcpus, NEW.memory_mb, NEW.disk_mb, NEW.size_bytes, NEW.failure, NEW.replaces))
  EXECUTE FUNCTION note_change_of_status('template');

CREATE TRIGGER template_builds_note AFTER INSERT OR DELETE ON template_builds FOR EACH ROW
  EXECUTE FUNCTION note_change_of_status('build');
CREATE TRIGGER template_builds_note_update
  AFTER UPDATE OF status, template_id, host_id, current_step, total_steps, error ON template_builds FOR EACH ROW
  WHEN ((OLD.status, OLD.template_id, OLD.host_id, OLD.current_step, OLD.total_steps, OLD.error)
        IS DISTINCT FROM (NEW.status, NEW.template_id, NEW.host_id, NEW.current_step, NEW.total_steps, NEW.error))
  EXECUTE FUNCTION note_change_of_status('build');

CREATE TRIGGER team_api_keys_note AFTER INSERT OR DELETE ON team_api_keys FOR EACH ROW
  EXECUTE FUNCTION note_change('api_key', 'team');
CREATE TRIGGER team_api_keys_note_update AFTER UPDATE OF name, scopes, expires_at, created_by ON team_api_keys FOR EACH ROW
  WHEN ((OLD.name, OLD.scopes, OLD.expires_at, OLD.created_by) IS DISTINCT FROM (NEW.name, NEW.scopes, NEW.expires_at, NEW.created_by))
  EXECUTE FUNCTION note_change('api_key', 'team');

CREATE TRIGGER webhooks_note AFTER INSERT OR DELETE ON webhooks FOR EACH ROW EXECUTE FUNCTION note_change('webhook', 'team');
CREATE TRIGGER webhooks_note_update
  AFTER UPDATE OF url, description, events, enabled, disabled_reason, old_secret_until, failing_since ON webhooks FOR EACH ROW
  WHEN ((OLD.url, OLD.description, OLD.events, OLD.enabled, OLD.disabled_reason, OLD.old_secret_until, OLD.failing_since IS NULL)
        IS DISTINCT FROM
        (NEW.url, NEW.description, NEW.events, NEW.enabled, NEW.disabled_reason, NEW.old_secret_until, NEW.failing_since IS NULL))
  EXECUTE FUNCTION note_change('webhook', 'team');

CREATE FUNCTION note_audit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, audience, resource, id, action)
  VALUES (NEW.team_id, CASE NEW.scope WHEN 'team' THEN 'team' ELSE 'managers' END, 'audit', NEW.id, 'created');
  RETURN NULL;
END $$;
CREATE TRIGGER audit_logs_note AFTER INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION note_audit_entry();

CREATE FUNCTION note_team() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, resource, id, action)
  VALUES (NEW.id, 'team', NEW.id,
          CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.deleted_at IS NULL THEN 'updated' ELSE 'deleted' END);
  RETURN NULL;
END $$;
CREATE TRIGGER teams_note AFTER INSERT ON teams FOR EACH ROW EXECUTE FUNCTION note_team();
CREATE TRIGGER teams_note_update AFTER UPDATE OF name, is_byoc, deleted_at ON teams FOR EACH ROW
  WHEN ((OLD.name, OLD.is_byoc, OLD.deleted_at) IS DISTINCT FROM (NEW.name, NEW.is_byoc, NEW.deleted_at))
  EXECUTE FUNCTION note_team();

CREATE FUNCTION note_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO changes (team_id, user_id, resource, id, action) VALUES (OLD.team_id, OLD.user_id, 'member', OLD.user_id, 'deleted');
  ELSE
    INSERT INTO changes (team_id, user_id, resource, id, action)
    VALUES (NEW.team_id, NEW.user_id, 'member', NEW.user_id, CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'updated' END);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER users_teams_note AFTER INSERT OR DELETE ON users_teams FOR EACH ROW EXECUTE FUNCTION note_member();
CREATE TRIGGER users_teams_note_update AFTER UPDATE OF role ON users_teams FOR EACH ROW WHEN (OLD.role <> NEW.role)
  EXECUTE FUNCTION note_member();

-- The user whose address it is may know too, if there is one.
CREATE FUNCTION note_invitation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, user_id, audience, resource, id, action)
  VALUES (COALESCE(NEW.team_id, OLD.team_id), (SELECT u.id FROM users u WHERE u.email = COALESCE(NEW.email, OLD.email)),
          'managers', 'invitation', COALESCE(NEW.id, OLD.id),
          CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END);
  RETURN NULL;
END $$;
CREATE TRIGGER team_invitations_note AFTER INSERT OR UPDATE OR DELETE ON team_invitations FOR EACH ROW
  EXECUTE FUNCTION note_invitation();

-- A user is shown as a member in each of the user's teams.
CREATE FUNCTION note_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (team_id, user_id, resource, id, action)
  SELECT NULL, NEW.id, 'user', NEW.id,
         CASE WHEN TG_OP = 'INSERT' THEN 'created' WHEN NEW.status = 'deleted' THEN 'deleted' ELSE 'updated' END
  UNION ALL
  SELECT m.team_id, NEW.id, 'member', NEW.id, 'updated' FROM users_teams m WHERE m.user_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER users_note AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note_user();
CREATE TRIGGER users_note_update AFTER UPDATE OF email, name, is_admin, status, email_verified_at ON users FOR EACH ROW
  WHEN ((OLD.email, OLD.name, OLD.is_admin, OLD.status, OLD.email_verified_at)
        IS DISTINCT FROM (NEW.email, NEW.name, NEW.is_admin, NEW.status, NEW.email_verified_at))
  EXECUTE FUNCTION note_user();
CREATE FUNCTION note_removed_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO changes (user_id, resource, id, action) VALUES (OLD.id, 'user', OLD.id, 'deleted');
  RETURN NULL;
END $$;
CREATE TRIGGER users_note_removal AFTER DELETE ON users FOR EACH ROW EXECUTE FUNCTION note_removed_user();
