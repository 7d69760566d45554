-- Finding messages and people, who follows whom from the other side, and counts.
--
-- A word can be in every message, or in none for years.  So what is searched is
-- not all at once, but a stretch of 2,048 ids, then the next: each index entry has
-- the stretch beside the words, and an index finds what has both in as many steps
-- as the rarer of the two has.  Stretches are taken together, up to 32, as long as
-- little is found.  A search that takes longer than 0.1 seconds ends, and says how
-- far it got; so whoever searches on begins where it ended.
--
-- These functions' indexes can only be read as bitmaps, hence the setting.  What is
-- asked of one stands in a subquery of its own (OFFSET 0), where no other index is
-- of use: a plan is made while a table is small, and has to be right when it is
-- not.

-- --- messages ---

-- Words as they are, in lower case; the stretch as a word that has a character in
-- it that no word has.
--
-- A post only adds to the index's list of what is pending, which is short, so
-- that neither the post that has to empty it nor those who search it wait.
CREATE INDEX messages_words ON messages USING gin ((
	to_tsvector('simple', text)
	|| array_to_tsvector(ARRAY['#' || (message_id >> 11)::text])))
	WITH (fastupdate = on, gin_pending_list_limit = 64);

-- What somebody asks for, in stretches of messages from one down to another.
CREATE FUNCTION words_in(words tsquery, first bigint, last bigint)
RETURNS tsquery
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	SELECT words && string_agg(format('''#%s''', stretch), '|')::tsquery
	FROM generate_series(first, last) AS stretch;
END;

