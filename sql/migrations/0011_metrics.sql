-- What the gauges need, see sql/functions/metrics.sql.

-- Finds the sessions that were used lately.
CREATE INDEX sessions_used_at ON sessions (used_at);

-- The flag events up to one, and how many of them set a flag, so that nobody counts
-- them again.
CREATE TABLE flags_counted (
	-- one row, found by an index
	id integer PRIMARY KEY CHECK (id = 1),
	last_event bigint NOT NULL,
	flags bigint NOT NULL
);
INSERT INTO flags_counted VALUES (1, 0, 0);
