-- SPDX-License-Identifier: EUPL-1.2
-- A value holds from its first day until a later one begins, or until its last day where nothing follows it.
CREATE TABLE sdi.parameter (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$' AND length(code) <= 100),
    organisation_id uuid REFERENCES sdi.organisation,
    value jsonb NOT NULL CHECK (jsonb_typeof(value) <> 'null'),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to >= valid_from),
    legal_basis text NOT NULL CHECK (length(legal_basis) BETWEEN 1 AND 500),
    UNIQUE NULLS NOT DISTINCT (code, organisation_id, valid_from)
);
CREATE INDEX ON sdi.parameter (organisation_id);

-- The value on a day: the organisation's own, else the region's; null when there is none.
CREATE FUNCTION sdi.parameter(wanted text, day date, organisation uuid) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.value FROM sdi.parameter p
    WHERE p.code = wanted AND (p.organisation_id IS NULL OR p.organisation_id = parameter.organisation)
        AND p.valid_from <= day AND (p.valid_to IS NULL OR p.valid_to >= day)
        AND NOT EXISTS (SELECT FROM sdi.parameter later WHERE later.code = p.code
            AND later.organisation_id IS NOT DISTINCT FROM p.organisation_id
            AND later.valid_from > p.valid_from AND later.valid_from <= day)
    ORDER BY p.organisation_id NULLS LAST LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION sdi.parameter(text, date, uuid) TO brama_app, brama_public;

-- The law's values are no secret; written are an organisation's own, and the region's by those who reach its root.
CREATE VIEW app.parameter AS
    SELECT p.id, p.code, p.organisation_id, p.value, p.valid_from, p.valid_to, p.legal_basis FROM sdi.parameter p
    WHERE p.organisation_id IS NULL OR p.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]);
CREATE FUNCTION sdi.may_set_parameter(organisation uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(coalesce(organisation, sdi.root_organisation()) = ANY (sdi.organisations())
        AND (sdi.has_scope('parameters:write') OR sdi.has_scope('admin')), false)
$$;
CREATE VIEW app.parameter_write AS
    SELECT id, code, organisation_id, value, valid_from, valid_to, legal_basis FROM sdi.parameter
    WHERE sdi.may_set_parameter(organisation_id)
    WITH CHECK OPTION;
GRANT EXECUTE ON FUNCTION sdi.root_organisation(), sdi.may_set_parameter(uuid) TO brama_app;
GRANT SELECT ON app.parameter TO brama_app;
GRANT SELECT, INSERT, DELETE, UPDATE (value, valid_from, valid_to, legal_basis) ON app.parameter_write TO brama_app;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON sdi.parameter FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('parameter', 'id', 'code', 'value', 'valid_from', 'valid_to', 'legal_basis');
