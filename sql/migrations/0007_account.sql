-- The account pages: what somebody can see and change of what is theirs, by the
-- token of their session, and for nobody else.

-- NULL: registered before this was noted.
ALTER TABLE users ADD COLUMN registered_at timestamptz;
ALTER TABLE users ALTER COLUMN registered_at SET DEFAULT now();

-- What tells people their sessions apart.
ALTER TABLE sessions
	-- names a session to its owner, who can't have the other tokens
	ADD COLUMN session_id bigint GENERATED ALWAYS AS IDENTITY,
	ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN address text,
	-- as lib/browser.h puts it, not as the browser does
	ADD COLUMN browser text CHECK (char_length(browser) <= 64);
UPDATE sessions SET begun_at = expires_at - interval '30 days';

-- Somebody's sessions, the newest first; and whose a changed password ends.
CREATE UNIQUE INDEX sessions_by_user ON sessions (user_id, session_id);
DROP INDEX sessions_user_id;

-- Who follows somebody.
CREATE INDEX followers_by_whom ON followers (whom_id, who_id);

-- One author's messages, flagged ones apart: a page never walks past them, as
-- before, and yet all are found when the author goes.
CREATE INDEX messages_of_author ON messages (author_id, flagged, message_id);
DROP INDEX messages_by_author;

-- --- names that were somebody's ---

-- Whoever had one is gone; nobody else is to be taken for them, ever.
CREATE TABLE former_users (
	-- SHA-256: a name may be a person's own
	name_digest bytea PRIMARY KEY
);

CREATE FUNCTION name_digest(name text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(name, 'UTF8'));

-- Skips the row, as ON CONFLICT DO NOTHING does for a name that somebody has.
CREATE FUNCTION refuse_former_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	-- waits for the end of an account that is just being deleted
	PERFORM FROM users WHERE username = NEW.username FOR KEY SHARE;
	IF EXISTS (SELECT FROM former_users
		WHERE name_digest = name_digest(NEW.username))
	THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END $$;

CREATE TRIGGER former_name BEFORE INSERT ON users
	FOR EACH ROW EXECUTE FUNCTION refuse_former_name();

-- --- attempts, of login and of whoever confirms something ---

-- Counts an attempt to enter somebody's password; gives the seconds to wait.
CREATE FUNCTION password_attempt(name text, client text) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
	wait bigint;
BEGIN
	IF client IS NULL THEN
		RETURN 0; -- no attempt
	END IF;
	IF EXISTS (SELECT FROM users JOIN known_addresses AS k
		USING (user_id) WHERE username = name AND k.address = client)
	THEN
		RETURN attempt('acquaintance', client || ' ' || name);
	END IF;
	wait := attempt('address', client);
	IF wait = 0 THEN
		wait := attempt('account', name);
		IF wait > 0 THEN
			PERFORM attempt_take_back('address', client);
		END IF;
	END IF;
	RETURN wait;
END $$;

