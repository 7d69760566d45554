-- Imports the rows of a first MiniTwit, which bin/import-sqlite writes to psql's
-- standard input.
--
--	dry_run	judges and reports, and changes nothing
--	strict	fails unless all rows can be taken over as they are
--	operator	who does it
--
-- First everything is judged, beside the site, which waits for nothing; then
-- users, follows and messages are added, each in a transaction of its own, as
-- nobody is to wait for all of it.

SET client_min_messages = notice;
SET work_mem = '64MB';

-- --- the rows ---

-- Each value is its bytes, which can be anything.  is_number is true for a name or a
-- text that SQLite has made a number of.
CREATE TEMPORARY TABLE legacy (
	kind text, a bytea, b bytea, c bytea, d bytea, e bytea, is_number boolean);
\copy legacy FROM pstdin (FORMAT csv, DELIMITER '|')

SELECT NOT EXISTS (SELECT FROM legacy WHERE kind = 'end') AS is_cut \gset
\if :is_cut
DO $$ BEGIN RAISE 'the file could not be read to its end: nothing was changed.'; END $$;
\endif

CREATE TEMPORARY VIEW legacy_user AS
SELECT ctid, a AS user_id, b AS username, c AS email, d AS pw_hash, is_number
FROM legacy WHERE kind = 'user';
CREATE TEMPORARY VIEW legacy_follower AS
SELECT ctid, a AS who_id, b AS whom_id FROM legacy WHERE kind = 'follower';
CREATE TEMPORARY VIEW legacy_message AS
SELECT ctid, a AS message_id, b AS author_id, c AS text, d AS pub_date, e AS flagged,
	is_number
FROM legacy WHERE kind = 'message';

-- --- what the bytes mean ---

