-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA data;
CREATE SCHEMA data_app;
CREATE SCHEMA app;
CREATE SCHEMA pub;
CREATE SCHEMA jobs;
GRANT USAGE ON SCHEMA app, data_app TO brama_app;
GRANT USAGE ON SCHEMA pub, data TO brama_public;
GRANT USAGE ON SCHEMA sdi TO brama_app, brama_public;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Time-ordered ids (RFC 9562 section 5.7): 48 bits of milliseconds, version 7, random rest.
CREATE FUNCTION sdi.uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$;

-- Letters without case and diacritics, for searching; immutable so that it can be indexed.
CREATE FUNCTION sdi.fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(public.unaccent('public.unaccent', normalize(value, NFC)))
$$;
CREATE FUNCTION sdi.unaccented(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT public.unaccent('public.unaccent', normalize(value, NFC))
$$;
-- Full case folding: capitals first, so that ß is ss and both sigmas are one.
CREATE FUNCTION sdi.casefold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT lower(upper(value COLLATE "und-x-icu")) COLLATE "C"
$$;

CREATE TABLE sdi.organisation (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    parent_id uuid REFERENCES sdi.organisation,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z][a-z0-9_]{0,62}$'),
    kind text NOT NULL CHECK (kind IN ('region', 'county', 'commune', 'institution')),
    teryt text UNIQUE CHECK (teryt ~ '^\d{2}(\d{2}(\d{2})?)?$'),
    title jsonb NOT NULL
);
CREATE INDEX ON sdi.organisation (parent_id);

CREATE TABLE sdi.account (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    login text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._@-]{0,126}$'),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sdi.token (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    label text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ON sdi.token (account_id);

-- What the transaction's person may see, taken once per statement by (SELECT ...).
CREATE FUNCTION sdi.organisations() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT string_to_array(nullif(current_setting('brama.organisations', true), ''), ',')::uuid[]
$$;
CREATE FUNCTION sdi.account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('brama.account', true), '')::uuid
$$;
CREATE FUNCTION sdi.has_scope(scope text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT scope = ANY (string_to_array(current_setting('brama.scopes', true), ','))
$$;
CREATE FUNCTION sdi.may_read(visibility text, organisation uuid, account uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(visibility = 'public'
        OR (organisation = ANY (sdi.organisations()) AND (visibility = 'organisation' OR sdi.has_scope('admin')))
        OR account = sdi.account(), false)
$$;

-- An administrator belongs to the organisation and to all below it.
CREATE FUNCTION sdi.authenticate(token_hash bytea)
RETURNS TABLE (account_id uuid, login text, organisation_id uuid, organisations uuid[], scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE found AS (
        SELECT a.id, a.login, a.organisation_id, t.scopes
        FROM sdi.token t JOIN sdi.account a ON a.id = t.account_id
        WHERE t.hash = token_hash AND t.revoked_at IS NULL AND t.expires_at > now()
    ), member(id) AS (
        SELECT organisation_id FROM found
        UNION ALL
        SELECT o.id FROM sdi.organisation o JOIN member m ON o.parent_id = m.id
        WHERE 'admin' = ANY ((SELECT scopes FROM found)::text[])
    )
    SELECT f.id, f.login, f.organisation_id, (SELECT array_agg(id) FROM member), f.scopes FROM found f
$$;

CREATE VIEW app.organisation AS SELECT id, parent_id, slug, kind, teryt, title FROM sdi.organisation;
CREATE VIEW pub.organisation AS SELECT id, parent_id, slug, kind, teryt, title FROM sdi.organisation;

-- Outbox of CloudEvents; written in the transaction of the change, told to every process at commit.
CREATE TABLE sdi.event (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL DEFAULT sdi.uuid7(),
    time timestamptz NOT NULL DEFAULT clock_timestamp(),
    type text NOT NULL,
    subject text NOT NULL,
    organisation_id uuid REFERENCES sdi.organisation,
    account_id uuid,
    data jsonb NOT NULL DEFAULT '{}'
);
CREATE FUNCTION sdi.emit(type text, subject text, organisation uuid, data jsonb) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH written AS (
        INSERT INTO sdi.event (type, subject, organisation_id, account_id, data)
        VALUES (emit.type, emit.subject, emit.organisation, sdi.account(), emit.data) RETURNING seq
    ), told AS (
        SELECT pg_notify('brama', json_build_object('type', emit.type, 'subject', emit.subject)::text)
    )
    SELECT seq FROM written, told
$$;

CREATE TABLE sdi.job (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    task text NOT NULL,
    args jsonb NOT NULL,
    organisation_id uuid REFERENCES sdi.organisation,
    account_id uuid,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    progress real NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    message text NOT NULL DEFAULT '',
    result jsonb,
    attempts int NOT NULL DEFAULT 0,
    cancel_requested boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz
);
CREATE INDEX ON sdi.job (organisation_id, created_at DESC);
CREATE VIEW app.job WITH (security_barrier = false) AS
    SELECT id, task, organisation_id, account_id, state, progress, message, result, attempts, cancel_requested,
        created_at, started_at, finished_at
    FROM sdi.job
    WHERE organisation_id = ANY ((SELECT sdi.organisations())::uuid[]);

GRANT EXECUTE ON FUNCTION sdi.uuid7(), sdi.fold(text), sdi.unaccented(text), sdi.casefold(text), sdi.organisations(), sdi.account(), sdi.has_scope(text),
    sdi.may_read(text, uuid, uuid) TO brama_app, brama_public;
GRANT EXECUTE ON FUNCTION sdi.authenticate(bytea), sdi.emit(text, text, uuid, jsonb) TO brama_app;
GRANT SELECT ON app.organisation, app.job TO brama_app;
GRANT SELECT ON pub.organisation TO brama_public;
