-- Who may connect, and for how long.  Run by the superuser before the
-- migrations, each time; roles that are there already are brought up to date.
--
-- Each of the web server's programs has the role that its one job needs, see
-- cgi-bin/routes.  The files of sql/functions/ have what a role may do.

\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I', name) FROM (VALUES
	('minitwit_owner'),    -- has the tables; nobody logs in as it
	('minitwit'),          -- what all programs have in common
	-- the administrator's programs, bin/
	('minitwit_operator'),
	('minitwit_moderator'), -- flag_tool
	('minitwit_importer'),  -- import-sqlite
	('minitwit_monitor'),   -- monitorctl: the PostgreSQL exporter
	-- the website
	('minitwit_reader'),
	('minitwit_poster'),
	('minitwit_follower'),
	('minitwit_auth'),
	('minitwit_registrar'),
	('minitwit_member'),
	('minitwit_account'),
	('minitwit_metrics'),
	-- the simulator's API
	('minitwit_api_reader'),
	('minitwit_api_poster'),
	('minitwit_api_follower'),
	('minitwit_api_registrar')) AS roles (name)
	WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- It was all programs' role once.
ALTER ROLE minitwit NOLOGIN;

SELECT format('ALTER ROLE %I LOGIN', rolname),
	format('GRANT minitwit TO %I', rolname)
	FROM pg_roles
	WHERE rolname LIKE 'minitwit\_%' AND rolname <> 'minitwit_owner'
\gexec

-- Functions of the owner's may tell how far behind a standby is.
GRANT pg_read_all_stats TO minitwit_owner;

-- A program waits for 1.25 seconds (lib/db.c): what takes longer is for nobody.
-- Statements are transactions, so one that stays open is a fault.
--
-- Each access is a walk along an index that ends with the page, for anybody and
-- whatever the page's size: so a function's plan is made once for a connection.
-- The planner does not know the size then, and would be free to read an author's
-- million messages and sort them, and to compile the statement.
SELECT format('ALTER ROLE %I SET %s', rolname, setting)
	FROM pg_roles CROSS JOIN (VALUES
		('statement_timeout = ''1500ms'''),
		('lock_timeout = ''1s'''),
		('idle_in_transaction_session_timeout = ''1s'''),
		('plan_cache_mode = force_generic_plan'),
		('enable_seqscan = off'),
		('enable_bitmapscan = off'),
		('enable_hashjoin = off'),
		('enable_mergejoin = off'),
		('jit = off')
	) AS settings (setting)
	WHERE rolname LIKE 'minitwit\_%'
	AND rolname NOT IN ('minitwit_owner', 'minitwit_operator',
		'minitwit_moderator', 'minitwit_importer')
\gexec

-- What the server is at, of everybody.
GRANT pg_read_all_stats TO minitwit_monitor;

-- People wait longer, and stop it themselves; nobody else waits for them.
SELECT format('ALTER ROLE %I SET %s', rolname, setting)
	FROM pg_roles CROSS JOIN (VALUES
		('statement_timeout = ''10min'''),
		('lock_timeout = ''2s'''),
		('idle_in_transaction_session_timeout = ''10s''')
	) AS settings (setting)
	WHERE rolname IN ('minitwit_operator', 'minitwit_moderator')
\gexec

-- It reads a file of any size between two statements, and waits for nobody long.
ALTER ROLE minitwit_importer SET statement_timeout = 0;
ALTER ROLE minitwit_importer SET lock_timeout = '10s';
ALTER ROLE minitwit_importer SET idle_in_transaction_session_timeout = '10s';
