-- The number of the simulator's latest request, a sequence: setval() takes no row
-- lock, so writers do not queue up behind one row.

GRANT SELECT ON SEQUENCE latest TO minitwit_reader; -- site/health
GRANT SELECT, UPDATE ON SEQUENCE latest
	TO minitwit_api_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_api_registrar;
