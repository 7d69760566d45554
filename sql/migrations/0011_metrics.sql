-- What is measured (doc/metrics.md): changes that say whether they have changed
-- something, and what PostgreSQL knows of itself.

-- --- changes ---

-- As message_post(), which is for the release before: NULL when there is no such
-- session, false when the message was stored before.
CREATE FUNCTION message_store(token text, body text, once text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	author CONSTANT bigint := (SELECT user_id FROM session_find(token));
	sent CONSTANT text :=
		encode(sha256(convert_to(once || ' ' || body, 'UTF8')), 'hex');
BEGIN
	-- before the session, as who deletes the account does
	PERFORM FROM users WHERE user_id = author FOR KEY SHARE;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	IF sent IS NOT NULL THEN
		UPDATE sessions AS s SET once = sent
			WHERE s.token_digest = token_digest(token)
			AND s.once IS DISTINCT FROM sent;
		IF NOT FOUND THEN
			-- unless the session has ended meanwhile
			RETURN (SELECT false FROM sessions AS s
				WHERE s.token_digest = token_digest(token));
		END IF;
	END IF;
	INSERT INTO messages (author_id, text) VALUES (author, body);
	RETURN true;
END $$;

CREATE OR REPLACE FUNCTION message_post(token text, body text,
	once text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN message_store(token, body, once) IS NOT NULL;
END $$;

GRANT EXECUTE ON FUNCTION message_store TO minitwit_poster;

-- As follow_add() and follow_remove(): NULL when nobody has one of the names, false
-- when nothing had to change.
CREATE FUNCTION following_begin(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	follower CONSTANT bigint := (SELECT user_id FROM users WHERE username = who);
	followed CONSTANT bigint := (SELECT user_id FROM users WHERE username = whom);
BEGIN
	IF follower IS NULL OR followed IS NULL THEN
		RETURN NULL;
	END IF;
	INSERT INTO followers VALUES (follower, followed)
		ON CONFLICT ON CONSTRAINT followers_pkey DO NOTHING;
	RETURN FOUND;
END $$;

CREATE FUNCTION following_end(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	follower CONSTANT bigint := (SELECT user_id FROM users WHERE username = who);
	followed CONSTANT bigint := (SELECT user_id FROM users WHERE username = whom);
BEGIN
	IF follower IS NULL OR followed IS NULL THEN
		RETURN NULL;
	END IF;
	DELETE FROM followers WHERE who_id = follower AND whom_id = followed;
	RETURN FOUND;
END $$;

CREATE FUNCTION my_following_begin(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN following_begin((SELECT username FROM session_find(token)), whom);
END $$;

CREATE FUNCTION my_following_end(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN following_end((SELECT username FROM session_find(token)), whom);
END $$;

-- For the release before.
CREATE OR REPLACE FUNCTION follow_add(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
	RETURN following_begin(who, whom) IS NOT NULL;
END $$;

CREATE OR REPLACE FUNCTION follow_remove(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
	RETURN following_end(who, whom) IS NOT NULL;
END $$;

GRANT EXECUTE ON FUNCTION following_begin, following_end TO minitwit_api_follower;
GRANT EXECUTE ON FUNCTION my_following_begin, my_following_end
	TO minitwit_follower;

-- --- gauges ---

-- Finds who was here lately.
CREATE INDEX sessions_used_at ON sessions (used_at);

-- How many rows a table has, as PostgreSQL counts them while they come and go.  A
-- crash takes those counts and leaves the number that was found when the table was
-- last read: then what has come since is counted on top of that.
CREATE FUNCTION rows_of(relation regclass) RETURNS double precision
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT pg_stat_get_live_tuples(oid) + CASE
		WHEN reltuples > pg_stat_get_live_tuples(oid)
			AND pg_stat_get_last_analyze_time(oid) IS NULL
			AND pg_stat_get_last_autoanalyze_time(oid) IS NULL
			AND pg_stat_get_last_vacuum_time(oid) IS NULL
			AND pg_stat_get_last_autovacuum_time(oid) IS NULL
		THEN reltuples ELSE 0 END
		FROM pg_class WHERE oid = relation;
END;

-- The sessions that were used since, and whose they are: counted up to 10,000, and
-- from there on what the planner takes them for.  (STABLE functions may not ask it.)
CREATE FUNCTION sessions_used(since timestamptz,
	OUT sessions double precision, OUT people double precision)
LANGUAGE plpgsql
AS $$
DECLARE
	most CONSTANT double precision := 10000;
	plan json;
BEGIN
	SELECT count(*), count(DISTINCT user_id) INTO sessions, people
		FROM (SELECT user_id FROM sessions
			WHERE used_at > since AND expires_at > now()
			ORDER BY used_at DESC LIMIT most) AS s;
	IF sessions = most THEN
		EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM sessions'
			' WHERE used_at > %L AND expires_at > now()', since)
			INTO plan;
		sessions := greatest(most,
			(plan -> 0 -> 'Plan' ->> 'Plan Rows')::double precision);
		people := people / most * sessions;
	END IF;
END $$;

-- How far behind is whom this server sends its changes, the one that is furthest; or
-- this one, where it is a standby itself.  NULL: there is none.
CREATE FUNCTION replication_lag() RETURNS double precision
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	IF NOT pg_is_in_recovery() THEN
		RETURN (SELECT max(extract(epoch FROM
				coalesce(replay_lag, interval '0')))
			FROM pg_stat_get_wal_senders()
			WHERE state IN ('streaming', 'catchup'));
	ELSIF pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN
		RETURN 0;
	END IF;
	RETURN extract(epoch FROM now() - pg_last_xact_replay_timestamp());
END $$;

-- Of the events of 0012_moving.sql those up to one, and how many of them flagged a
-- message: so nobody counts them again.
CREATE TABLE flags_counted (
	-- one row, found by an index
	id integer PRIMARY KEY CHECK (id = 1),
	last_event bigint NOT NULL,
	flags bigint NOT NULL
);
INSERT INTO flags_counted VALUES (1, 0, 0);

-- How many messages were ever flagged.  What has come since the last count is
-- looked at; when that is much, all that is older than an hour is put to it: by then
-- nobody is about to add an event before one of these.
CREATE FUNCTION flags_total() RETURNS double precision
LANGUAGE plpgsql
AS $$
DECLARE
	much CONSTANT bigint := 1000;
	counted flags_counted;
	newer bigint;
	settled bigint;
BEGIN
	SELECT * INTO counted FROM flags_counted WHERE id = 1;
	newer := (SELECT count(*) FROM flag_events
		WHERE event_id > counted.last_event AND action = 'flag');
	IF newer > much AND NOT pg_is_in_recovery() THEN
		settled := (SELECT event_id FROM flag_events
			WHERE event_id > counted.last_event
				AND at < now() - interval '1 hour'
			ORDER BY event_id DESC LIMIT 1);
		UPDATE flags_counted SET last_event = settled,
			flags = flags + (SELECT count(*) FROM flag_events
				WHERE event_id > counted.last_event
				AND event_id <= settled AND action = 'flag')
			WHERE id = 1 AND last_event = counted.last_event
				AND settled IS NOT NULL;
	END IF;
	RETURN counted.flags + newer;
END $$;

-- All of them, without reading a table.  index_name: the one it is about; a value
-- of NULL: not known now.
CREATE FUNCTION gauges()
RETURNS TABLE (name text, index_name text, value double precision)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	this_week record := sessions_used(now() - interval '7 days');
	today record := sessions_used(now() - interval '1 day');
BEGIN
	RETURN QUERY VALUES
		('minitwit_users', NULL, rows_of('users')),
		('minitwit_messages', NULL, rows_of('messages')),
		('minitwit_followers', NULL, rows_of('followers')),
		('minitwit_messages_flagged_total', NULL, flags_total()),
		('minitwit_sessions_active', NULL, this_week.sessions),
		('minitwit_users_active', NULL, today.people),
		('minitwit_database_size_bytes', NULL,
			pg_database_size(current_database())::double precision),
		('minitwit_standbys', NULL, (SELECT count(*)
			FROM pg_stat_get_wal_senders()
			WHERE state = 'streaming')::double precision),
		('minitwit_replication_lag_seconds', NULL, replication_lag());
	RETURN QUERY SELECT 'minitwit_slowest_index_blocks_per_scan',
			relname::text, pg_stat_get_blocks_fetched(oid)
				/ pg_stat_get_numscans(oid)::double precision
		FROM pg_class
		WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace
			AND pg_stat_get_numscans(oid) >= 100
		ORDER BY 3 DESC LIMIT 1;
END $$;

GRANT EXECUTE ON FUNCTION gauges TO minitwit_metrics;
