CREATE TABLE baileys_sessions_schema (version INTEGER NOT NULL);
INSERT INTO baileys_sessions_schema VALUES (3);
CREATE TABLE baileys_sessions_session (
  session_key INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL UNIQUE,
  token INTEGER NOT NULL DEFAULT 0,
  holder TEXT,
  nonce TEXT,
  held_since INTEGER
, has_records INTEGER NOT NULL DEFAULT 0);
CREATE INDEX baileys_sessions_listed ON baileys_sessions_session (session_id) WHERE has_records = 1;
CREATE TABLE baileys_sessions_record (
  session_key INTEGER NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (session_key, type, id)
) WITHOUT ROWID;
CREATE TABLE baileys_sessions_heartbeat (nonce TEXT PRIMARY KEY, beat_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE baileys_sessions_connection (
  session_id TEXT NOT NULL PRIMARY KEY,
  status TEXT,
  reason TEXT,
  phone_number TEXT,
  last_connected_at TEXT,
  last_disconnect TEXT,
  owner TEXT,
  updated_at TEXT,
  metadata TEXT
);
INSERT INTO baileys_sessions_session (session_id, token, has_records) VALUES ('shop', 3, 1), ('deleted', 7, 0);
INSERT INTO baileys_sessions_session (session_id, token, holder, nonce, held_since) VALUES
  ('held', 2, '{"owner":"elsewhere:1:abcdef0","nonce":"abcdef0123","pid":1,"hostname":"elsewhere","platform":"linux"}', 'abcdef0123', 1);
INSERT INTO baileys_sessions_heartbeat VALUES ('abcdef0123', 1);
INSERT INTO baileys_sessions_record VALUES (1, 'creds', '', '{"me":1}'), (1, 'pre-key', '1', 'k');