-- NULL when they are no text: not UTF-8, or with a NUL.
CREATE FUNCTION pg_temp.text_of(bytes bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT
AS $$
BEGIN
	RETURN convert_from(bytes, 'UTF8');
EXCEPTION WHEN character_not_in_repertoire THEN
	RETURN NULL;
END $$;

-- NULL when they are no id.  People are searched from 1 on.
CREATE FUNCTION pg_temp.id_of(bytes bytea) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN encode(bytes, 'escape') ~ '^[1-9][0-9]{0,14}$'
	THEN encode(bytes, 'escape')::bigint END;

-- NULL when they are no number of seconds from 1970 up to the year 9999.
CREATE FUNCTION pg_temp.time_of(bytes bytea) RETURNS timestamptz
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN encode(bytes, 'escape') ~ '^[0-9]{1,12}([.][0-9]*)?$'
		AND encode(bytes, 'escape')::numeric < 253402300800
	THEN to_timestamp(encode(bytes, 'escape')::double precision) END;

-- Whether lib/password.c can compare a password with the hash.
CREATE FUNCTION pg_temp.is_known_hash(hash text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT
AS $$
DECLARE
	-- the digits of each digest
	digits CONSTANT jsonb := '{"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64,
		"sha384": 96, "sha512": 128}';
	-- METHOD, the digest's name or the costs, SALT, HEX
	parts CONSTANT text[] := regexp_match(hash,
		'^(?:(scrypt|pbkdf2):)?([^$]*)\$([^$]*)\$([0-9a-f]*)$');
	words CONSTANT text[] := string_to_array(parts[2], ':');
	n numeric;
	r numeric;
	p numeric;
	block numeric;
BEGIN
	IF hash ~ '^\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}$' THEN
		RETURN true;
	ELSIF parts IS NULL THEN
		RETURN false;
	ELSIF parts[1] = 'scrypt' THEN
		IF parts[2] !~ '^\d{1,10}(:\d{1,10}){2}$' OR length(parts[4]) <> 128 THEN
			RETURN false;
		END IF;
		n := words[1];
		r := words[2];
		p := words[3];
		-- a power of two, of bounded work and memory
		RETURN n > 1 AND r > 0 AND p > 0 AND n <= 2 ^ 30
			AND (n::bigint & (n::bigint - 1)) = 0
			AND n * r * p <= 64 * 16384 * 8
			AND 128 * r * (n + p + 2) <= 256 * 1024 * 1024;
	ELSIF parts[1] = 'pbkdf2' THEN
		block := CASE WHEN words[1] IN ('sha384', 'sha512') THEN 2 ELSE 1 END;
		RETURN parts[2] ~ '^[a-z0-9]+(:\d{1,8})?$'
			AND length(parts[4]) = (digits ->> words[1])::integer
			AND (words[2] IS NULL OR words[2]::numeric BETWEEN 1
				AND 10000000 / block);
	END IF;
	RETURN parts[3] <> ''
		AND coalesce(length(parts[4]) = (digits ->> parts[2])::integer, false);
END $$;

-- As lib/text.c has it.
CREATE FUNCTION pg_temp.has_control(text text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN text ~ '[\u0001-\u001f\u007f-\u009f]';

-- --- users: what is wrong with each, by the rules of lib/users.c ---

\warn judging users
CREATE TEMPORARY TABLE people AS
SELECT place, id, name, is_number,
	-- RFC 5321 4.5.3.1.3
	CASE WHEN char_length(email) <= 254 THEN email ELSE '' END AS email,
	coalesce(hash, '') AS hash,
	CASE
	WHEN id IS NULL THEN 'no id from 1 to 999999999999999'
	WHEN username IS NULL OR username = '' THEN 'no username'
	WHEN name IS NULL THEN 'the username is no UTF-8 or has a NUL'
	WHEN without_outer_blanks(name) = '' THEN 'no username'
	WHEN char_length(name) > 64 THEN
		'the username has more than 64 characters'
	WHEN pg_temp.has_control(name) THEN
		'the username has a control character'
	WHEN name = ANY (string_to_array(:'reserved', E'\n')) THEN
		'the username is an address of the site'
	END AS problem,
	false AS here
FROM (SELECT row_number() OVER (ORDER BY ctid) AS place, username,
		is_number, pg_temp.id_of(user_id) AS id,
		pg_temp.text_of(username) AS name,
		pg_temp.text_of(email) AS email,
		pg_temp.text_of(pw_hash) AS hash
	FROM legacy_user) AS u;

CREATE INDEX ON people (id);
CREATE INDEX ON people (name);

-- Of several the first one counts, as it did for who logged in.
UPDATE people AS p SET problem = 'an earlier row has that id'
WHERE problem IS NULL AND EXISTS (SELECT FROM people AS q
	WHERE q.id = p.id AND q.problem IS NULL AND q.place < p.place);
UPDATE people AS p SET problem = 'an earlier row has that username'
WHERE problem IS NULL AND EXISTS (SELECT FROM people AS q
	WHERE q.name = p.name AND q.problem IS NULL AND q.place < p.place);
ANALYZE people;

UPDATE people SET here = true FROM users AS u
WHERE problem IS NULL AND u.user_id = id AND u.username = name;
UPDATE people SET problem = 'somebody else has that id here'
FROM users AS u WHERE problem IS NULL AND NOT here AND u.user_id = id;
UPDATE people SET problem = 'somebody else has that username here'
FROM users AS u WHERE problem IS NULL AND NOT here AND u.username = name;
UPDATE people SET problem = 'who had that username has deleted the account here'
FROM former_users AS f
WHERE problem IS NULL AND NOT here AND f.name_digest = name_digest(name);

-- --- followers ---

\warn judging follows
CREATE TEMPORARY TABLE follows AS
SELECT f.place, who, whom,
	CASE
	WHEN who IS NULL OR whom IS NULL THEN 'no id from 1 to 999999999999999'
	WHEN a.id IS NULL OR b.id IS NULL THEN
		'one of the two is not among the users, or left out'
	END AS problem,
	false AS repeated, false AS here, false AS imported
FROM (SELECT row_number() OVER (ORDER BY ctid) AS place,
		pg_temp.id_of(who_id) AS who, pg_temp.id_of(whom_id) AS whom
	FROM legacy_follower) AS f
LEFT JOIN people AS a ON a.id = who AND a.problem IS NULL
LEFT JOIN people AS b ON b.id = whom AND b.problem IS NULL;

CREATE INDEX ON follows (who, whom);
UPDATE follows AS f SET repeated = true
WHERE problem IS NULL AND EXISTS (SELECT FROM follows AS g
	WHERE g.who = f.who AND g.whom = f.whom AND g.place < f.place);
ANALYZE follows;

UPDATE follows SET here = true FROM followers
WHERE problem IS NULL AND NOT repeated AND (who_id, whom_id) = (who, whom);
UPDATE follows SET imported = true FROM imported_followers
WHERE problem IS NULL AND NOT repeated AND (who_id, whom_id) = (who, whom);

-- Whom somebody has unfollowed there since: both are still in the file.
CREATE TEMPORARY TABLE unfollows AS
SELECT who_id, whom_id FROM imported_followers
WHERE EXISTS (SELECT FROM people WHERE id = who_id AND here)
AND EXISTS (SELECT FROM people WHERE id = whom_id AND here)
AND NOT EXISTS (SELECT FROM follows
	WHERE (who, whom) = (who_id, whom_id) AND problem IS NULL);

-- --- messages ---

\warn judging messages
CREATE TEMPORARY TABLE posts AS
SELECT m.place, m.id, author, body, date, flagged, m.is_number,
	CASE
	WHEN m.id IS NULL THEN 'no id from 1 to 999999999999999'
	WHEN p.id IS NULL THEN
		'the author is not among the users, or left out'
	WHEN body IS NULL THEN 'the text is no UTF-8 or has a NUL'
	WHEN without_outer_blanks(body) = '' THEN 'no text'
	WHEN char_length(body) > 1000 THEN
		'the text has more than 1000 characters'
	WHEN date IS NULL THEN 'no date in seconds since 1970'
	END AS problem,
	false AS here, false AS to_flag
FROM (SELECT row_number() OVER (ORDER BY ctid) AS place, is_number,
		pg_temp.id_of(message_id) AS id,
		pg_temp.id_of(author_id) AS author,
		pg_temp.text_of(text) AS body,
		pg_temp.time_of(pub_date) AS date,
		-- nothing there is nobody's flag
		encode(flagged, 'escape') !~ '^0*([.]0*)?$' AS flagged
	FROM legacy_message) AS m
LEFT JOIN people AS p ON p.id = author AND p.problem IS NULL;

CREATE INDEX ON posts (id);
CREATE INDEX ON posts (place);
ANALYZE posts;
UPDATE posts AS p SET problem = 'an earlier row has that id'
WHERE problem IS NULL AND EXISTS (SELECT FROM posts AS q
	WHERE q.id = p.id AND q.problem IS NULL AND q.place < p.place);

-- A flag that came since is taken over, unless somebody here has decided.
UPDATE posts AS p SET here = true,
	to_flag = p.flagged AND NOT m.flagged AND NOT EXISTS (
		SELECT FROM flag_events AS e WHERE e.message_id = p.id)
FROM messages AS m
WHERE problem IS NULL AND m.message_id = p.id
AND m.author_id = author AND m.text = body;
UPDATE posts SET problem = 'another message has that id here'
FROM messages AS m WHERE problem IS NULL AND NOT here AND m.message_id = id;

-- --- the report ---

-- Of each row what becomes of it, and, where that is not all of it, why.
CREATE TEMPORARY TABLE fates AS
SELECT 1 AS rank, 'users' AS kind, place, 'user ' || id AS row,
	CASE WHEN problem IS NOT NULL THEN 'left out' WHEN here THEN 'here'
		ELSE 'to add' END AS fate, problem AS why FROM people
UNION ALL
SELECT 2, 'follows', place, NULL,
	CASE WHEN problem IS NOT NULL THEN 'left out' WHEN repeated THEN 'repeated'
		WHEN here OR imported THEN 'here' ELSE 'to add' END, problem
FROM follows
UNION ALL
SELECT 3, 'messages', place, 'message ' || id,
	CASE WHEN problem IS NOT NULL THEN 'left out' WHEN here THEN 'here'
		ELSE 'to add' END, problem
FROM posts
UNION ALL
SELECT 1, 'users', place, 'user ' || id, 'changed', what
FROM people CROSS JOIN LATERAL (VALUES
	('with a number for a name, which may have been written otherwise',
		is_number),
	('without an e-mail address', email = ''),
	('who can''t log in: their password''s hash is of no known kind',
		pg_temp.is_known_hash(hash) IS NOT TRUE)
	) AS found (what, is_so)
WHERE problem IS NULL AND NOT here AND is_so
UNION ALL
SELECT 3, 'messages', place, 'message ' || id, 'changed',
	'with a number for a text, which may have been written otherwise'
FROM posts WHERE problem IS NULL AND NOT here AND is_number;

SELECT format('%s: %s to add, %s here already, %s left out%s', kind,
	count(*) FILTER (WHERE fate = 'to add'),
	count(*) FILTER (WHERE fate = 'here'),
	count(*) FILTER (WHERE fate = 'left out'),
	CASE kind WHEN 'follows' THEN format(', %s repeated ones dropped',
		count(*) FILTER (WHERE fate = 'repeated')) END)
FROM (VALUES (1, 'users'), (2, 'follows'), (3, 'messages')) AS k (rank, kind)
LEFT JOIN fates USING (rank, kind)
GROUP BY rank, kind ORDER BY rank;

SELECT format('%s: %s %s%s (the first: %s)', kind, count(*),
	CASE fate WHEN 'left out' THEN 'left out: ' END, why,
	array_to_string((array_agg(coalesce(row, 'row ' || place)
		ORDER BY place))[1:3], ', '))
FROM fates WHERE why IS NOT NULL
GROUP BY rank, kind, fate, why ORDER BY rank, fate DESC, count(*) DESC, why;

SELECT format('follows: %s ended there since, to end here, too', count(*))
FROM unfollows HAVING count(*) > 0;
SELECT format('messages: %s flagged there since, to flag here, too', count(*))
FROM posts WHERE to_flag HAVING count(*) > 0;

-- Every list of the site goes by ids (sql/functions/timeline.sql).
SELECT format('messages: %s older than a message with a lower id: people see messages '
		'in the order of their ids, the highest id first, with their own dates '
		'(the first: %s)', count(*),
	array_to_string((array_agg('message ' || id ORDER BY id))[1:3], ', '))
FROM (SELECT id, date < max(date) OVER (ORDER BY id) AS is_older
	FROM posts WHERE problem IS NULL) AS p
WHERE is_older HAVING count(*) > 0;

SELECT :'strict' AND EXISTS (SELECT FROM fates WHERE why IS NOT NULL) AS refused
\gset
\if :refused
DO $$ BEGIN RAISE 'not every row can be taken over as it is (--strict): nothing was changed.'; END $$;
\endif
\if :dry_run
\warn this was --dry-run: nothing was changed.
\quit
\endif

-- --- the ids to come ---

-- The old site gives out ids while it runs, and this one does, too: it begins a
-- million further on, and a million further still when the old site has used
-- half of that.  Never back: in the time between the two numbers here nobody
-- posts half a million messages.  This is before the rows, so that nobody is
-- given an id of theirs.
SELECT setval('users_user_id_seq', greatest(last_value, highest) + 1000000)
FROM users_user_id_seq, (SELECT coalesce(max(id), 0) AS highest FROM people
	WHERE problem IS NULL) AS p
WHERE last_value < highest + 500000 \g /dev/null
SELECT setval('messages_message_id_seq', greatest(last_value, highest) + 1000000)
FROM messages_message_id_seq, (SELECT coalesce(max(id), 0) AS highest FROM posts
	WHERE problem IS NULL) AS p
WHERE last_value < highest + 500000 \g /dev/null

-- --- users ---

-- Who registers under one of the names in this moment may be faster.
\warn adding users
BEGIN;
INSERT INTO users (user_id, username, email, pw_hash, registered_at)
SELECT id, name, email, hash, NULL FROM people
WHERE problem IS NULL AND NOT here ORDER BY id
ON CONFLICT DO NOTHING;
\set users_added :ROW_COUNT
COMMIT;

-- Those whose rows are here, under their names.
CREATE TEMPORARY TABLE known AS
SELECT user_id FROM users JOIN people
	ON id = user_id AND name = username AND problem IS NULL;
CREATE UNIQUE INDEX ON known (user_id);
ANALYZE known;

-- --- followers ---

\warn adding follows
BEGIN;
DELETE FROM followers AS f USING unfollows AS u
WHERE f.who_id = u.who_id AND f.whom_id = u.whom_id;
\set follows_ended :ROW_COUNT
DELETE FROM imported_followers AS f USING unfollows AS u
WHERE f.who_id = u.who_id AND f.whom_id = u.whom_id;
INSERT INTO followers (who_id, whom_id)
SELECT who, whom FROM follows
JOIN known AS a ON a.user_id = who JOIN known AS b ON b.user_id = whom
WHERE problem IS NULL AND NOT repeated AND NOT here AND NOT imported
ORDER BY who, whom
ON CONFLICT DO NOTHING;
\set follows_added :ROW_COUNT
INSERT INTO imported_followers (who_id, whom_id)
SELECT who, whom FROM follows
JOIN known AS a ON a.user_id = who JOIN known AS b ON b.user_id = whom
WHERE problem IS NULL AND NOT repeated AND NOT imported
ORDER BY who, whom
ON CONFLICT DO NOTHING;
COMMIT;

-- --- messages ---

BEGIN;
CREATE FUNCTION pg_temp.add_messages() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
	last CONSTANT bigint := (SELECT count(*) FROM posts);
	step CONSTANT bigint := 25000;
	added bigint := 0;
	more bigint;
BEGIN
	FOR done IN 0..last BY step LOOP
		<<again>>
		LOOP BEGIN
			INSERT INTO messages (message_id, author_id, text,
					pub_date, flagged)
				SELECT id, author, body, date, flagged
				FROM posts JOIN known AS k ON k.user_id = author
				JOIN users AS u ON u.user_id = author
				WHERE place > done AND place <= done + step
				AND problem IS NULL AND NOT here
				ORDER BY place
				ON CONFLICT DO NOTHING;
			GET DIAGNOSTICS more = ROW_COUNT;
			EXIT again;
		EXCEPTION WHEN foreign_key_violation THEN
			-- an author has deleted the account in this moment
		END; END LOOP;
		added := added + more;
		IF more > 0 THEN
			RAISE NOTICE 'adding messages: %', added;
		END IF;
	END LOOP;
	RETURN added;
END $$;
SELECT pg_temp.add_messages() AS messages_added \gset
COMMIT;
SELECT count(*) AS flagged
FROM flag_messages(ARRAY(SELECT id FROM posts WHERE to_flag), true, :'operator')
\gset

\echo added: users :users_added, follows :follows_added, messages :messages_added; ended: follows :follows_ended; flagged: messages :flagged
