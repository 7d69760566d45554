-- The gauges of doc/metrics.md that the database knows.

-- Returns the number of rows of a table: counted if the table is small, and from
-- PostgreSQL's statistics if it is large.  A crash or a restore loses these statistics
-- until the next ANALYZE; then a sample of the pages is counted (TABLESAMPLE).
CREATE OR REPLACE FUNCTION rows_of(relation regclass) RETURNS double precision
LANGUAGE plpgsql
SET enable_seqscan = on
AS $$
DECLARE
	pages CONSTANT bigint := pg_relation_size(relation) / 8192;
	small CONSTANT bigint := 2000; -- a count takes some 20 ms
	percent CONSTANT double precision := 100.0 * small / greatest(pages, small);
	rows bigint;
BEGIN
	IF pages > small AND coalesce(
		pg_stat_get_last_analyze_time(relation),
		pg_stat_get_last_autoanalyze_time(relation),
		pg_stat_get_last_vacuum_time(relation),
		pg_stat_get_last_autovacuum_time(relation)) IS NOT NULL
	THEN
		RETURN pg_stat_get_live_tuples(relation);
	END IF;
	EXECUTE format('SELECT count(*) FROM %s TABLESAMPLE SYSTEM (%s)',
		relation, percent) INTO rows;
	RETURN round(rows * 100 / percent);
END $$;

-- Returns the number of rows of a table whose time column is later than a moment and
-- that meet a condition: counted up to 10,000 and estimated by the planner beyond.  (The function is not
-- STABLE, because EXPLAIN is not allowed in STABLE functions.)
CREATE OR REPLACE FUNCTION rows_since(relation regclass, field text,
	moment timestamptz, condition text)
RETURNS double precision
LANGUAGE plpgsql
AS $$
DECLARE
	most CONSTANT double precision := 10000;
	rows double precision;
	plan json;
BEGIN
	EXECUTE format('SELECT count(*) FROM (SELECT FROM %s WHERE %I > %L AND %s'
		' ORDER BY %I DESC LIMIT %s) AS r',
		relation, field, moment, condition, field, most) INTO rows;
	IF rows < most THEN
		RETURN rows;
	END IF;
	EXECUTE format('EXPLAIN (FORMAT JSON) SELECT FROM %s WHERE %I > %L AND %s',
		relation, field, moment, condition) INTO plan;
	RETURN greatest(most, (plan -> 0 -> 'Plan' ->> 'Plan Rows')::double precision);
END $$;

-- Returns the replication lag in seconds: on a primary the largest of its standbys, on
-- a standby its own.  Returns NULL if there is no replication.
CREATE OR REPLACE FUNCTION replication_lag() RETURNS double precision
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

-- Returns the number of messages that were ever flagged.  The function counts the
-- events since the last settled one.  When these are many, it settles those that are
-- older than an hour: no transaction can still add an event before them.
CREATE OR REPLACE FUNCTION flags_total() RETURNS double precision
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

-- Returns all gauges without reading a whole table.  index_name is the index that a
-- gauge is about.  A value of NULL means that the value is not known now.
CREATE OR REPLACE FUNCTION gauges()
RETURNS TABLE (name text, index_name text, value double precision)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN QUERY VALUES
		('minitwit_users', NULL, rows_of('users')),
		('minitwit_messages', NULL, rows_of('messages')),
		('minitwit_followers', NULL, rows_of('followers')),
		('minitwit_messages_flagged_total', NULL, flags_total()),
		('minitwit_sessions_active', NULL, rows_since('sessions', 'used_at',
			now() - interval '7 days', 'expires_at > now()')),
		('minitwit_users_active', NULL, rows_since('activities', 'active_at',
			now() - interval '1 day', 'true')),
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
