import { answer, BEGIN_STEP, REFUSE_LATE, SERVER_NOW } from './lock-functions.js'

/** What a schema has that knows clusters. It is looked for, since it came after the first release with that number of the schema. */
export const CLUSTER_MARK = 'count_change()'

const TABLES: readonly string[] = [
  'CREATE TABLE IF NOT EXISTS @.member (nonce text COLLATE "C" PRIMARY KEY, entered text NOT NULL, is_asked_to_drain boolean NOT NULL DEFAULT false)',
  `CREATE TABLE IF NOT EXISTS @.lock_change (
  session_id text COLLATE "C" PRIMARY KEY,
  changed_by xid8 NOT NULL,
  note text,
  note_number bigint NOT NULL DEFAULT 0
)`,
  'CREATE INDEX IF NOT EXISTS lock_change_recent ON @.lock_change (changed_by)',
]

/** Marks a lock that was taken or given back as changed, and drops what was noted beside it, whichever version has done it. */
const COUNT_CHANGE = `CREATE OR REPLACE FUNCTION @.count_change() RETURNS trigger LANGUAGE plpgsql AS $count_change$
BEGIN
  INSERT INTO @.lock_change (session_id, changed_by) VALUES (NEW.session_id, pg_current_xact_id())
    ON CONFLICT (session_id) DO UPDATE SET changed_by = excluded.changed_by, note = NULL, note_number = 0;
  RETURN NULL;
END
$count_change$`

/** A write of records changes neither column, and costs nothing more. */
const TRIGGER = `DO $trigger$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($name$@.session$name$) AND tgname = 'count_change') THEN
    CREATE TRIGGER count_change AFTER UPDATE OF token, nonce ON @.session FOR EACH ROW EXECUTE FUNCTION @.count_change();
  END IF;
END
$trigger$`

/** Enters a process, and renews its lease or begins one. What has run out is not renewed. */
const ENTER = `CREATE OR REPLACE FUNCTION @.enter(
  p_nonce text, p_holder text, p_entered text, p_lease_ms double precision, p_deadline double precision
) RETURNS text LANGUAGE plpgsql AS $enter$
DECLARE
  v_expires_at timestamptz;
BEGIN
  ${BEGIN_STEP}
  SELECT expires_at INTO v_expires_at FROM @.process WHERE nonce = p_nonce FOR UPDATE;
  ${REFUSE_LATE}
  IF v_expires_at <= clock_timestamp() OR (v_expires_at IS NULL AND EXISTS (SELECT FROM @.session WHERE nonce = p_nonce)) THEN
    ${answer('lapsed')}
  END IF;
  IF v_expires_at IS NULL THEN
    DELETE FROM @.process WHERE expires_at < clock_timestamp() - interval '1 day';
    DELETE FROM @.member WHERE NOT EXISTS (SELECT FROM @.process WHERE process.nonce = member.nonce);
  END IF;
  INSERT INTO @.process (nonce, holder, expires_at, releases)
    VALUES (p_nonce, p_holder, clock_timestamp() + p_lease_ms * interval '1 millisecond', floor(${SERVER_NOW})::bigint)
    ON CONFLICT (nonce) DO UPDATE SET beats = process.beats + 1, expires_at = excluded.expires_at;
  INSERT INTO @.member (nonce, entered) VALUES (p_nonce, p_entered) ON CONFLICT (nonce) DO UPDATE SET entered = excluded.entered;
  ${answer('entered')}
END
$enter$`

/** Removes what a process has entered, and its lease when it has no other use of it. */
const LEAVE = `CREATE OR REPLACE FUNCTION @.leave(p_nonce text, p_is_last boolean, p_deadline double precision) RETURNS text LANGUAGE plpgsql AS $leave$
BEGIN
  ${BEGIN_STEP}
  IF p_is_last THEN
    DELETE FROM @.process WHERE nonce = p_nonce;
  END IF;
  DELETE FROM @.member WHERE nonce = p_nonce;
  ${answer('left')}
END
$leave$`

/** Notes something beside a lock. `p_number` rises from note to note of a process: one that was stuck on the way does not replace a later one. */
const NOTE = `CREATE OR REPLACE FUNCTION @.note(
  p_session text, p_token bigint, p_nonce text, p_number bigint, p_note text, p_deadline double precision
) RETURNS text LANGUAGE plpgsql AS $note$
BEGIN
  ${BEGIN_STEP}
  PERFORM FROM @.session WHERE session_id = p_session AND token = p_token AND nonce = p_nonce FOR UPDATE;
  IF FOUND AND EXISTS (SELECT FROM @.process WHERE nonce = p_nonce AND expires_at > clock_timestamp()) THEN
    INSERT INTO @.lock_change (session_id, changed_by, note, note_number) VALUES (p_session, pg_current_xact_id(), p_note, p_number)
      ON CONFLICT (session_id) DO UPDATE SET changed_by = excluded.changed_by, note = excluded.note, note_number = excluded.note_number
      WHERE lock_change.note_number < excluded.note_number;
  END IF;
  ${answer('noted')}
END
$note$`

/** Marks a member as asked to hand its sessions over. */
const ASK_TO_DRAIN = `CREATE OR REPLACE FUNCTION @.ask_to_drain(p_nonce text, p_deadline double precision) RETURNS text LANGUAGE plpgsql AS $ask$
BEGIN
  ${BEGIN_STEP}
  UPDATE @.member SET is_asked_to_drain = true
    WHERE nonce = p_nonce AND EXISTS (SELECT FROM @.process WHERE nonce = p_nonce AND expires_at > clock_timestamp());
  IF FOUND THEN
    ${answer('asked')}
  END IF;
  ${answer('absent')}
END
$ask$`

/**
 * What is behind `PostgresClusterTable`; `@` stands for the schema. All of it stands beside what was there before, and no table that is in use gets
 * another column: that would wait for a backup, and all renewals for it. Rows are locked in one order: sessions, processes, then these.
 */
export const CLUSTER_STATEMENTS: readonly string[] = [...TABLES, COUNT_CHANGE, TRIGGER, ENTER, LEAVE, NOTE, ASK_TO_DRAIN]
