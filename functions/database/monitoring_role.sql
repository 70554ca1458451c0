-- The auditor's own role: it sees who is connected and who waits, reads no table of yours, writes nothing.
--
-- Run it with psql 11 or newer as an administrator (on RDS the master user), connected to the database to watch:
--
--   psql -h HOST -U ADMINISTRATOR -d DATABASE -v role=health_auditor -f functions/database/monitoring_role.sql
--
-- It asks for the role's password at the end; put the same one into the secret that the catalogue names. psql sends it
-- encrypted, so that it stands in no log. Run it again at any time: it changes only what differs.
--   -v versions='public.alembic_version.version_num'   also read these columns (schema.table.column, parted by commas),
--                                                      those of schema_versions in the catalogue
--   -v keep_password=yes                               do not ask for a password

\set ON_ERROR_STOP on
\set QUIET on
\if :{?role}
\else
  DO $$ BEGIN RAISE EXCEPTION 'give the role: -v role=health_auditor, the user of the target in the catalogue'; END $$;
\endif
\if :{?versions}
\else
  \set versions ''
\endif

BEGIN;
SET LOCAL client_min_messages = warning;
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role' AND (rolsuper OR rolcreaterole OR rolcreatedb
  OR rolreplication OR rolbypassrls)) AS powerful \gset
\if :powerful
  DO $$ BEGIN RAISE EXCEPTION 'this role may do more than watch, such as create roles: choose another name'; END $$;
\endif

SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
-- One connection at a time is all it needs; two more are for a run that overlaps and for you.
ALTER ROLE :"role" LOGIN CONNECTION LIMIT 3;
GRANT pg_monitor TO :"role";
GRANT CONNECT ON DATABASE :"DBNAME" TO :"role";
-- No boundary, since a session may change it: what it may not is never granted. It stops an accident.
ALTER ROLE :"role" SET default_transaction_read_only = on;
ALTER ROLE :"role" SET statement_timeout = '20s';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '20s';

SELECT format(grants.words, split_part(name, '.', 1), split_part(name, '.', 2), split_part(name, '.', 3), :'role')
  FROM regexp_split_to_table(:'versions', '\s*,\s*') AS name,
    (VALUES ('GRANT USAGE ON SCHEMA %1$I TO %4$I'), ('GRANT SELECT (%3$I) ON %1$I.%2$I TO %4$I')) AS grants (words)
  WHERE name <> '' \gexec
COMMIT;

\if :{?keep_password}
\else
  \echo 'The password of the secret that the catalogue names:'
  \password :role
\endif