-- It was the right one: takes the attempt back, and knows the address.
CREATE FUNCTION password_entered(who bigint, name text, client text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
	IF EXISTS (SELECT FROM known_addresses AS k
		WHERE k.user_id = who AND k.address = client)
	THEN
		PERFORM attempt_take_back('acquaintance', client || ' ' || name);
	ELSE
		-- in the order of password_attempt(), so that no two wait for
		-- each other
		PERFORM attempt_take_back('address', client);
		PERFORM attempt_take_back('account', name);
	END IF;
	INSERT INTO known_addresses (user_id, address)
		SELECT who, client WHERE client IS NOT NULL
		ON CONFLICT ON CONSTRAINT known_addresses_pkey
		DO UPDATE SET last_at = now();
END $$;

-- As in 0004_attempts.sql.
CREATE OR REPLACE FUNCTION login_begin(name text, token text, address text,
	OUT session_user_id bigint, OUT session_username text, OUT wait bigint,
	OUT user_id bigint, OUT username text, OUT pw_hash text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	wait := 0;
	SELECT s.user_id, s.username INTO session_user_id, session_username
		FROM session_find(token) AS s;
	IF session_user_id IS NOT NULL THEN
		RETURN;
	END IF;
	wait := password_attempt(name, client_of(address));
	IF wait = 0 THEN
		SELECT u.user_id, u.username, u.pw_hash
			INTO user_id, username, pw_hash
			FROM users AS u WHERE u.username = name;
	END IF;
END $$;

-- The same with what the session's owner will know it by.
DROP FUNCTION session_begin;
CREATE FUNCTION session_begin(who bigint, token text, address text,
	browser text, hash text, replacement text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- nobody comes in with the password of before, whoever changes it now
	IF hash IS NOT NULL THEN
		PERFORM FROM users WHERE user_id = who AND pw_hash = hash
			FOR NO KEY UPDATE;
		IF NOT FOUND THEN
			RETURN false;
		END IF;
	END IF;
	IF replacement IS NOT NULL THEN
		PERFORM set_config('minitwit.same_password', 'yes', true);
		UPDATE users SET pw_hash = replacement WHERE user_id = who;
	END IF;
	PERFORM clear_away();
	PERFORM password_entered(who,
		(SELECT username FROM users WHERE user_id = who),
		client_of(session_begin.address));
	INSERT INTO sessions (token_digest, user_id, address, browser)
		VALUES (token_digest(token), who, session_begin.address,
			session_begin.browser);
	RETURN true;
END $$;

-- --- what is mine ---

-- NULLs when there is no such session.
CREATE FUNCTION account(token text, OUT user_id bigint, OUT username text,
	OUT email text, OUT registered bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	SELECT u.user_id, u.username, u.email,
			floor(extract(epoch FROM u.registered_at))::bigint
		INTO user_id, username, email, registered
		FROM session_find(token) AS s JOIN users AS u USING (user_id);
END $$;

CREATE FUNCTION account_sessions(token text, most bigint)
RETURNS TABLE (id bigint, begun bigint, used bigint, address text,
	browser text, mine boolean)
LANGUAGE plpgsql SECURITY DEFINER ROWS 31
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
BEGIN
	RETURN QUERY
		SELECT s.session_id,
			floor(extract(epoch FROM s.begun_at))::bigint,
			floor(extract(epoch FROM s.used_at))::bigint,
			s.address, s.browser,
			s.token_digest = token_digest(token)
		FROM sessions AS s
		WHERE s.user_id = me AND s.expires_at > now()
			AND s.used_at > now() - interval '7 days'
		ORDER BY s.session_id DESC LIMIT most;
END $$;

-- My messages before one, flagged ones too, the newest first, as many as make
-- so many bytes, with 100 for each beside its text.  A last row without a text
-- says that there are older ones.
CREATE FUNCTION account_messages(token text, before bigint, bytes bigint)
RETURNS TABLE (id bigint, body text, seconds bigint, flagged boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
	most CONSTANT bigint := bytes / 100 + 1;
	room bigint := bytes;
BEGIN
	FOR id, body, seconds, flagged IN
		SELECT m.message_id, m.text,
			floor(extract(epoch FROM m.pub_date))::bigint, m.flagged
		FROM (
			(SELECT message_id, text, pub_date, flagged
				FROM messages
				WHERE author_id = me AND NOT flagged
				AND message_id < before
				ORDER BY message_id DESC LIMIT most)
			UNION ALL
			(SELECT message_id, text, pub_date, flagged
				FROM messages
				WHERE author_id = me AND flagged
				AND message_id < before
				ORDER BY message_id DESC LIMIT most)) AS m
		ORDER BY m.message_id DESC
	LOOP
		room := room - 100 - octet_length(body);
		IF room < 0 THEN
			body := NULL;
		END IF;
		RETURN NEXT;
		EXIT WHEN room < 0;
	END LOOP;
END $$;

-- Whom I follow, and who follows me.
CREATE FUNCTION account_follows(token text, most bigint)
RETURNS TABLE (username text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
BEGIN
	RETURN QUERY
		SELECT (SELECT u.username FROM users AS u
			WHERE u.user_id = f.whom_id)
		FROM followers AS f WHERE f.who_id = me
		ORDER BY f.whom_id LIMIT most;
END $$;

CREATE FUNCTION account_followers(token text, most bigint)
RETURNS TABLE (username text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
BEGIN
	RETURN QUERY
		SELECT (SELECT u.username FROM users AS u
			WHERE u.user_id = f.who_id)
		FROM followers AS f WHERE f.whom_id = me
		ORDER BY f.who_id LIMIT most;
END $$;

-- --- what I may do about it, with my password ---

-- Before something is done that the password has to confirm: the seconds to
-- wait, and when that is none, the password's hash.  Without an address nothing
-- is counted.  NULLs when there is no such session.
CREATE FUNCTION account_begin(token text, address text,
	OUT wait bigint, OUT pw_hash text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	me record;
BEGIN
	SELECT * INTO me FROM session_find(token);
	IF me.user_id IS NULL THEN
		RETURN;
	END IF;
	wait := password_attempt(me.username, client_of(address));
	IF wait = 0 THEN
		pw_hash := (SELECT u.pw_hash FROM users AS u
			WHERE u.user_id = me.user_id);
	END IF;
END $$;

-- The password was the right one.
CREATE FUNCTION account_confirmed(token text, address text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
BEGIN ATOMIC
	SELECT password_entered(user_id, username, client_of(address))
		FROM session_find(token) WHERE user_id IS NOT NULL;
END;

-- Another password for the one that was read.  It ends all sessions; this one
-- goes on under another token.  False when somebody else was faster.
CREATE FUNCTION account_password(token text, outdated text, replacement text,
	next_token text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
	mine sessions;
BEGIN
	SELECT * INTO mine FROM sessions
		WHERE token_digest = token_digest(token);
	-- whatever was said before on this connection: the other sessions end
	PERFORM set_config('minitwit.same_password', '', true);
	UPDATE users SET pw_hash = replacement
		WHERE user_id = me AND pw_hash = outdated;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	INSERT INTO sessions (token_digest, user_id, begun_at, address, browser)
		VALUES (token_digest(next_token), me, mine.begun_at,
			mine.address, mine.browser);
	RETURN true;
END $$;

-- Ends another session of mine, or, where that is NULL, all others.
CREATE FUNCTION account_end_sessions(token text, id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
BEGIN
	IF id IS NULL THEN
		DELETE FROM sessions WHERE user_id = me
			AND token_digest <> token_digest(token);
	ELSE
		DELETE FROM sessions WHERE user_id = me AND session_id = id
			AND token_digest <> token_digest(token);
	END IF;
END $$;

-- Me, and with me all that is mine; only that nobody can have my name stays.
-- False when there is no such session.
CREATE FUNCTION account_delete(token text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	me record;
BEGIN
	-- one after the other: two who follow each other would wait for each
	-- other for ever
	LOCK TABLE former_users IN SHARE ROW EXCLUSIVE MODE;
	SELECT * INTO me FROM session_find(token);
	IF me.user_id IS NULL THEN
		RETURN false;
	END IF;
	-- before the user, as in session_begin()
	DELETE FROM attempts WHERE kind = 'account'
		AND subject = attempt_digest(me.username);
	DELETE FROM attempts WHERE kind = 'acquaintance' AND subject = ANY (ARRAY(
		SELECT attempt_digest(address || ' ' || me.username)
		FROM known_addresses WHERE user_id = me.user_id));
	INSERT INTO former_users VALUES (name_digest(me.username));
	DELETE FROM users WHERE user_id = me.user_id;
	RETURN true;
END $$;

GRANT EXECUTE ON FUNCTION session_begin TO minitwit_auth;
GRANT EXECUTE ON FUNCTION account, account_sessions
	TO minitwit_member, minitwit_account;
GRANT EXECUTE ON FUNCTION account_messages, account_follows, account_followers,
	account_begin, account_confirmed, account_password, account_end_sessions,
	account_delete
	TO minitwit_account;
