-- What nobody but the owner and the superuser needs in the database.  Run by the
-- superuser before the migrations, each time.

\set ON_ERROR_STOP on

-- By default everybody may connect and make temporary tables.
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO minitwit;
GRANT TEMPORARY ON DATABASE :"name" TO minitwit_importer;

-- By default everybody may store large objects, keep locks beyond a statement,
-- end other connections of the same role, write to the log of changes, and
-- sleep.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
	FROM pg_proc
	WHERE pronamespace = 'pg_catalog'::regnamespace
	AND proname ~ '^(lo_.*|lo(read|write)|pg_(try_)?advisory_.*|pg_sleep.*'
		'|pg_(cancel|terminate)_backend|pg_logical_emit_message)$'
	AND has_function_privilege('public', oid, 'EXECUTE')
\gexec

-- By default everybody may run code of their own (DO), which no limit of the planner
-- bounds.
REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql, sql TO minitwit_owner, minitwit_importer;
