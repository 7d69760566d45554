-- Sessions end after a week without use, and thirty days after the login.
--
-- The functions run as the owner of the tables: whoever may call one can do what
-- it does, and read neither tokens nor whose sessions there are.  The names in
-- them mean what they mean here, whatever the caller's search_path.

ALTER TABLE sessions
	ALTER COLUMN expires_at SET DEFAULT now() + interval '30 days',
	-- within an hour, so that reading a page is seldom a change
	ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();

-- What is stored of a token.
CREATE FUNCTION token_digest(token text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(sha256(token::bytea), 'hex');

-- Whose session it is; NULLs when it is nobody's.
CREATE FUNCTION session_find(token text, OUT user_id bigint, OUT username text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	used timestamptz;
BEGIN
	SELECT user_id, username, used_at INTO user_id, username, used
		FROM sessions JOIN users USING (user_id)
		WHERE token_digest = token_digest(token)
		AND expires_at > now() AND used_at > now() - interval '7 days';
	IF used < now() - interval '1 hour' THEN
		UPDATE sessions SET used_at = now()
			WHERE token_digest = token_digest(token)
			AND used_at = used;
	END IF;
END $$;

CREATE FUNCTION session_end(token text) RETURNS void
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
	DELETE FROM sessions WHERE token_digest = token_digest(token);
END;

-- Ends all sessions of a user who has another password now, whoever changed it
-- and how.  minitwit.same_password is for another hash of the same one.
CREATE FUNCTION end_sessions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	DELETE FROM sessions WHERE user_id = NEW.user_id;
	RETURN NULL;
END $$;

CREATE TRIGGER password_changed AFTER UPDATE OF pw_hash ON users
	FOR EACH ROW
	WHEN (OLD.pw_hash <> NEW.pw_hash
		AND current_setting('minitwit.same_password', true) IS DISTINCT FROM 'yes')
	EXECUTE FUNCTION end_sessions();

-- Whose sessions a changed password ends.
CREATE INDEX sessions_user_id ON sessions (user_id);
