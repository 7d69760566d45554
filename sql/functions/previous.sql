-- Functions that only the programs of the previous release call: they run on this
-- database while a deployment is under way, and after a rollback.  A release that
-- renames a function or changes its arguments puts the old form here; the release
-- after it drops the old form in a migration.

CREATE OR REPLACE FUNCTION message_store(token text, body text, once text)
RETURNS boolean LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
BEGIN ATOMIC
	SELECT added FROM my_message_add(token, body, once);
END;

CREATE OR REPLACE FUNCTION following_begin(who text, whom text) RETURNS boolean
LANGUAGE sql
BEGIN ATOMIC
	SELECT follow_add(who, whom);
END;

CREATE OR REPLACE FUNCTION following_end(who text, whom text) RETURNS boolean
LANGUAGE sql
BEGIN ATOMIC
	SELECT follow_remove(who, whom);
END;

CREATE OR REPLACE FUNCTION my_following_begin(token text, whom text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
BEGIN ATOMIC
	SELECT my_follow_add(token, whom);
END;

CREATE OR REPLACE FUNCTION my_following_end(token text, whom text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
BEGIN ATOMIC
	SELECT my_follow_remove(token, whom);
END;

CREATE OR REPLACE FUNCTION account_password(token text, outdated text,
	replacement text, next_token text)
RETURNS boolean LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp
BEGIN ATOMIC
	SELECT account_change_password(token, outdated, replacement, next_token);
END;

CREATE OR REPLACE FUNCTION existing_names(names text) RETURNS SETOF text
LANGUAGE plpgsql STABLE ROWS 10
AS $$
BEGIN
	RETURN QUERY SELECT name
		FROM unnest(string_to_array(names, E'\n')) AS name, user_named(name);
END $$;

GRANT EXECUTE ON FUNCTION message_store TO minitwit_poster;
-- these two run with the rights of the caller
GRANT EXECUTE ON FUNCTION following_begin, following_end TO minitwit_api_follower;
GRANT EXECUTE ON FUNCTION my_following_begin, my_following_end
	TO minitwit_follower;
GRANT EXECUTE ON FUNCTION account_password TO minitwit_account;
GRANT EXECUTE ON FUNCTION existing_names TO minitwit_reader;
