import { answer, BEGIN_STEP, REFUSE_LATE, SERVER_NOW } from './lock-functions.js'

/**
 * Changes the records of a session, all or nothing, if its writer may: the token is checked while the row of the session is locked, so
 * that nobody takes the lock in between. `p_dead` is a token whose holder is known to be gone. `p_number` rises from write to write of a
 * writer: one that was stuck on the way is not carried out over a later one, and one that is sent again is carried out once. `p_removed` and
 * `p_set` are JSON, apart from each other so that neither is read in vain. Each statement sees what was committed before it, which is why this is a function and not one statement. `@` stands for the schema.
 */
export const WRITE_FUNCTION: string = `CREATE OR REPLACE FUNCTION @.write(
  p_session text, p_token bigint, p_dead bigint, p_writer text, p_number bigint, p_deadline double precision, p_replace boolean, p_removed text, p_set text
) RETURNS text LANGUAGE plpgsql AS $write$
DECLARE
  v_session @.session%ROWTYPE;
  v_is_there boolean;
  v_is_held boolean;
  v_has_records boolean;
  v_adds boolean := p_set <> '[]';
BEGIN
  ${BEGIN_STEP}
  SELECT * INTO v_session FROM @.session WHERE session_id = p_session FOR UPDATE;
  v_is_there := FOUND;
  ${REFUSE_LATE}
  IF NOT v_is_there THEN
    -- The table was emptied under whoever has a token.
    IF p_token IS NOT NULL THEN
      ${answer('ended', '0')}
    END IF;
    IF NOT v_adds THEN
      ${answer('written', '0')}
    END IF;
    INSERT INTO @.session (session_id) VALUES (p_session) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT v_session FROM @.session WHERE session_id = p_session FOR UPDATE;
  END IF;
  IF p_token < v_session.token THEN
    ${answer('stale', 'v_session.token')}
  END IF;
  v_is_held := EXISTS (SELECT FROM @.process WHERE nonce = v_session.nonce AND expires_at > clock_timestamp());
  -- A greater token was handed out by a server whose place this one has taken while it was behind.
  IF p_token > v_session.token OR (p_token = v_session.token AND NOT v_is_held) THEN
    ${answer('ended', 'v_session.token')}
  END IF;
  IF p_token IS NULL AND v_is_held AND v_session.token IS DISTINCT FROM p_dead THEN
    ${answer('held', 'v_session.token')}
  END IF;
  IF v_session.writer = p_writer AND p_number <= v_session.write_number THEN
    RETURN json_build_object('outcome', CASE WHEN p_number = v_session.write_number THEN 'written' ELSE 'superseded' END,
      'token', v_session.token, 'now', ${SERVER_NOW})::text;
  END IF;
  IF p_replace THEN
    DELETE FROM @.record WHERE session_key = v_session.session_key;
  ELSIF p_removed <> '[]' THEN
    DELETE FROM @.record USING json_to_recordset(p_removed::json) AS removed(type text, id text)
      WHERE record.session_key = v_session.session_key AND record.type = removed.type COLLATE "C" AND record.id = removed.id COLLATE "C";
  END IF;
  IF v_adds THEN
    INSERT INTO @.record AS record (session_key, type, id, value)
      SELECT v_session.session_key, type, id, value FROM json_to_recordset(p_set::json) AS given(type text, id text, value text)
      ON CONFLICT (session_key, type, id) DO UPDATE SET value = excluded.value;
  END IF;
  -- Noted on the row, because to look for a record of each session would make a long list slow.
  v_has_records := v_adds OR EXISTS (SELECT FROM @.record WHERE session_key = v_session.session_key);
  UPDATE @.session SET has_records = v_has_records, writer = p_writer, write_number = p_number
    WHERE session_key = v_session.session_key;
  ${answer('written', 'v_session.token')}
END
$write$`
