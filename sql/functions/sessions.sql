-- Sessions end after a week without use, and thirty days after the sign-in.
--
-- The functions run with the rights of the owner of the tables.  A program can
-- therefore use a session whose token it has, but it can read neither tokens nor the
-- list of sessions.

-- Returns the form in which a token is stored.
CREATE OR REPLACE FUNCTION token_digest(token text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(sha256(token::bytea), 'hex');

-- Returns the user of a session, or NULLs if there is no such session.
CREATE OR REPLACE FUNCTION session_find(token text,
	OUT user_id bigint, OUT username text)
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
	-- to the hour, so that reading a page is rarely a write
	IF used < now() - interval '1 hour' THEN
		UPDATE sessions SET used_at = now()
			WHERE token_digest = token_digest(token)
			AND used_at = used;
		PERFORM note_activity(user_id);
	END IF;
END $$;

-- Remembers that a user did something.
CREATE OR REPLACE FUNCTION note_activity(who bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	-- to the hour, so that most actions only read
	IF NOT EXISTS (SELECT FROM activities
		WHERE user_id = who AND active_at > now() - interval '1 hour')
	THEN
		INSERT INTO activities (user_id) VALUES (who)
			ON CONFLICT ON CONSTRAINT activities_pkey
			DO UPDATE SET active_at = now();
	END IF;
END $$;

-- Deletes some of the expired rows at each sign-in: few enough to be quick, and none
-- that another transaction has locked.
CREATE OR REPLACE FUNCTION clear_away() RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	DELETE FROM sessions WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM sessions WHERE expires_at <= now()
		LIMIT 100 FOR UPDATE SKIP LOCKED));
	DELETE FROM attempts WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM attempts
		WHERE last_at < now() - interval '1 day'
		LIMIT 100 FOR UPDATE SKIP LOCKED));
	DELETE FROM known_addresses WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM known_addresses
		WHERE last_at < now() - interval '90 days'
		LIMIT 100 FOR UPDATE SKIP LOCKED));
END;

-- Begins a session for a user who has given the right password to the caller of
-- login_begin().  hash is the hash that the caller compared the password with, and
-- replacement a hash of the same password in the present form, or NULL.  Returns false
-- if the user has another hash by now.
--
-- The caller may be compromised: it can store a replacement only for a hash in an older
-- form, and it cannot begin a session without knowing the hash.
CREATE OR REPLACE FUNCTION session_begin(who bigint, token text, address text,
	browser text, hash text, replacement text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- what password_is_outdated() in lib/password.c does not replace
	present CONSTANT text :=
		'^scrypt:(16384|32768|65536):8:1\$nfc\.[^$]+\$[0-9a-f]{128}$';
	-- what it does not replace in the previous release
	previous CONSTANT text :=
		'^scrypt:(16384|32768|65536):8:1\$[^$]+\$[0-9a-f]{128}$';
BEGIN
	-- a password that is being changed opens no session any more
	PERFORM FROM users WHERE user_id = who AND pw_hash = hash
		FOR NO KEY UPDATE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF (replacement ~ present AND hash !~ present)
		OR (replacement ~ previous AND hash !~ previous)
	THEN
		PERFORM set_config('minitwit.same_password', 'yes', true);
		UPDATE users SET pw_hash = replacement WHERE user_id = who;
	END IF;
	PERFORM clear_away();
	-- with the new session there are 100 at most
	DELETE FROM sessions WHERE user_id = who AND session_id <= (
		SELECT session_id FROM sessions WHERE user_id = who
		ORDER BY session_id DESC OFFSET 99 LIMIT 1);
	PERFORM note_activity(who);
	PERFORM password_entered(who,
		(SELECT username FROM users WHERE user_id = who),
		client_of(session_begin.address));
	INSERT INTO sessions (token_digest, user_id, address, browser)
		VALUES (token_digest(token), who, session_begin.address,
			session_begin.browser);
	RETURN true;
END $$;

CREATE OR REPLACE FUNCTION session_end(token text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	DELETE FROM sessions WHERE token_digest = token_digest(token);
END $$;

-- Ends all sessions of a user whose password has changed.  A transaction that stores
-- another hash of the same password sets minitwit.same_password.
CREATE OR REPLACE FUNCTION end_sessions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	DELETE FROM sessions WHERE user_id = NEW.user_id;
	RETURN NULL;
END $$;

-- CREATE OR REPLACE TRIGGER would lock the table each time.
SELECT NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'password_changed')
	AS missing
\gset
\if :missing
CREATE TRIGGER password_changed AFTER UPDATE OF pw_hash ON users
	FOR EACH ROW
	WHEN (OLD.pw_hash <> NEW.pw_hash
		AND current_setting('minitwit.same_password', true) IS DISTINCT FROM 'yes')
	EXECUTE FUNCTION end_sessions();
\endif

GRANT EXECUTE ON FUNCTION session_find
	TO minitwit_reader, minitwit_poster, minitwit_follower, minitwit_auth,
	minitwit_registrar, minitwit_member, minitwit_account;
-- the simulator's users have no sessions
GRANT EXECUTE ON FUNCTION note_activity
	TO minitwit_api_poster, minitwit_api_follower;
GRANT EXECUTE ON FUNCTION session_begin, session_end TO minitwit_auth;
