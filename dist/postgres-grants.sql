-- Run as talap_owner after `talap init` or `talap restore`, and again after every upgrade of the schema:
--   psql -U talap_owner -d talap -f postgres-grants.sql
-- The serving role reads and writes rows. It makes no tables, and of events it can only add: a trigger refuses changes
-- to everybody, and the missing grants refuse them to this role before the trigger is asked.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO talap;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO talap;
REVOKE UPDATE, DELETE, TRUNCATE ON event FROM talap;
REVOKE INSERT, UPDATE, DELETE ON schema_version FROM talap;
