-- Takes every right in the schema from everybody but the owner, so that the files of
-- functions/ say all that a role may do.  bin/migrate runs it before them, in the same
-- transaction: no other session ever sees a role without its rights.

ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;

SELECT format('REVOKE ALL ON %s %s FROM %s',
		CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
		oid::regclass, roles)
	FROM pg_class CROSS JOIN (
		SELECT string_agg(quote_ident(rolname), ', ') AS roles FROM pg_roles
		WHERE rolname LIKE 'minitwit%' AND rolname <> 'minitwit_owner') AS r
	WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
	AND relowner = 'minitwit_owner'::regrole
UNION ALL
SELECT format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM %s',
		string_agg(quote_ident(rolname), ', '))
	FROM pg_roles
	WHERE rolname LIKE 'minitwit%' AND rolname <> 'minitwit_owner'
\gexec
