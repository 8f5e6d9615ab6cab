-- SPDX-License-Identifier: EUPL-1.2
-- The account of a provider's subject: the one linked to it, else by `how`: `linked` none, `by_login` the one of that
-- login, `created` a new one, never one that is there. NULL when nobody is to be let in.
CREATE FUNCTION sdi.admit(from_provider text, wanted_subject text, wanted_login text, wanted_name text, how text, home text)
RETURNS uuid LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found uuid;
BEGIN
    UPDATE sdi.identity SET seen_at = now() WHERE provider = from_provider AND subject = wanted_subject
    RETURNING account_id INTO found;
    IF found IS NULL AND how = 'by_login' THEN
        SELECT a.id INTO found FROM sdi.account a WHERE a.login = wanted_login AND a.state = 'active'
            AND NOT EXISTS (SELECT FROM sdi.identity i WHERE i.account_id = a.id AND i.provider = from_provider);
    ELSIF found IS NULL AND how = 'created' THEN
        INSERT INTO sdi.account (organisation_id, login, name)
        SELECT o.id, wanted_login, wanted_name FROM sdi.organisation o WHERE o.slug = home
        ON CONFLICT DO NOTHING RETURNING id INTO found;
    ELSE
        RETURN found;
    END IF;
    IF found IS NOT NULL THEN
        INSERT INTO sdi.identity (provider, subject, account_id) VALUES (from_provider, wanted_subject, found);
        PERFORM sdi.note('account.linked', 'account/' || found, NULL, jsonb_build_object('provider', from_provider));
    END IF;
    RETURN found;
END $$;

-- Gives an account the roles that a provider says today (arrays of the same length) and ends those that it said before;
-- what others gave stays. Roles or organisations that are not there are left out.
CREATE FUNCTION sdi.keep_assignments(wanted uuid, from_provider text, roles text[], places text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH said AS (
        SELECT DISTINCT r.id AS role_id, o.id AS organisation_id FROM unnest(roles, places) s (role, place)
            JOIN sdi.organisation o ON o.slug = s.place
            JOIN sdi.role r ON r.code = s.role AND (r.organisation_id IS NULL OR r.organisation_id = o.id)
    ), gone AS (
        SELECT a.id, a.valid_from FROM sdi.assignment a WHERE a.account_id = wanted AND a.source = from_provider
            AND coalesce(a.valid_to, 'infinity') >= sdi.today()
            AND (a.role_id, a.organisation_id) NOT IN (SELECT role_id, organisation_id FROM said)
    ), removed AS (
        DELETE FROM sdi.assignment WHERE id IN (SELECT id FROM gone WHERE valid_from >= sdi.today())
    ), ended AS (
        UPDATE sdi.assignment SET valid_to = sdi.today() - 1
        WHERE id IN (SELECT id FROM gone WHERE valid_from < sdi.today())
    )
    INSERT INTO sdi.assignment (account_id, role_id, organisation_id, source)
    SELECT wanted, role_id, organisation_id, from_provider FROM said ON CONFLICT DO NOTHING
$$;
GRANT EXECUTE ON FUNCTION sdi.admit(text, text, text, text, text, text),
    sdi.keep_assignments(uuid, text, text[], text[]) TO brama_app;
