-- SPDX-License-Identifier: EUPL-1.2
-- Logins are one for the whole gate: who adds accounts may learn that one is taken, though not whose it is.
CREATE FUNCTION sdi.login_taken(wanted text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT (sdi.has_scope('people:write') OR sdi.has_scope('admin'))
        AND EXISTS (SELECT FROM sdi.account a WHERE a.login = wanted)
$$;

-- Tokens in use of those whom one manages; ended for good.
CREATE VIEW app.managed_token AS
    SELECT t.id, t.account_id, a.login, a.name, a.organisation_id, t.label, t.scopes, t.created_at, t.expires_at
    FROM sdi.token t JOIN sdi.account a ON a.id = t.account_id
    WHERE a.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]) AND t.revoked_at IS NULL AND t.expires_at > now()
        AND sdi.may_manage(a.id, a.organisation_id);
CREATE FUNCTION sdi.end_tokens(wanted uuid[]) RETURNS int LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH ended AS (
        UPDATE sdi.token t SET revoked_at = now() FROM sdi.account a
        WHERE t.id = ANY (wanted) AND t.revoked_at IS NULL AND a.id = t.account_id
            AND sdi.may_manage(a.id, a.organisation_id) RETURNING 1
    )
    SELECT count(*)::int FROM ended
$$;
GRANT SELECT ON app.managed_token TO brama_app;
GRANT EXECUTE ON FUNCTION sdi.login_taken(text), sdi.end_tokens(uuid[]) TO brama_app;