-- Messages older than one that have the words, newest first.  If there is a last
-- row without an author, the search ended there: older ones were not looked at.
CREATE FUNCTION search_messages(words text, before bigint, page_size bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31 SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_bitmapscan = on
AS $$
DECLARE
	asked CONSTANT tsquery := websearch_to_tsquery('simple', words);
	-- of a phrase each message that has the words has to be read
	widest CONSTANT bigint :=
		CASE WHEN asked::text ~ '<(-|\d+)>' THEN 1 ELSE 32 END;
	enough CONSTANT timestamptz := clock_timestamp() + interval '0.1 s';
	late boolean := false;
	page bigint[] := '{}';
	newest bigint := before - 1;
	stretch bigint;
	width bigint := 1;
BEGIN
	IF numnode(asked) = 0 THEN
		RETURN;
	END IF;
	LOOP
		newest := (SELECT max(message_id) FROM messages
			WHERE message_id <= newest AND NOT flagged);
		EXIT WHEN newest IS NULL OR cardinality(page) = page_size OR late;
		stretch := newest >> 11;
		page := page || ARRAY(
			SELECT message_id FROM (
				SELECT message_id, flagged FROM messages
				WHERE to_tsvector('simple', text)
					|| array_to_tsvector(ARRAY[
						'#' || (message_id >> 11)::text])
					@@ words_in(asked,
						stretch - width + 1, stretch)
				OFFSET 0) AS m
			WHERE message_id < before AND NOT flagged
			ORDER BY message_id DESC
			LIMIT page_size - cardinality(page));
		newest := ((stretch - width + 1) << 11) - 1;
		width := least(2 * width, widest);
		late := clock_timestamp() > enough;
	END LOOP;

	RETURN QUERY
		SELECT m.message_id, (SELECT username FROM users
			WHERE user_id = m.author_id), m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM unnest(page) WITH ORDINALITY AS p (message_id, place)
		JOIN messages AS m USING (message_id)
		ORDER BY p.place;
	IF newest IS NOT NULL AND cardinality(page) < page_size THEN
		RETURN QUERY SELECT newest + 1, NULL, NULL, NULL::bigint;
	END IF;
END $$;

-- --- people ---

-- Nobody has any right in it, so nobody but the owner's functions has to do with
-- what comes with the extensions.
CREATE SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION btree_gin SCHEMA extensions;

-- Finds what is in a name, and what is like it.
CREATE INDEX users_trigrams ON users
	USING gin ((user_id >> 11), username extensions.gin_trgm_ops)
	WITH (fastupdate = on, gin_pending_list_limit = 64);

-- Finds what a name begins with.
CREATE INDEX users_beginning ON users (lower(username) text_pattern_ops, user_id);

-- People whose names have the part in them, in whatever case, by their ids.  If
-- there is a last row without a name, the search ended there.
CREATE FUNCTION search_people(part text, after bigint, page_size bigint)
RETURNS TABLE (id bigint, person text)
LANGUAGE plpgsql STABLE ROWS 51 SECURITY DEFINER
SET search_path = public, extensions, pg_temp
SET enable_bitmapscan = on
AS $$
DECLARE
	pattern CONSTANT text :=
		'%' || regexp_replace(part, '([\\%_])', '\\\1', 'g') || '%';
	enough CONSTANT timestamptz := clock_timestamp() + interval '0.1 s';
	late boolean := false;
	page bigint[] := '{}';
	first bigint := after;
	stretch bigint;
	width bigint := 1;
BEGIN
	LOOP
		first := (SELECT min(user_id) FROM users WHERE user_id > first);
		EXIT WHEN first IS NULL OR cardinality(page) = page_size OR late;
		stretch := first >> 11;
		page := page || ARRAY(
			SELECT user_id FROM (
				SELECT user_id FROM users
				WHERE user_id >> 11
					BETWEEN stretch AND stretch + width - 1
				AND username ILIKE pattern
				OFFSET 0) AS u
			WHERE user_id > after ORDER BY user_id
			LIMIT page_size - cardinality(page));
		first := ((stretch + width) << 11) - 1;
		width := least(2 * width, 32);
		late := clock_timestamp() > enough;
	END LOOP;

	RETURN QUERY
		SELECT u.user_id, u.username
		FROM unnest(page) WITH ORDINALITY AS p (user_id, place)
		JOIN users AS u USING (user_id)
		ORDER BY p.place;
	IF first IS NOT NULL AND cardinality(page) < page_size THEN
		RETURN QUERY SELECT first - 1, NULL;
	END IF;
END $$;

-- People whose names are like it, the likest first; as far as there is time.
CREATE FUNCTION similar_people(name text, most bigint)
RETURNS TABLE (id bigint, person text)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = public, extensions, pg_temp
SET enable_bitmapscan = on
SET pg_trgm.word_similarity_threshold = 0.4 -- a letter too few in a short name
AS $$
DECLARE
	enough CONSTANT timestamptz := clock_timestamp() + interval '0.1 s';
	likest bigint[] := '{}';
	first bigint := 0;
BEGIN
	LOOP
		first := (SELECT min(user_id) FROM users WHERE user_id >= first);
		EXIT WHEN first IS NULL OR clock_timestamp() > enough;
		likest := ARRAY(
			SELECT user_id FROM (
				SELECT user_id, username FROM users
				WHERE user_id >> 11
					BETWEEN first >> 11 AND (first >> 11) + 31
				AND username %> name
				UNION ALL
				SELECT user_id, username FROM users
				WHERE user_id = ANY (likest)) AS candidates
			ORDER BY word_similarity(name, username) DESC, user_id
			LIMIT most);
		first := ((first >> 11) + 32) << 11;
	END LOOP;

	RETURN QUERY
		SELECT u.user_id, u.username
		FROM unnest(likest) WITH ORDINALITY AS p (user_id, place)
		JOIN users AS u USING (user_id)
		ORDER BY p.place;
END $$;

-- The first people to think of: those whose names begin with it, then those whose
-- names have it in them; where there is nobody, those whose names are like it.
CREATE FUNCTION suggest_people(part text, most bigint)
RETURNS TABLE (id bigint, person text, alike boolean)
LANGUAGE plpgsql STABLE ROWS 11 SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	beginning CONSTANT text := lower(part);
	-- no name that begins so comes after it
	beyond CONSTANT text := beginning || repeat(chr(x'10ffff'::int), 64);
	begins CONSTANT bigint[] := ARRAY(
		SELECT user_id FROM users
		WHERE lower(username) ~>=~ beginning
		AND lower(username) ~<=~ beyond
		ORDER BY lower(username) USING ~<~, user_id LIMIT most);
BEGIN
	RETURN QUERY
		SELECT u.user_id, u.username, false
		FROM unnest(begins) WITH ORDINALITY AS p (user_id, place)
		JOIN users AS u USING (user_id)
		ORDER BY p.place;
	IF cardinality(begins) < most THEN
		RETURN QUERY
			SELECT s.id, s.person, false
			FROM search_people(part, 0, most) AS s
			WHERE s.id <> ALL (begins) AND s.person IS NOT NULL
			LIMIT most - cardinality(begins);
		IF NOT FOUND AND cardinality(begins) = 0 THEN
			RETURN QUERY SELECT s.id, s.person, true
				FROM similar_people(part, most) AS s;
		END IF;
	END IF;
END $$;

-- --- followers ---

-- Who follows somebody, or whom somebody follows, by their ids, each with whether
-- the reader follows them.  No row: nobody has that name; one row with NULLs: there
-- is nobody.
CREATE FUNCTION followers_of(name text, reader bigint, after bigint,
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
		WHERE u.username = name ORDER BY f.who_id;
END $$;

CREATE FUNCTION followed_by(name text, reader bigint, after bigint,
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
		WHERE u.username = name ORDER BY f.whom_id;
END $$;

-- How many messages, followers and followed somebody has; 1,001 are many.
CREATE FUNCTION counts(person bigint,
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

GRANT EXECUTE ON FUNCTION search_messages, search_people, suggest_people,
	followers_of, followed_by, counts
	TO minitwit_reader;
