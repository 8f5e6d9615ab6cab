-- SPDX-License-Identifier: EUPL-1.2
-- What one did oneself in the last hour, request by request: it can be undone from what was noted.
CREATE INDEX audit_entry_request ON sdi.audit_entry (request, seq) WHERE request <> '';
CREATE VIEW app.own_change AS
    SELECT e.seq, e.at, e.action, e.subject, e.request, c.said::jsonb AS contents
    FROM sdi.audit_entry e JOIN sdi.audit_contents c ON c.seq = e.seq AND c.part = 'contents'
    WHERE e.account_id = (SELECT sdi.account()) AND e.request <> '' AND e.at > now() - interval '1 hour';
GRANT SELECT ON app.own_change TO brama_app;

-- Names of those whom entries tell of, for who may read the entries.
CREATE VIEW app.audit_person AS
    SELECT a.id, a.login, a.name FROM sdi.account a
    WHERE ((SELECT sdi.has_scope('audit:read')) OR (SELECT sdi.has_scope('admin'))) AND (
        a.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]) OR EXISTS (
            SELECT FROM sdi.audit_entry e WHERE e.account_id = a.id
                AND e.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])));
GRANT SELECT ON app.audit_person TO brama_app;

-- Organisations within reach are renamed, and new ones put below them.
CREATE VIEW app.organisation_write AS
    SELECT id, parent_id, slug, kind, teryt, title FROM sdi.organisation
    WHERE coalesce(parent_id = ANY ((SELECT sdi.organisations())::uuid[]), false)
            AND ((SELECT sdi.has_scope('organisations:write')) OR (SELECT sdi.has_scope('admin')))
        OR id = ANY ((SELECT sdi.organisations())::uuid[])
            AND ((SELECT sdi.has_scope('organisations:write')) OR (SELECT sdi.has_scope('admin')))
    WITH CHECK OPTION;
GRANT SELECT, INSERT (parent_id, slug, kind, teryt, title), UPDATE (title, teryt), DELETE ON app.organisation_write
    TO brama_app;

-- Whose value it was is noted too, so that a removed one can be put back.
DROP TRIGGER noted ON sdi.parameter;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON sdi.parameter FOR EACH ROW EXECUTE FUNCTION
    sdi.note_row('parameter', 'id', 'code', 'organisation_id', 'value', 'valid_from', 'valid_to', 'legal_basis');
