-- What PostgreSQL has and no client of Aurora DSQL may reach, taken away in PostgreSQL itself, so that it holds whatever a
-- statement says and however it is spelled: the endpoints' own rules are there for Aurora DSQL's words. It runs behind
-- schema.sql in every database. The superuser is the only one, nobody can become it, and its rights are lent to no function
-- that runs anything of a client's.

-- Predefined roles reach programs and files of the host, other sessions, and all data. Nobody can be given what does not
-- exist: PostgreSQL asks for membership by fixed object ids, which no new role gets. pg_database_owner owns the schema
-- public and can have no members.
DELETE FROM pg_auth_members WHERE roleid::regrole::text LIKE 'pg\_%' OR member::regrole::text LIKE 'pg\_%';
DELETE FROM pg_authid WHERE rolname LIKE 'pg\_%' AND rolname <> 'pg_database_owner';

-- The database is the superuser's: its owner could change its settings, also for the superuser.
DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database());
    EXECUTE format('GRANT CREATE ON DATABASE %I TO admin', current_database());
END $$;
REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;

-- Extensions that are marked as trusted need no superuser, and a function's body or CREATE SCHEMA may hide a statement.
CREATE FUNCTION sandbox.refuse_statement() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('is_superuser') = 'off' THEN -- of the session, not of a function's owner
        RAISE feature_not_supported USING MESSAGE = format('%s not supported', tg_tag);
    END IF;
END $$;

CREATE EVENT TRIGGER sandbox_refuse_statement ON ddl_command_start WHEN TAG IN (
    'CREATE ACCESS METHOD', 'CREATE AGGREGATE', 'CREATE CAST', 'CREATE COLLATION', 'CREATE CONVERSION', 'CREATE EXTENSION',
    'CREATE FOREIGN DATA WRAPPER', 'CREATE FOREIGN TABLE', 'CREATE LANGUAGE', 'CREATE MATERIALIZED VIEW', 'CREATE OPERATOR',
    'CREATE OPERATOR CLASS', 'CREATE OPERATOR FAMILY', 'CREATE POLICY', 'CREATE PROCEDURE', 'CREATE PUBLICATION', 'CREATE RULE',
    'CREATE SERVER', 'CREATE SUBSCRIPTION', 'CREATE TABLE AS', 'CREATE TEXT SEARCH CONFIGURATION',
    'CREATE TEXT SEARCH DICTIONARY', 'CREATE TEXT SEARCH PARSER', 'CREATE TEXT SEARCH TEMPLATE', 'CREATE TRANSFORM',
    'CREATE TRIGGER', 'CREATE TYPE', 'CREATE USER MAPPING', 'IMPORT FOREIGN SCHEMA', 'SELECT INTO')
EXECUTE FUNCTION sandbox.refuse_statement();

-- Withholds functions, by name, from everybody.
CREATE FUNCTION sandbox.withhold(names text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    withheld regprocedure;
BEGIN
    FOR withheld IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY (names) LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', withheld);
    END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION sandbox.withhold FROM PUBLIC;

-- set_config() is withheld, and so is the rule that calls it.
REVOKE UPDATE ON pg_settings FROM PUBLIC;

-- There is no text search, and that is how Aurora DSQL says so.
DELETE FROM pg_ts_config_map;
DELETE FROM pg_ts_config;
