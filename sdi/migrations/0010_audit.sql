-- SPDX-License-Identifier: EUPL-1.2
-- Who did what to what, when and in which request. No references: an entry outlives whatever it tells of.
CREATE TABLE sdi.audit_entry (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    organisation_id uuid NOT NULL,
    account_id uuid,
    action text NOT NULL CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$' AND length(action) <= 80),
    subject text NOT NULL CHECK (subject ~ '^[a-z_]+/.+$' AND length(subject) <= 200),
    request text NOT NULL DEFAULT '' CHECK (length(request) <= 64),
    contents_digest bytea NOT NULL CHECK (octet_length(contents_digest) = 32),
    origin_digest bytea CHECK (octet_length(origin_digest) = 32)
);
CREATE INDEX ON sdi.audit_entry (organisation_id, seq);
CREATE INDEX ON sdi.audit_entry (subject, seq);
CREATE INDEX ON sdi.audit_entry (account_id, seq);

-- What an entry says, as JSON: what changed, and the address and agent it came from. Either may be erased by law, the
-- entry with its digests stays. Without the salt, which goes too, nobody finds out by trying what a digest was made of.
CREATE TABLE sdi.audit_contents (
    seq bigint,
    part text CHECK (part IN ('contents', 'origin')),
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    said text NOT NULL,
    PRIMARY KEY (seq, part)
);

-- Entries that no batch holds yet.
CREATE TABLE sdi.audit_pending (
    seq bigint PRIMARY KEY,
    organisation_id uuid NOT NULL
);

-- A link of an organisation's chain: its entries, the digest of each (32 bytes one after another), the last link's digest.
CREATE TABLE sdi.audit_batch (
    organisation_id uuid NOT NULL,
    number int NOT NULL CHECK (number > 0),
    sealed_at timestamptz NOT NULL,
    entries bigint[] NOT NULL CHECK (cardinality(entries) BETWEEN 1 AND 1000),
    leaves bytea NOT NULL CHECK (octet_length(leaves) = 32 * cardinality(entries)),
    previous bytea NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    PRIMARY KEY (organisation_id, number)
);

CREATE FUNCTION sdi.only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_contents' AND current_setting('brama.erasing', true) = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit only grows: % of %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON sdi.audit_entry FOR EACH ROW EXECUTE FUNCTION sdi.only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON sdi.audit_contents FOR EACH ROW EXECUTE FUNCTION sdi.only_grows();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON sdi.audit_batch FOR EACH ROW EXECUTE FUNCTION sdi.only_grows();
CREATE TRIGGER keeps_all BEFORE TRUNCATE ON sdi.audit_entry EXECUTE FUNCTION sdi.only_grows();
CREATE TRIGGER keeps_all BEFORE TRUNCATE ON sdi.audit_contents EXECUTE FUNCTION sdi.only_grows();
CREATE TRIGGER keeps_all BEFORE TRUNCATE ON sdi.audit_batch EXECUTE FUNCTION sdi.only_grows();

-- Canonical bytes: each part with its length before it (a netstring), so that no two lists of parts are the same bytes.
CREATE FUNCTION sdi.canonical(VARIADIC parts text[]) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT convert_to(string_agg(octet_length(coalesce(p, '')) || ':' || coalesce(p, '') || ',', '' ORDER BY i), 'UTF8')
    FROM unnest(parts) WITH ORDINALITY AS u(p, i)
