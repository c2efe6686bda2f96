/** The milliseconds since 1970 by the server's clock as it is now, not when the transaction began. */
export const SERVER_NOW: string = 'extract(epoch FROM clock_timestamp())::double precision * 1000'

/**
 * What a function that waits for a row begins with. It waits no longer than its caller does, and its commit is on the disk even where
 * the user has `synchronous_commit` off. Both hold for this transaction only.
 */
export const BEGIN_STEP: string = `PERFORM set_config('lock_timeout', greatest(1, ceil(p_deadline - ${SERVER_NOW}))::text, true);
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;`

/** The answer of a function, as JSON text: what drivers make of other types can be configured. */
export const answer = (outcome: string, token = 'NULL'): string =>
  `RETURN json_build_object('outcome', '${outcome}', 'token', ${token}, 'now', ${SERVER_NOW})::text;`

/** Every answer after the deadline: whoever asked has given up, and may have asked for something else since. */
export const REFUSE_LATE: string = `IF ${SERVER_NOW} > p_deadline THEN
    ${answer('late')}
  END IF;`

/**
 * Takes a session's lock if it is as it was seen: `p_token`, and `p_beats` of the process that holds it. Asked again with the same
 * `p_claim`, it answers as it did before. Whoever asks does not hold it: what the row says of its own process is of a claim that it knows
 * nothing of.
 */
const CLAIM = `CREATE OR REPLACE FUNCTION @.claim(
  p_version integer, p_session text, p_token bigint, p_beats bigint, p_claim text, p_nonce text, p_holder text,
  p_lease_ms double precision, p_deadline double precision
) RETURNS text LANGUAGE plpgsql AS $claim$
DECLARE
  v_session @.session%ROWTYPE;
  v_process @.process%ROWTYPE;
BEGIN
  IF @.schema_version() > p_version THEN
    ${answer('outdated')}
  END IF;
  ${BEGIN_STEP}
  INSERT INTO @.session (session_id) VALUES (p_session) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT v_session FROM @.session WHERE session_id = p_session FOR UPDATE;
  ${REFUSE_LATE}
  IF v_session.claim = p_claim AND v_session.nonce = p_nonce THEN
    ${answer('taken', 'v_session.token')}
  END IF;
  IF v_session.token <> p_token THEN
    ${answer('changed')}
  END IF;
  IF v_session.nonce <> p_nonce THEN
    SELECT * INTO v_process FROM @.process WHERE nonce = v_session.nonce FOR UPDATE;
    IF FOUND THEN
      IF v_process.expires_at > clock_timestamp() AND v_process.beats IS DISTINCT FROM p_beats THEN
        ${answer('changed')}
      END IF;
      -- A renewal that waits for this row must find that it is too late.
      DELETE FROM @.process WHERE nonce = v_session.nonce;
    END IF;
  END IF;
  -- Not counted from zero: those who wait must not take a process that begins again for what it was before.
  INSERT INTO @.process (nonce, holder, expires_at, releases)
    VALUES (p_nonce, p_holder, '-infinity', floor(${SERVER_NOW})::bigint) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT v_process FROM @.process WHERE nonce = p_nonce FOR UPDATE;
  IF v_process.expires_at <= clock_timestamp() THEN
    -- What ran out is not renewed while others may be taking what was held under it.
    IF EXISTS (SELECT FROM @.session WHERE nonce = p_nonce) THEN
      ${answer('lapsed')}
    END IF;
    DELETE FROM @.process WHERE expires_at < clock_timestamp() - interval '1 day' AND nonce <> p_nonce;
  END IF;
  -- Greater than every one before, also where a table was emptied or a replica that lagged was promoted.
  v_session.token := greatest(v_session.token + 1, floor(${SERVER_NOW})::bigint);
  UPDATE @.process SET beats = beats + 1, newest_token = greatest(newest_token, v_session.token),
    expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond' WHERE nonce = p_nonce;
  UPDATE @.session SET token = v_session.token, nonce = p_nonce, claim = p_claim WHERE session_id = p_session;
  ${answer('taken', 'v_session.token')}
END
$claim$`

/**
 * Renews the lease of a process, which is that of all its sessions, unless it has run out, or `p_newest` is a token that this server does not
 * know: it was behind when it took the place of another. Gives back what the process took by `p_abandoned`, claims whose answer it did not get.
 */
const RENEW = `CREATE OR REPLACE FUNCTION @.renew(
  p_nonce text, p_newest bigint, p_lease_ms double precision, p_deadline double precision, p_abandoned text
) RETURNS text LANGUAGE plpgsql AS $renew$
DECLARE
  v_process @.process%ROWTYPE;
  v_freed integer := 0;
BEGIN
  ${BEGIN_STEP}
  IF p_abandoned <> '[]' THEN
    UPDATE @.session SET nonce = NULL, claim = NULL
      WHERE nonce = p_nonce AND claim IN (SELECT json_array_elements_text(p_abandoned::json));
    GET DIAGNOSTICS v_freed = ROW_COUNT;
  END IF;
  SELECT * INTO v_process FROM @.process WHERE nonce = p_nonce FOR UPDATE;
  IF NOT FOUND OR v_process.expires_at <= clock_timestamp() OR v_process.newest_token < p_newest THEN
    ${answer('lapsed')}
  END IF;
  UPDATE @.process
    SET beats = beats + 1, releases = releases + v_freed, expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    WHERE nonce = p_nonce;
  ${answer('renewed')}
END
$renew$`

/** Gives a session's lock back, and with the last one the lease of the process. Counted, so that those who wait for one of its locks look. */
const RELEASE = `CREATE OR REPLACE FUNCTION @.release(
  p_session text, p_token bigint, p_nonce text, p_is_last boolean, p_deadline double precision
) RETURNS text LANGUAGE plpgsql AS $release$
BEGIN
  ${BEGIN_STEP}
  UPDATE @.session SET nonce = NULL, claim = NULL WHERE session_id = p_session AND token = p_token AND nonce = p_nonce;
  IF p_is_last THEN
    DELETE FROM @.process WHERE nonce = p_nonce;
  ELSIF FOUND THEN
    UPDATE @.process SET releases = releases + 1 WHERE nonce = p_nonce;
  END IF;
  ${answer('released')}
END
$release$`

/** The functions behind `PostgresLockTable`; `@` stands for the schema. They lock rows in one order: sessions, then processes. */
export const LOCK_FUNCTIONS: readonly string[] = [CLAIM, RENEW, RELEASE]
