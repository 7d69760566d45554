-- The index of exact names, for existing_names().  A lookup in it costs half as much as
-- in users_username.
COMMIT;
SET ROLE minitwit_owner;
-- an interrupted run leaves an invalid index
DROP INDEX CONCURRENTLY IF EXISTS users_exact_names;
CREATE INDEX CONCURRENTLY users_exact_names ON users USING hash (username COLLATE "C");

:begin
SET LOCAL ROLE minitwit_owner;