$$;
CREATE FUNCTION sdi.canonical_time(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE FUNCTION sdi.root_organisation() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT id FROM sdi.organisation WHERE parent_id IS NULL ORDER BY id LIMIT 1
$$;

-- The only door to the audit: one entry in the caller's transaction. Without an organisation it is the acting one's,
-- else the region's, else nobody's: the first set-up comes before any organisation.
CREATE FUNCTION sdi.note(action text, subject text, organisation uuid, contents jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner uuid := coalesce(note.organisation, (sdi.organisations())[1], sdi.root_organisation(),
        '00000000-0000-0000-0000-000000000000');
    request jsonb := coalesce(nullif(current_setting('brama.request', true), ''), '{}')::jsonb;
    salts bytea[] := ARRAY[uuid_send(gen_random_uuid()), uuid_send(gen_random_uuid())];
    said text := coalesce(note.contents, '{}')::text;
    origin text := nullif(request - 'id', '{}')::text;
    noted bigint;
BEGIN
    INSERT INTO sdi.audit_entry (organisation_id, account_id, action, subject, request, contents_digest, origin_digest)
    VALUES (owner, sdi.account(), note.action, note.subject, coalesce(request ->> 'id', ''),
        sha256(salts[1] || convert_to(said, 'UTF8')), sha256(salts[2] || convert_to(origin, 'UTF8')))
    RETURNING seq INTO noted;
    INSERT INTO sdi.audit_contents (seq, part, salt, said)
    SELECT noted, p.part, p.salt, p.told FROM (VALUES ('contents', salts[1], said), ('origin', salts[2], origin))
        AS p (part, salt, told) WHERE p.told IS NOT NULL;
    INSERT INTO sdi.audit_pending (seq, organisation_id) VALUES (noted, owner);
    RETURN noted;
END $$;

-- Seals what waits, at most 1,000 entries a batch; gives the new links. Two sealings at once wait for each other.
CREATE FUNCTION sdi.seal_audit() RETURNS TABLE (organisation uuid, link int, count int, head bytea)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    waiting uuid;
    last sdi.audit_batch;
    made sdi.audit_batch;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('brama.audit'));
    LOOP
        SELECT p.organisation_id INTO waiting FROM sdi.audit_pending p ORDER BY p.seq LIMIT 1;
        EXIT WHEN waiting IS NULL;
        SELECT * INTO last FROM sdi.audit_batch b WHERE b.organisation_id = waiting ORDER BY b.number DESC LIMIT 1;
        made.organisation_id := waiting;
        made.number := coalesce(last.number, 0) + 1;
        made.sealed_at := clock_timestamp();
        made.previous := coalesce(last.digest, '\x');
        WITH taken AS (
            DELETE FROM sdi.audit_pending p WHERE p.seq IN (
                SELECT q.seq FROM sdi.audit_pending q WHERE q.organisation_id = waiting ORDER BY q.seq LIMIT 1000)
            RETURNING p.seq
        )
        SELECT array_agg(e.seq ORDER BY e.seq), string_agg(sha256(sdi.canonical(e.seq::text, sdi.canonical_time(e.at),
            e.organisation_id::text, e.account_id::text, e.action, e.subject, e.request,
            encode(e.contents_digest, 'hex'), encode(e.origin_digest, 'hex'))), '' ORDER BY e.seq)
        INTO made.entries, made.leaves FROM sdi.audit_entry e JOIN taken t ON t.seq = e.seq;
        CONTINUE WHEN made.entries IS NULL;
        made.digest := sha256(sdi.canonical(made.organisation_id::text, made.number::text,
            sdi.canonical_time(made.sealed_at), array_to_string(made.entries, ','), encode(made.previous, 'hex'))
            || made.leaves);
        INSERT INTO sdi.audit_batch SELECT made.*;
        organisation := waiting;
        link := made.number;
        count := cardinality(made.entries);
        head := made.digest;
        RETURN NEXT;
    END LOOP;
END $$;

-- Takes away what entries say, as law demands; that this was done, to which entries and why, is an entry itself.
CREATE FUNCTION sdi.erase_audit(entries bigint[], part text, subject text, basis text) RETURNS int
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    erased bigint[];
BEGIN
    PERFORM set_config('brama.erasing', 'yes', true);
    WITH gone AS (
        DELETE FROM sdi.audit_contents c WHERE c.seq = ANY (entries) AND c.part = erase_audit.part RETURNING c.seq
    )
    SELECT array_agg(g.seq ORDER BY g.seq) INTO erased FROM gone g;
    PERFORM set_config('brama.erasing', '', true);
    IF erased IS NOT NULL THEN
        PERFORM sdi.note('audit.erased', erase_audit.subject, NULL,
            jsonb_build_object('entries', to_jsonb(erased), 'part', erase_audit.part, 'basis', basis));
    END IF;
    RETURN coalesce(cardinality(erased), 0);
END $$;

CREATE VIEW app.audit_entry AS
    SELECT e.seq, e.at, e.organisation_id, e.account_id, e.action, e.subject, e.request,
        c.said::jsonb AS contents, o.said::jsonb AS origin
    FROM sdi.audit_entry e
        LEFT JOIN sdi.audit_contents c ON c.seq = e.seq AND c.part = 'contents'
        LEFT JOIN sdi.audit_contents o ON o.seq = e.seq AND o.part = 'origin'
    WHERE e.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        AND ((SELECT sdi.has_scope('audit:read')) OR (SELECT sdi.has_scope('admin')));
GRANT SELECT ON app.audit_entry TO brama_app;
GRANT EXECUTE ON FUNCTION sdi.note(text, text, uuid, jsonb) TO brama_app;

-- Notes a row's change by itself, whoever makes it: CREATE TRIGGER ... EXECUTE FUNCTION
-- sdi.note_row(<kind>, <key column>, <columns that matter>...). An update that leaves those as they are is none.
CREATE FUNCTION sdi.note_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    owner uuid := (told ->> CASE TG_TABLE_NAME WHEN 'organisation' THEN 'id' ELSE 'organisation_id' END)::uuid;
    before jsonb := '{}';
    after jsonb := '{}';
    name text;
BEGIN
    FOREACH name IN ARRAY TG_ARGV[2:] LOOP
        IF (old_row -> name) IS DISTINCT FROM (new_row -> name) THEN
            before := before || jsonb_strip_nulls(jsonb_build_object(name, old_row -> name));
            after := after || jsonb_strip_nulls(jsonb_build_object(name, new_row -> name));
        END IF;
    END LOOP;
    IF TG_OP = 'UPDATE' AND before = '{}' AND after = '{}' THEN
        RETURN NULL;
    END IF;
    IF owner IS NULL AND told ? 'account_id' THEN
        SELECT a.organisation_id INTO owner FROM sdi.account a WHERE a.id = (told ->> 'account_id')::uuid;
    END IF;
    PERFORM sdi.note(TG_ARGV[0] || CASE TG_OP WHEN 'INSERT' THEN '.added' WHEN 'UPDATE' THEN '.changed'
        ELSE '.removed' END, TG_ARGV[0] || '/' || (told ->> TG_ARGV[1]), owner,
        jsonb_strip_nulls(jsonb_build_object('before', nullif(before, '{}'), 'after', nullif(after, '{}'))));
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON sdi.organisation FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('organisation', 'id', 'parent_id', 'slug', 'kind', 'teryt', 'title');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON sdi.account FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('account', 'id', 'organisation_id', 'login', 'state');
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON sdi.token FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('token', 'id', 'account_id', 'label', 'scopes', 'expires_at', 'revoked_at');
