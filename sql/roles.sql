-- Who may connect, and to what end.  Run by the superuser before the
-- migrations, each time; a role that exists already is left alone.

\set ON_ERROR_STOP on

-- Owns every table; nobody logs in as it.
SELECT 'CREATE ROLE minitwit_owner NOLOGIN'
	WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'minitwit_owner')
\gexec

-- The routes: rows, no tables.  What it may do with which is granted beside
-- each table, in the migrations.
SELECT 'CREATE ROLE minitwit LOGIN'
	WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'minitwit')
\gexec
