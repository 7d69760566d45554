-- What each role may do.  Whose they are: sql/roles.sql and apache/roles.conf.
--
-- People act by their sessions: the programs that post and follow can do so for
-- the holder of a token, and for nobody else.  The simulator acts for everybody,
-- by names.

-- --- the website's ways to change something ---

-- False when there is no such session.
CREATE FUNCTION message_post(token text, body text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	INSERT INTO messages (author_id, text)
		SELECT user_id, body FROM session_find(token)
		WHERE user_id IS NOT NULL;
	RETURN FOUND;
END $$;

-- False when there is no such session or no such user.
CREATE FUNCTION follow(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	who_id CONSTANT bigint := (SELECT user_id FROM session_find(token));
	whom_id CONSTANT bigint :=
		(SELECT user_id FROM users WHERE username = whom);
BEGIN
	IF who_id IS NULL OR whom_id IS NULL THEN
		RETURN false;
	END IF;
	INSERT INTO followers VALUES (who_id, whom_id)
		ON CONFLICT ON CONSTRAINT followers_pkey DO NOTHING;
	RETURN true;
END $$;

-- False when there is no such session or no such user.
CREATE FUNCTION unfollow(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	follower CONSTANT bigint := (SELECT user_id FROM session_find(token));
	followed CONSTANT bigint :=
		(SELECT user_id FROM users WHERE username = whom);
BEGIN
	DELETE FROM followers WHERE who_id = follower AND whom_id = followed;
	RETURN follower IS NOT NULL AND followed IS NOT NULL;
END $$;

-- --- who may do what ---

-- What all programs' role and everybody had before.
REVOKE ALL ON users, messages, followers, sessions FROM minitwit;
REVOKE ALL (pw_hash) ON users FROM minitwit;
REVOKE ALL ON SEQUENCE latest FROM minitwit;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;

-- What every visitor can see.
GRANT SELECT (user_id, username) ON users
	TO minitwit_reader, minitwit_registrar,
	minitwit_api_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_api_registrar, minitwit_operator;
GRANT SELECT ON messages
	TO minitwit_reader, minitwit_api_reader, minitwit_api_poster,
	minitwit_operator;
GRANT SELECT ON followers
	TO minitwit_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_operator;
GRANT EXECUTE ON FUNCTION timeline TO minitwit_reader;

-- Who is at the browser.
GRANT EXECUTE ON FUNCTION session_find
	TO minitwit_reader, minitwit_poster, minitwit_follower, minitwit_auth,
	minitwit_registrar;

GRANT EXECUTE ON FUNCTION message_post TO minitwit_poster;
GRANT EXECUTE ON FUNCTION follow, unfollow TO minitwit_follower;
GRANT EXECUTE ON FUNCTION login_begin, session_begin, session_end
	TO minitwit_auth;
GRANT EXECUTE ON FUNCTION registration_begin
	TO minitwit_registrar, minitwit_api_registrar;
GRANT INSERT (username, email, pw_hash) ON users
	TO minitwit_registrar, minitwit_api_registrar;

GRANT INSERT (author_id, text) ON messages TO minitwit_api_poster;
GRANT INSERT, DELETE ON followers TO minitwit_api_follower;
GRANT SELECT ON SEQUENCE latest TO minitwit_reader; -- its health
GRANT SELECT, UPDATE ON SEQUENCE latest
	TO minitwit_api_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_api_registrar;

GRANT UPDATE (flagged) ON messages TO minitwit_operator;
