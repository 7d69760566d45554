-- The account pages: what a user can see and change, by the token of the session.
-- "I" in these comments is the user of that session.

-- --- data ---

-- Returns NULLs if there is no such session.
CREATE OR REPLACE FUNCTION account(token text, OUT user_id bigint, OUT username text,
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

-- Returns my sessions, the one of the token first, then the newest first.
CREATE OR REPLACE FUNCTION account_sessions(token text, most bigint)
RETURNS TABLE (id bigint, begun bigint, used bigint, address text,
	browser text, mine boolean)
LANGUAGE plpgsql SECURITY DEFINER ROWS 31
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
	digest CONSTANT text := token_digest(token);
BEGIN
	RETURN QUERY
		SELECT s.session_id,
			floor(extract(epoch FROM s.begun_at))::bigint,
			floor(extract(epoch FROM s.used_at))::bigint,
			s.address, s.browser, s.token_digest = digest
		FROM sessions AS s
		WHERE s.user_id = me AND s.expires_at > now()
			AND s.used_at > now() - interval '7 days'
		ORDER BY s.token_digest = digest DESC, s.session_id DESC
		LIMIT most;
END $$;

-- Returns the addresses from which I have entered my password, the latest first.
CREATE OR REPLACE FUNCTION account_addresses(token text, most bigint)
RETURNS TABLE (address text, seconds bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT k.address, floor(extract(epoch FROM k.last_at))::bigint
		FROM known_addresses AS k JOIN session_find(token) USING (user_id)
		ORDER BY k.last_at DESC, k.address LIMIT most;
END $$;

-- Returns my messages before a message, flagged ones too, newest first, up to a total
-- of bytes.  Each message counts as its text and 100 bytes.  A last row without a text
-- means that there are older messages.
CREATE OR REPLACE FUNCTION account_messages(token text, before bigint, bytes bigint)
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

-- account_follows() returns the people whom I follow, account_followers() the people
-- who follow me.
CREATE OR REPLACE FUNCTION account_follows(token text, most bigint)
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

CREATE OR REPLACE FUNCTION account_followers(token text, most bigint)
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

-- --- changes, after re-authentication ---

-- Counts an attempt to enter my password.  Returns the seconds to wait and, if there
-- are none, the hash of the password.  Without an address it counts nothing and returns
-- no hash.  Returns NULLs if there is no such session.
CREATE OR REPLACE FUNCTION account_begin(token text, address text,
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
	IF wait = 0 AND address IS NOT NULL THEN
		pw_hash := (SELECT u.pw_hash FROM users AS u
			WHERE u.user_id = me.user_id);
	END IF;
END $$;

-- Takes the attempt of a right password back.
CREATE OR REPLACE FUNCTION account_confirmed(token text, address text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	PERFORM password_entered(user_id, username, client_of(address))
		FROM session_find(token) WHERE user_id IS NOT NULL;
END $$;

-- Replaces the hash of my password.  This ends all my sessions; the present one
-- continues under another token.  Returns false if the hash is not the outdated one
-- any more.
CREATE OR REPLACE FUNCTION account_change_password(token text, outdated text, replacement text,
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
	-- an earlier statement of this connection may have set it
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

-- Ends another session of mine, or all other sessions if id is NULL.
CREATE OR REPLACE FUNCTION account_end_sessions(token text, id bigint) RETURNS void
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

-- Deletes my account and all that belongs to it.  Only the digest of my name stays,
-- so that nobody else can take the name.  Returns false if there is no such session.
CREATE OR REPLACE FUNCTION account_delete(token text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	me record;
BEGIN
	IF (SELECT user_id FROM session_find(token)) IS NULL THEN
		RETURN false; -- without a lock
	END IF;
	-- one deletion at a time: two users who follow each other would deadlock
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
	INSERT INTO former_users
		SELECT name_digest(me.username)
		UNION SELECT name_digest(normalize(me.username, NFC))
		ON CONFLICT DO NOTHING;
	DELETE FROM users WHERE user_id = me.user_id;
	RETURN true;
END $$;

GRANT EXECUTE ON FUNCTION account, account_sessions
	TO minitwit_member, minitwit_account;
GRANT EXECUTE ON FUNCTION account_messages, account_follows, account_followers,
	account_addresses, account_begin, account_confirmed,
	account_change_password, account_end_sessions, account_delete
	TO minitwit_account;
