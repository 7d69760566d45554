-- Follow relations: changes by name for the simulator, changes by session for the
-- site, lists and counts.

-- --- changes ---
--
-- Each function returns true if it changed something, false if nothing had to change,
-- and NULL if one of the users does not exist.

CREATE OR REPLACE FUNCTION follow_add(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	follower CONSTANT bigint := (SELECT * FROM user_named(who));
	followed CONSTANT bigint := (SELECT * FROM user_named(whom));
BEGIN
	IF follower IS NULL OR followed IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM note_activity(follower);
	INSERT INTO followers VALUES (follower, followed)
		ON CONFLICT ON CONSTRAINT followers_pkey DO NOTHING;
	RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION follow_remove(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	follower CONSTANT bigint := (SELECT * FROM user_named(who));
	followed CONSTANT bigint := (SELECT * FROM user_named(whom));
BEGIN
	IF follower IS NULL OR followed IS NULL THEN
		RETURN NULL;
	END IF;
	PERFORM note_activity(follower);
	DELETE FROM followers WHERE who_id = follower AND whom_id = followed;
	RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION my_follow_add(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN follow_add((SELECT username FROM session_find(token)), whom);
END $$;

CREATE OR REPLACE FUNCTION my_follow_remove(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN follow_remove((SELECT username FROM session_find(token)), whom);
END $$;

-- --- lists ---

-- Returns the names of those whom a user follows.  Returns no row if there is no such
-- user, and one row with NULL if the user follows nobody.
CREATE OR REPLACE FUNCTION follows_of(name text, most bigint)
RETURNS TABLE (username text)
LANGUAGE plpgsql STABLE ROWS 100
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT whom.username FROM users AS who
		LEFT JOIN LATERAL (
			SELECT whom_id FROM followers
			WHERE who_id = who.user_id
			ORDER BY whom_id LIMIT most) AS f ON true
		LEFT JOIN users AS whom ON whom.user_id = f.whom_id
		WHERE who.user_id = (SELECT * FROM user_named(name))
		ORDER BY f.whom_id;
END $$;

-- followers_of() returns a page of a user's followers, and followed_by() of those
-- whom the user follows, in the order of their ids, each with whether the reader
-- follows that person.  Both return no row if there is no such user, and one row with
-- NULLs if the page is empty.
CREATE OR REPLACE FUNCTION followers_of(name text, reader bigint, after bigint,
	page_size bigint)
RETURNS TABLE (username text, id bigint, person text, followed boolean)
LANGUAGE plpgsql STABLE ROWS 51
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT u.username, f.who_id, (SELECT username FROM users
				WHERE user_id = f.who_id),
			EXISTS (SELECT FROM followers
				WHERE who_id = reader AND whom_id = f.who_id)
		FROM users AS u LEFT JOIN LATERAL (
			SELECT who_id FROM followers
			WHERE whom_id = u.user_id AND who_id > after
			ORDER BY who_id LIMIT page_size) AS f ON true
		WHERE u.user_id = (SELECT * FROM user_named(name))
		ORDER BY f.who_id;
END $$;

CREATE OR REPLACE FUNCTION followed_by(name text, reader bigint, after bigint,
	page_size bigint)
RETURNS TABLE (username text, id bigint, person text, followed boolean)
LANGUAGE plpgsql STABLE ROWS 51
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT u.username, f.whom_id, (SELECT username FROM users
				WHERE user_id = f.whom_id),
			EXISTS (SELECT FROM followers
				WHERE who_id = reader AND whom_id = f.whom_id)
		FROM users AS u LEFT JOIN LATERAL (
			SELECT whom_id FROM followers
			WHERE who_id = u.user_id AND whom_id > after
			ORDER BY whom_id LIMIT page_size) AS f ON true
		WHERE u.user_id = (SELECT * FROM user_named(name))
		ORDER BY f.whom_id;
END $$;

-- Counts a person's messages, followers and followed people, each up to 1,001.
CREATE OR REPLACE FUNCTION counts(person bigint,
	OUT messages bigint, OUT followers bigint, OUT following bigint)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	messages := (SELECT count(*) FROM (SELECT FROM messages AS m
		WHERE m.author_id = person AND NOT m.flagged LIMIT 1001) AS m);
	followers := (SELECT count(*) FROM (SELECT FROM followers AS f
		WHERE f.whom_id = person LIMIT 1001) AS f);
	following := (SELECT count(*) FROM (SELECT FROM followers AS f
		WHERE f.who_id = person LIMIT 1001) AS f);
END $$;

GRANT SELECT ON followers
	TO minitwit_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_operator, minitwit_importer;
GRANT INSERT, DELETE ON followers TO minitwit_api_follower, minitwit_importer;
GRANT SELECT, INSERT, DELETE ON imported_followers TO minitwit_importer;
GRANT EXECUTE ON FUNCTION follow_add, follow_remove, follows_of
	TO minitwit_api_follower;
GRANT EXECUTE ON FUNCTION my_follow_add, my_follow_remove TO minitwit_follower;
GRANT EXECUTE ON FUNCTION followers_of, followed_by, counts TO minitwit_reader;
