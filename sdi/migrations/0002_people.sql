-- SPDX-License-Identifier: EUPL-1.2
-- The day in the offices, whatever the server's clock is set to.
CREATE FUNCTION sdi.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (now() AT TIME ZONE 'Europe/Warsaw')::date
$$;

ALTER TABLE sdi.account
    ADD COLUMN state text NOT NULL DEFAULT 'active' CHECK (state IN ('ordered', 'active', 'suspended', 'archived')),
    ADD COLUMN language text CHECK (language IN ('pl', 'en'));
ALTER TABLE sdi.token ADD COLUMN organisation_id uuid REFERENCES sdi.organisation;

-- Ordered becomes active once; what is archived stays so, and its tokens are gone for good.
CREATE FUNCTION sdi.keep_account_state() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state = 'archived' OR NEW.state = 'ordered' THEN
        RAISE EXCEPTION 'an account that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'archived' THEN
        UPDATE sdi.token SET revoked_at = now() WHERE account_id = NEW.id AND revoked_at IS NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_account_state BEFORE UPDATE OF state ON sdi.account FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sdi.keep_account_state();

-- Personal data apart from the account, so that names on documents can be read without them.
CREATE FUNCTION sdi.is_pesel(number text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT number ~ '^\d{11}$' AND (SELECT sum(weight * substr(number, place::int, 1)::int) % 10 = 0
        FROM unnest(ARRAY[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) WITH ORDINALITY w (weight, place))
$$;
CREATE TABLE sdi.contact (
    account_id uuid PRIMARY KEY REFERENCES sdi.account ON DELETE CASCADE,
    email text CHECK (length(email) <= 254 AND email ~ '^[^@\s]+@[^@\s]+$'),
    phone text CHECK (phone ~ '^\+?[0-9 ()-]{5,30}$'),
    pesel text UNIQUE CHECK (sdi.is_pesel(pesel))
);

-- Built-in roles belong to no organisation and follow the scopes' declarations; the others are an organisation's own.
-- A role that makes no member (a citizen's) opens nothing of the organisation that others may not see.
CREATE TABLE sdi.role (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    organisation_id uuid REFERENCES sdi.organisation,
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    title jsonb NOT NULL,
    scopes text[] NOT NULL DEFAULT '{}',
    is_member boolean NOT NULL DEFAULT true,
    reaches_below boolean NOT NULL DEFAULT false,
    UNIQUE NULLS NOT DISTINCT (organisation_id, code),
    CHECK (organisation_id IS NULL OR (is_member AND NOT reaches_below))
);

-- A role in an organisation for a time (both days count), perhaps in an area only, perhaps by a mandate. A deputy's
-- gives what the assignment gives that it stands in for, while that one holds.
CREATE TABLE sdi.assignment (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    role_id uuid NOT NULL REFERENCES sdi.role,
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    valid_from date NOT NULL DEFAULT sdi.today(),
    valid_to date,
    area geometry(MultiPolygon, 2180) CHECK (ST_IsValid(area) AND NOT ST_IsEmpty(area)),
    deputy_for uuid,
    mandate text CHECK (length(mandate) BETWEEN 1 AND 500),
    source text NOT NULL DEFAULT 'brama',
    CHECK (valid_to >= valid_from),
    CHECK (deputy_for IS NULL OR area IS NULL),
    UNIQUE (id, role_id, organisation_id),
    FOREIGN KEY (deputy_for, role_id, organisation_id) REFERENCES sdi.assignment (id, role_id, organisation_id)
        ON DELETE CASCADE,
    EXCLUDE USING gist (account_id WITH =, role_id WITH =, organisation_id WITH =,
        daterange(valid_from, valid_to, '[]') WITH &&) WHERE (deputy_for IS NULL)
);
CREATE INDEX ON sdi.assignment (account_id, organisation_id);
CREATE INDEX ON sdi.assignment (organisation_id);
CREATE INDEX ON sdi.assignment (deputy_for);

CREATE FUNCTION sdi.keep_own_roles_own() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM sdi.role WHERE id = NEW.role_id AND organisation_id <> NEW.organisation_id) THEN
        RAISE EXCEPTION 'the role belongs to another organisation' USING ERRCODE = 'check_violation';
    ELSIF NEW.deputy_for IS NOT NULL AND EXISTS (
        SELECT FROM sdi.assignment WHERE id = NEW.deputy_for AND (account_id = NEW.account_id OR deputy_for IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'a deputy stands in for another person, not for a deputy' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_own_roles_own BEFORE INSERT OR UPDATE ON sdi.assignment
    FOR EACH ROW EXECUTE FUNCTION sdi.keep_own_roles_own();

-- What assignments give today.
CREATE VIEW sdi.granted AS
    SELECT a.id, a.account_id, a.organisation_id, a.role_id, r.code AS role, r.scopes, r.is_member, r.reaches_below,
        coalesce(a.area, d.area) AS area, a.valid_to, a.deputy_for, a.mandate
    FROM sdi.assignment a JOIN sdi.role r ON r.id = a.role_id LEFT JOIN sdi.assignment d ON d.id = a.deputy_for
    WHERE daterange(a.valid_from, a.valid_to, '[]') @> sdi.today()
        AND (d.id IS NULL OR daterange(d.valid_from, d.valid_to, '[]') @> sdi.today());

-- What an account may do while it works in an organisation, `asked` being a token's scopes (NULL asks for all; `admin`
-- for all that is held). Scopes that only assignments with an area give narrow the whole context to these areas.
CREATE FUNCTION sdi.rights(wanted_account uuid, acting uuid, asked text[],
    OUT organisations uuid[], OUT scopes text[], OUT area geometry)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    everywhere text[];
    reaches boolean;
    belongs boolean;
BEGIN
    WITH RECURSIVE above (id, parent_id, is_self) AS (
        SELECT o.id, o.parent_id, true FROM sdi.organisation o WHERE o.id = acting
        UNION ALL SELECT o.id, o.parent_id, false FROM sdi.organisation o JOIN above b ON o.id = b.parent_id
    ), held AS (
        SELECT g.* FROM sdi.granted g JOIN above b ON b.id = g.organisation_id
        WHERE g.account_id = wanted_account AND (b.is_self OR g.reaches_below)
    )
    SELECT coalesce(array_agg(DISTINCT s.scope), '{}'),
        coalesce(array_agg(DISTINCT s.scope) FILTER (WHERE h.area IS NULL), '{}'),
        coalesce(bool_or(h.reaches_below), false), coalesce(bool_or(h.is_member), false),
        CASE WHEN count(h.area) > 0 THEN (SELECT ST_Multi(ST_Union(l.area)) FROM held l) END
    INTO scopes, everywhere, reaches, belongs, area
    FROM held h LEFT JOIN LATERAL unnest(h.scopes) s (scope) ON true;
    scopes := sdi.limited(array_remove(scopes, NULL), asked);
    IF scopes <@ sdi.limited(array_remove(everywhere, NULL), asked) THEN
        area := NULL;
    END IF;
    IF NOT belongs THEN
        organisations := '{}';
    ELSIF reaches AND 'admin' = ANY (scopes) THEN
        WITH RECURSIVE below (id, depth) AS (
            SELECT acting, 0
            UNION ALL SELECT o.id, b.depth + 1 FROM sdi.organisation o JOIN below b ON o.parent_id = b.id
        )
        SELECT array_agg(id ORDER BY depth, id) INTO organisations FROM below;
    ELSE
        organisations := ARRAY[acting];
    END IF;
END $$;

-- Of the scopes held those that are asked for: all with NULL or `admin`; whoever holds `admin` holds what is asked.
CREATE FUNCTION sdi.limited(held text[], asked text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN asked IS NULL OR 'admin' = ANY (asked) THEN held
        WHEN 'admin' = ANY (held) THEN asked
        ELSE ARRAY(SELECT s FROM unnest(asked) s WHERE s = ANY (held)) END
$$;

DROP FUNCTION sdi.authenticate(bytea);
CREATE FUNCTION sdi.authenticate(token_hash bytea)
RETURNS TABLE (account_id uuid, login text, organisation_id uuid, organisations uuid[], scopes text[], area geometry)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT a.id, a.login, coalesce(t.organisation_id, a.organisation_id), r.organisations, r.scopes, r.area
    FROM sdi.token t JOIN sdi.account a ON a.id = t.account_id
        CROSS JOIN LATERAL sdi.rights(a.id, coalesce(t.organisation_id, a.organisation_id), t.scopes) r
    WHERE t.hash = token_hash AND t.revoked_at IS NULL AND t.expires_at > now() AND a.state = 'active';
END $$;

-- Where the transaction's person may write; NULL is everywhere. Views take it once a statement by (SELECT ...).
CREATE FUNCTION sdi.area() RETURNS geometry LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('brama.area', true), '')::public.geometry
$$;
CREATE FUNCTION sdi.within_area(place geometry) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sdi.area() IS NULL
        OR coalesce(public.ST_CoveredBy(place, public.ST_Transform(sdi.area(), public.ST_SRID(place))), false)
$$;

-- Nobody gives what they do not hold, nor beyond their reach.
CREATE FUNCTION sdi.may_grant(wanted_role uuid, organisation uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce(organisation = ANY (sdi.organisations()), false)
        AND (sdi.has_scope('people:write') OR sdi.has_scope('admin'))
        AND EXISTS (SELECT FROM sdi.role r WHERE r.id = wanted_role
            AND (sdi.has_scope('admin') OR r.scopes <@ string_to_array(current_setting('brama.scopes', true), ','))
            AND (NOT r.reaches_below OR EXISTS (SELECT FROM sdi.granted g
                WHERE g.account_id = sdi.account() AND g.reaches_below AND g.organisation_id = ANY (sdi.organisations()))));
END $$;
-- Nobody suspends, invites or renames a person who may do more than they.
CREATE FUNCTION sdi.may_manage(wanted_account uuid, organisation uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce(organisation = ANY (sdi.organisations()), false)
        AND (sdi.has_scope('people:write') OR sdi.has_scope('admin'))
        AND NOT EXISTS (SELECT FROM sdi.assignment a WHERE a.account_id = wanted_account
            AND coalesce(a.valid_to, 'infinity') >= sdi.today() AND NOT sdi.may_grant(a.role_id, a.organisation_id));
END $$;

CREATE VIEW app.role AS
    SELECT r.id, r.organisation_id, r.code, r.title, r.scopes, r.is_member, r.reaches_below FROM sdi.role r
    WHERE r.organisation_id IS NULL OR r.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]);
CREATE VIEW app.role_write AS
    SELECT id, organisation_id, code, title, scopes FROM sdi.role
    WHERE organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        AND ((SELECT sdi.has_scope('admin')) OR ((SELECT sdi.has_scope('people:write'))
            AND scopes <@ (SELECT string_to_array(current_setting('brama.scopes', true), ','))::text[]))
    WITH CHECK OPTION;
CREATE VIEW app.assignment AS
    SELECT id, account_id, role_id, organisation_id, valid_from, valid_to, area, deputy_for, mandate, source
    FROM sdi.assignment
    WHERE organisation_id = ANY ((SELECT sdi.organisations())::uuid[]) OR account_id = (SELECT sdi.account());
CREATE VIEW app.assignment_write AS
    SELECT id, account_id, role_id, organisation_id, valid_from, valid_to, area, deputy_for, mandate
    FROM sdi.assignment WHERE sdi.may_grant(role_id, organisation_id) WITH CHECK OPTION;
-- Colleagues know each other by name; others do not.
CREATE VIEW app.account AS
    SELECT id, organisation_id, login, name, state, language, created_at FROM sdi.account a
    WHERE a.id = (SELECT sdi.account()) OR a.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        OR EXISTS (SELECT FROM sdi.assignment s
            WHERE s.account_id = a.id AND s.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]));
CREATE VIEW app.account_write AS
    SELECT id, organisation_id, login, name, state, language FROM sdi.account
    WHERE sdi.may_manage(id, organisation_id) WITH CHECK OPTION;
CREATE VIEW app.contact AS
    SELECT c.account_id, c.email, c.phone, c.pesel FROM sdi.contact c
    WHERE c.account_id = (SELECT sdi.account()) OR EXISTS (
        SELECT FROM sdi.account a WHERE a.id = c.account_id AND sdi.may_manage(a.id, a.organisation_id))
    WITH CHECK OPTION;

CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON sdi.assignment FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('assignment', 'id', 'account_id', 'role_id', 'organisation_id', 'valid_from',
        'valid_to', 'deputy_for', 'mandate');
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON sdi.role FOR EACH ROW WHEN (NEW.organisation_id IS NOT NULL)
    EXECUTE FUNCTION sdi.note_row('role', 'id', 'organisation_id', 'code', 'title', 'scopes');
CREATE TRIGGER noted_removal AFTER DELETE ON sdi.role FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('role', 'id', 'organisation_id', 'code', 'title', 'scopes');

-- Accounts that are there go on as they were used: who held an administrator's token is one, the others load data.
INSERT INTO sdi.role (code, title, is_member, reaches_below)
SELECT code, jsonb_build_object('en', code), code NOT IN ('citizen', 'representative'), code = 'regional_admin'
FROM unnest(ARRAY['citizen', 'representative', 'clerk', 'head', 'steward', 'editor', 'organisation_admin',
    'regional_admin']) code;
INSERT INTO sdi.assignment (account_id, organisation_id, role_id)
SELECT a.id, a.organisation_id, r.id FROM sdi.account a JOIN sdi.role r ON r.code = CASE WHEN a.login = 'admin' OR EXISTS (
    SELECT FROM sdi.token t WHERE t.account_id = a.id AND t.revoked_at IS NULL AND 'admin' = ANY (t.scopes))
    THEN 'regional_admin' ELSE 'steward' END;

GRANT EXECUTE ON FUNCTION sdi.today(), sdi.area(), sdi.within_area(geometry) TO brama_app, brama_public;
GRANT EXECUTE ON FUNCTION sdi.authenticate(bytea), sdi.is_pesel(text), sdi.may_grant(uuid, uuid), sdi.may_manage(uuid, uuid) TO brama_app;
GRANT SELECT ON app.role, app.assignment, app.account, app.contact TO brama_app;
GRANT SELECT, INSERT, DELETE, UPDATE (title, scopes) ON app.role_write TO brama_app;
GRANT SELECT, INSERT, DELETE, UPDATE (valid_from, valid_to, area, mandate) ON app.assignment_write TO brama_app;
GRANT SELECT, INSERT, UPDATE (organisation_id, name, state, language) ON app.account_write TO brama_app;
GRANT INSERT (account_id, email, phone), DELETE, UPDATE (email, phone) ON app.contact TO brama_app;
