-- Users, and the names of deleted accounts.

CREATE OR REPLACE FUNCTION name_digest(name text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(name, 'UTF8'));

-- Returns a name without the blanks at its ends: Unicode's White_Space, as
-- text_has_outer_blank() in lib/text.c has it.
CREATE OR REPLACE FUNCTION without_outer_blanks(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(name, E'\t\n\u000b\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004'
	'\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000');

-- Returns the user whom a name means: who has that very name, else who has it in NFC,
-- else the first who has another form of it.  Only imported names are not in NFC.
CREATE OR REPLACE FUNCTION user_named(name text) RETURNS SETOF bigint
LANGUAGE sql STABLE ROWS 1
BEGIN ATOMIC
	SELECT user_id FROM users WHERE username = name
	UNION ALL
	SELECT user_id FROM users WHERE username = normalize(name, NFC)
	UNION ALL
	(SELECT user_id FROM users WHERE username IS NOT NFC NORMALIZED
		AND normalize(username, NFC) = normalize(name, NFC)
		ORDER BY user_id)
	LIMIT 1;
END;

-- Skips the registration of a user whose name is another form of a name in use, and the
-- insertion of a user whose name belonged to a deleted account, as ON CONFLICT DO NOTHING
-- does for a name in use.
CREATE OR REPLACE FUNCTION refuse_former_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	-- waits for a deletion of the same name that has not committed yet
	PERFORM FROM users WHERE username = NEW.username FOR KEY SHARE;
	IF EXISTS (SELECT FROM former_users
		WHERE name_digest = name_digest(NEW.username))
		OR (NEW.registered_at IS NOT NULL
			AND EXISTS (SELECT FROM users JOIN user_named(NEW.username) AS id
				ON user_id = id WHERE username <> NEW.username))
	THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END $$;

-- CREATE OR REPLACE TRIGGER would lock the table in each run of bin/migrate.
SELECT NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'former_name') AS missing
\gset
\if :missing
CREATE TRIGGER former_name BEFORE INSERT ON users
	FOR EACH ROW EXECUTE FUNCTION refuse_former_name();
\endif

-- A registration is an activity; an import is not.
CREATE OR REPLACE FUNCTION note_registration() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	PERFORM note_activity(NEW.user_id);
	RETURN NULL;
END $$;

SELECT NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'registered') AS missing
\gset
\if :missing
CREATE TRIGGER registered AFTER INSERT ON users
	FOR EACH ROW WHEN (NEW.registered_at IS NOT NULL)
	EXECUTE FUNCTION note_registration();
\endif

-- Returns 1 for each name that means a user, and 0 for each other one, in the order of
-- the names.  The names are lines.  See user_named() for what a name means.
--
-- A page may ask for 1,920 names.  Each name is looked up by itself in the hash index
-- users_exact_names, which only an expression with COLLATE "C" can use.  For
-- username = ANY PostgreSQL takes the index of trigrams, where 1,200 similar names take
-- 0.7 s.  A subquery without EXISTS cannot become a join, which might read all users.
-- The result is one short row, because 1,200 rows take PgBouncer milliseconds.
CREATE OR REPLACE FUNCTION names_exist(names text) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
	-- few sites have any; ORDER BY makes PostgreSQL use users_other_forms
	other_forms CONSTANT boolean := (SELECT user_id FROM users
		WHERE username IS NOT NFC NORMALIZED
		ORDER BY normalize(username, NFC) LIMIT 1) IS NOT NULL;
BEGIN
	RETURN array_to_string(ARRAY(SELECT CASE
		WHEN (SELECT true FROM users WHERE username COLLATE "C" = name) THEN 1
		-- the first test costs less, and most names are ASCII
		WHEN octet_length(name) > char_length(name)
			AND name IS NOT NFC NORMALIZED
			AND (SELECT true FROM users
				WHERE username COLLATE "C" = normalize(name, NFC)) THEN 1
		WHEN other_forms AND (SELECT true FROM users
			WHERE username IS NOT NFC NORMALIZED
			AND normalize(username, NFC) = normalize(name, NFC)
			LIMIT 1) THEN 1
		ELSE 0 END
		FROM unnest(string_to_array(names, E'\n')) AS name), '');
END $$;

-- Every visitor can see these columns.
GRANT SELECT (user_id, username) ON users
	TO minitwit_reader, minitwit_registrar,
	minitwit_api_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_api_registrar, minitwit_operator, minitwit_importer;
GRANT INSERT (username, email, pw_hash) ON users
	TO minitwit_registrar, minitwit_api_registrar;
GRANT INSERT (user_id, username, email, pw_hash, registered_at) ON users
	TO minitwit_importer;
GRANT SELECT, UPDATE ON SEQUENCE users_user_id_seq TO minitwit_importer;
GRANT SELECT ON former_users TO minitwit_importer;
GRANT EXECUTE ON FUNCTION name_digest, without_outer_blanks TO minitwit_importer;
GRANT EXECUTE ON FUNCTION user_named
	TO minitwit_reader, minitwit_api_reader, minitwit_api_poster,
	minitwit_api_follower;
GRANT EXECUTE ON FUNCTION names_exist TO minitwit_reader;
