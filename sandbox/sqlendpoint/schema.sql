-- What Aurora DSQL has and PostgreSQL does not: the role admin, the schema sys, and behind it the schema sandbox with the
-- functions that the endpoints call. The functions run with their owner's rights and fix their search path.

-- Roles are PostgreSQL's, not a database's: that of another pair of clusters may be there.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'admin') THEN
        CREATE ROLE admin LOGIN CREATEROLE;
    END IF;
END $$;
GRANT ALL ON SCHEMA public TO admin WITH GRANT OPTION;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA sys;
CREATE SCHEMA sandbox;
GRANT USAGE ON SCHEMA sys, sandbox TO PUBLIC;

-- A role with a mapping has a privilege on this table, so that DROP ROLE is refused (2BP01) until the mapping is revoked.
CREATE TABLE sandbox.anchor ();

CREATE SEQUENCE sandbox.iam_oid;
CREATE TABLE sandbox.iam_mapping (
    iam_oid     oid  NOT NULL DEFAULT nextval('sandbox.iam_oid')::oid,
    arn         text NOT NULL,
    pg_role_oid oid  NOT NULL,
    grantor_oid oid  NOT NULL,
    PRIMARY KEY (arn, pg_role_oid)
);

CREATE VIEW sys.iam_pg_role_mappings AS
SELECT m.iam_oid, m.arn, m.pg_role_oid, r.rolname AS pg_role_name,
       m.grantor_oid AS grantor_pg_role_oid, g.rolname AS grantor_pg_role_name
FROM sandbox.iam_mapping m
JOIN pg_roles r ON r.oid = m.pg_role_oid
LEFT JOIN pg_roles g ON g.oid = m.grantor_oid;
GRANT SELECT ON sys.iam_pg_role_mappings TO PUBLIC;

CREATE FUNCTION sandbox.iam_role(role text, arn text) RETURNS oid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    named pg_roles;
BEGIN
    SELECT * INTO named FROM pg_roles WHERE rolname = role;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('role "%s" does not exist', role);
    ELSIF named.rolsuper OR role LIKE 'pg\_%' OR role = 'admin' THEN
        RAISE feature_not_supported USING MESSAGE = format('Role %s not supported', role);
    ELSIF arn !~ '^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/.+$' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'IAM role must look like an IAM ARN';
    END IF;
    RETURN named.oid;
END $$;

CREATE FUNCTION sandbox.iam_grant(role text, arn text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO sandbox.iam_mapping (arn, pg_role_oid, grantor_oid)
    VALUES (arn, sandbox.iam_role(role, arn), session_user::regrole) ON CONFLICT DO NOTHING;
    EXECUTE format('GRANT SELECT ON sandbox.anchor TO %I', role);
END $$;

CREATE FUNCTION sandbox.iam_revoke(role text, arn text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    revoked oid := sandbox.iam_role(role, arn);
BEGIN
    DELETE FROM sandbox.iam_mapping m WHERE m.arn = iam_revoke.arn AND m.pg_role_oid = revoked;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('role "%s" is not granted to %s', role, arn);
    END IF;
    IF NOT EXISTS (SELECT FROM sandbox.iam_mapping m WHERE m.pg_role_oid = revoked) THEN
        EXECUTE format('REVOKE SELECT ON sandbox.anchor FROM %I', role);
    END IF;
END $$;

CREATE TABLE sandbox.job (
    job_id      text PRIMARY KEY,
    status      text NOT NULL,
    details     text,
    job_type    text NOT NULL,
    class_id    oid,
    object_id   oid,
    object_name text,
    start_time  timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now()
);

CREATE VIEW sys.jobs AS SELECT * FROM sandbox.job;
GRANT SELECT ON sys.jobs TO PUBLIC;

-- Records the build of the index that the open transaction has just made, if it has; with a reason, as failed, and the
-- index becomes INVALID.
CREATE FUNCTION sandbox.record_index_build(id text, failure text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    built oid;
BEGIN
    SELECT indexrelid INTO built FROM pg_index WHERE pg_xact_status(xmin::text::xid8) = 'in progress';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE pg_index SET indisvalid = false WHERE indexrelid = built AND failure IS NOT NULL;
    INSERT INTO sandbox.job (job_id, status, details, job_type, class_id, object_id, object_name)
    VALUES (id, CASE WHEN failure IS NULL THEN 'completed' ELSE 'failed' END, failure, 'INDEX_BUILD', 'pg_class'::regclass, built,
            (SELECT format('%s.%s', relnamespace::regnamespace, relname) FROM pg_class WHERE oid = built));
END $$;

-- A procedure, not a function: CALL sys.wait_for_job('…'). A build has ended when its id is known, so nothing waits.
CREATE PROCEDURE sys.wait_for_job(job_id text, INOUT succeeded boolean DEFAULT NULL)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    SELECT status = 'completed' INTO succeeded FROM sandbox.job j WHERE j.job_id = wait_for_job.job_id;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('job "%s" does not exist', job_id);
    END IF;
END $$;

-- Tells whether a row with a key is visible to the open transaction. The key is given as in the detail of the error
-- about its duplicate, "Key (a, b)=(1, 2) already exists.", and compared as text made in the same way: by the output
-- function of each column of the index. There is no detail for a role that may not read the key: then the answer is yes. It
-- runs with the client's rights, because an index's expressions are the client's code.
CREATE FUNCTION sandbox.key_visible(schema text, index text, detail text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    built   pg_index;
    columns text;
    visible boolean;
BEGIN
    IF detail = '' THEN
        RETURN true;
    END IF;
    SELECT i.* INTO built FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relname = index AND c.relnamespace = schema::regnamespace;
    SELECT string_agg(pg_get_indexdef(built.indexrelid, k, true), ', ' ORDER BY k) INTO columns
    FROM generate_series(1, built.indnkeyatts) k;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE starts_with($1, format(%L, %s)))', built.indrelid::regclass,
                   format('Key (%s)=(%s) ', replace(columns, '%', '%%'), array_to_string(array_fill('%s'::text, ARRAY[built.indnkeyatts::int]), ', ')),
                   columns)
    INTO visible USING detail;
    RETURN visible;
END $$;

REVOKE EXECUTE ON FUNCTION sandbox.iam_role, sandbox.iam_grant, sandbox.iam_revoke FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sandbox.iam_grant, sandbox.iam_revoke TO admin;
