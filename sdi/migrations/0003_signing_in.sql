-- SPDX-License-Identifier: EUPL-1.2
-- Secrets lie in tables that no role of the server reads; it asks through the doors below, one question a door.
CREATE TABLE sdi.password (
    account_id uuid PRIMARY KEY REFERENCES sdi.account ON DELETE CASCADE,
    hash text NOT NULL CHECK (hash LIKE '$argon2id$%'),
    changed_at timestamptz NOT NULL DEFAULT now()
);
-- A secret without `confirmed_at` is offered and not yet asked for; a step (30 s) is taken once.
CREATE TABLE sdi.totp (
    account_id uuid PRIMARY KEY REFERENCES sdi.account ON DELETE CASCADE,
    secret text NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);
CREATE TABLE sdi.recovery_code (
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (account_id, hash)
);
CREATE TABLE sdi.passkey (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE CHECK (octet_length(credential_id) BETWEEN 1 AND 1023),
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz
);
CREATE INDEX ON sdi.passkey (account_id);

-- A browser's cookie is the secret; its SHA-256 is here. A session that ended is a row that is gone.
CREATE TABLE sdi.session (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    method text NOT NULL,
    idle interval NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    address text NOT NULL,
    agent text NOT NULL
);
CREATE INDEX ON sdi.session (account_id);

-- What a browser began and has to finish soon: a second factor, a passkey's challenge, a provider's answer.
CREATE TABLE sdi.ceremony (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    kind text NOT NULL,
    account_id uuid REFERENCES sdi.account ON DELETE CASCADE,
    contents jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON sdi.ceremony (expires_at);
CREATE TABLE sdi.invitation (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    account_id uuid NOT NULL UNIQUE REFERENCES sdi.account ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
-- Attempts by digests of a login or an address, whether or not there is such an account.
CREATE TABLE sdi.attempt (
    subject bytea NOT NULL CHECK (octet_length(subject) = 32),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON sdi.attempt (subject, at);
-- Who a provider's subject is here.
CREATE TABLE sdi.identity (
    provider text NOT NULL,
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 500),
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, subject)
);
CREATE INDEX ON sdi.identity (account_id);

-- Counts one attempt of each subject unless one of them has had its number within the window; attempts of the same
-- subject wait for each other, so that many at once are counted too.
CREATE FUNCTION sdi.count_attempt(subjects bytea[], limits int[], span interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('brama.attempt.' || encode(s, 'hex'), 0))
    FROM (SELECT s FROM unnest(subjects) s ORDER BY s) o;
    DELETE FROM sdi.attempt WHERE at < clock_timestamp() - span AND subject = ANY (subjects);
    IF EXISTS (SELECT FROM unnest(subjects, limits) w (subject, most)
        WHERE (SELECT count(*) FROM sdi.attempt a WHERE a.subject = w.subject) >= w.most) THEN
        RETURN false;
    END IF;
    INSERT INTO sdi.attempt (subject) SELECT s FROM unnest(subjects) s;
    RETURN true;
END $$;
-- Who got in begins anew, and one attempt of their address was none: many people may share it.
CREATE FUNCTION sdi.forget_attempts(person bytea, address bytea) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM sdi.attempt WHERE subject = person;
    DELETE FROM sdi.attempt WHERE ctid IN (
        SELECT ctid FROM sdi.attempt WHERE subject = address ORDER BY at DESC LIMIT 1)
$$;

-- What it takes to let a person in; a login is compared as it is kept, in small letters.
CREATE FUNCTION sdi.credentials(wanted text) RETURNS TABLE (account_id uuid, state text, hash text, has_totp boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.state, p.hash, t.confirmed_at IS NOT NULL
    FROM sdi.account a LEFT JOIN sdi.password p ON p.account_id = a.id LEFT JOIN sdi.totp t ON t.account_id = a.id
    WHERE a.login = lower(wanted)
$$;

CREATE FUNCTION sdi.may_act(wanted_account uuid, acting uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE above (id, parent_id, is_self) AS (
        SELECT o.id, o.parent_id, true FROM sdi.organisation o WHERE o.id = acting
        UNION ALL SELECT o.id, o.parent_id, false FROM sdi.organisation o JOIN above b ON o.id = b.parent_id
    )
    SELECT EXISTS (SELECT FROM sdi.granted g JOIN above b ON b.id = g.organisation_id
        WHERE g.account_id = wanted_account AND (b.is_self OR g.reaches_below))
$$;
-- Opens a session of an active account in its own organisation, or in the first that it has a role in; the session that
-- the browser had before ends, so that a cookie known to others before signing in opens nothing after it.
CREATE FUNCTION sdi.open_session(wanted uuid, secret bytea, before bytea, how text, idle interval, lasting interval,
    address text, agent text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    home uuid;
BEGIN
    DELETE FROM sdi.session s WHERE s.hash = before OR s.expires_at < now() OR s.seen_at + s.idle < now();
    DELETE FROM sdi.ceremony c WHERE c.expires_at < now();
    DELETE FROM sdi.attempt t WHERE t.at < now() - interval '1 day';
    SELECT a.organisation_id INTO home FROM sdi.account a WHERE a.id = wanted AND a.state = 'active';
    IF home IS NULL THEN
        RETURN false;
    ELSIF NOT sdi.may_act(wanted, home) THEN
        SELECT coalesce((SELECT g.organisation_id FROM sdi.granted g WHERE g.account_id = wanted
            ORDER BY g.is_member DESC, g.id LIMIT 1), home) INTO home;
    END IF;
    INSERT INTO sdi.session (account_id, hash, organisation_id, method, idle, expires_at, address, agent)
    VALUES (wanted, secret, home, how, idle, now() + lasting, left(address, 100), left(agent, 300));
    PERFORM set_config('brama.account', wanted::text, true);
    PERFORM sdi.note('session.opened', 'account/' || wanted, home, jsonb_build_object('method', how));
    RETURN true;
END $$;
-- Who a session's secret stands for; it is seen at most once a minute, so that reading stays reading.
CREATE FUNCTION sdi.resume(secret bytea) RETURNS TABLE (account_id uuid, login text, organisation_id uuid,
    organisations uuid[], scopes text[], area geometry, session_id uuid, name text, language text, method text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE sdi.session s SET seen_at = now()
    WHERE s.hash = secret AND s.seen_at < now() - interval '1 minute' AND s.seen_at + s.idle > now();
    RETURN QUERY SELECT a.id, a.login, s.organisation_id, r.organisations, r.scopes, r.area, s.id, a.name, a.language,
        s.method
    FROM sdi.session s JOIN sdi.account a ON a.id = s.account_id
        CROSS JOIN LATERAL sdi.rights(a.id, s.organisation_id, NULL) r
    WHERE s.hash = secret AND s.expires_at > now() AND s.seen_at + s.idle > now() AND a.state = 'active';
END $$;
CREATE FUNCTION sdi.end_session(secret bytea) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$ DELETE FROM sdi.session WHERE hash = secret $$;
CREATE FUNCTION sdi.act_in(wanted_session uuid, organisation uuid) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH moved AS (
        UPDATE sdi.session SET organisation_id = organisation
        WHERE id = wanted_session AND account_id = sdi.account() AND sdi.may_act(account_id, organisation) RETURNING 1
    )
    SELECT EXISTS (SELECT FROM moved)
$$;

CREATE FUNCTION sdi.keep_ceremony(secret bytea, what text, person uuid, told jsonb, lasting interval) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM sdi.ceremony WHERE expires_at < now();
    INSERT INTO sdi.ceremony (hash, kind, account_id, contents, expires_at)
    VALUES (secret, what, person, told, now() + lasting)
    ON CONFLICT (hash) DO UPDATE SET kind = excluded.kind, account_id = excluded.account_id,
        contents = excluded.contents, expires_at = excluded.expires_at
$$;
CREATE FUNCTION sdi.ceremony(secret bytea, what text) RETURNS TABLE (account_id uuid, contents jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.account_id, c.contents FROM sdi.ceremony c
    WHERE c.hash = secret AND c.kind = what AND c.expires_at > now()
$$;
CREATE FUNCTION sdi.take_ceremony(secret bytea, what text) RETURNS TABLE (account_id uuid, contents jsonb)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM sdi.ceremony c WHERE c.hash = secret AND c.kind = what AND c.expires_at > now()
    RETURNING c.account_id, c.contents
$$;

-- Second factors of a person who is being let in.
CREATE FUNCTION sdi.totp_secret(wanted uuid) RETURNS TABLE (secret text, is_confirmed boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT t.secret, t.confirmed_at IS NOT NULL FROM sdi.totp t WHERE t.account_id = wanted
$$;
CREATE FUNCTION sdi.use_totp_step(wanted uuid, step bigint) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH used AS (UPDATE sdi.totp SET last_step = step, confirmed_at = coalesce(confirmed_at, now())
        WHERE account_id = wanted AND last_step < step RETURNING 1)
    SELECT EXISTS (SELECT FROM used)
$$;
CREATE FUNCTION sdi.use_recovery_code(wanted uuid, code bytea) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH used AS (DELETE FROM sdi.recovery_code WHERE account_id = wanted AND hash = code RETURNING 1)
    SELECT EXISTS (SELECT FROM used)
$$;
CREATE FUNCTION sdi.passkey_of(credential bytea) RETURNS TABLE (account_id uuid, public_key bytea, sign_count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.account_id, k.public_key, k.sign_count FROM sdi.passkey k WHERE k.credential_id = credential
$$;
CREATE FUNCTION sdi.use_passkey(credential bytea, counted bigint) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    UPDATE sdi.passkey SET sign_count = counted, used_at = now() WHERE credential_id = credential
$$;

-- What a person changes of their own means of signing in.
CREATE FUNCTION sdi.set_password(made text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO sdi.password (account_id, hash) VALUES (sdi.account(), made)
    ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = now();
    SELECT sdi.note('password.changed', 'account/' || sdi.account(), NULL, '{}')
$$;
CREATE FUNCTION sdi.offer_totp(made text) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH offered AS (INSERT INTO sdi.totp AS t (account_id, secret) VALUES (sdi.account(), made)
        ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE t.confirmed_at IS NULL
        RETURNING 1)
    SELECT EXISTS (SELECT FROM offered)
$$;
CREATE FUNCTION sdi.drop_totp() RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM sdi.recovery_code WHERE account_id = sdi.account();
    DELETE FROM sdi.totp WHERE account_id = sdi.account();
    SELECT sdi.note('factor.removed', 'account/' || sdi.account(), NULL, '{"factor": "totp"}')
$$;
CREATE FUNCTION sdi.set_recovery_codes(codes bytea[]) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM sdi.recovery_code WHERE account_id = sdi.account();
    INSERT INTO sdi.recovery_code (account_id, hash) SELECT sdi.account(), c FROM unnest(codes) c;
    SELECT sdi.note('factor.added', 'account/' || sdi.account(), NULL, '{"factor": "totp"}')
$$;
CREATE FUNCTION sdi.add_passkey(credential bytea, key bytea, counted bigint, name text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO sdi.passkey (account_id, credential_id, public_key, sign_count, name)
    VALUES (sdi.account(), credential, key, counted, name)
$$;
CREATE TRIGGER noted AFTER INSERT OR DELETE ON sdi.passkey FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('passkey', 'id', 'account_id', 'name');

-- An invitation is a one-time way to set a password; a new one takes the place of the one before.
CREATE FUNCTION sdi.put_invitation(wanted uuid, secret bytea, lasting interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sdi.account a WHERE a.id = wanted AND a.state IN ('ordered', 'active')) THEN
        RETURN false;
    END IF;
    DELETE FROM sdi.invitation WHERE account_id = wanted OR expires_at < now();
    INSERT INTO sdi.invitation (hash, account_id, expires_at) VALUES (secret, wanted, now() + lasting);
    PERFORM sdi.note('account.invited', 'account/' || wanted, NULL, '{}');
    RETURN true;
END $$;
CREATE FUNCTION sdi.invite(wanted uuid, secret bytea, lasting interval) RETURNS boolean LANGUAGE sql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM sdi.account a WHERE a.id = wanted AND sdi.may_manage(a.id, a.organisation_id))
        AND sdi.put_invitation(wanted, secret, lasting)
$$;
CREATE FUNCTION sdi.invited(secret bytea) RETURNS TABLE (account_id uuid, login text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.login, a.name FROM sdi.invitation i JOIN sdi.account a ON a.id = i.account_id
    WHERE i.hash = secret AND i.expires_at > now() AND a.state IN ('ordered', 'active')
$$;
CREATE FUNCTION sdi.accept_invitation(secret bytea, made text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    invited uuid;
BEGIN
    DELETE FROM sdi.invitation i USING sdi.account a
    WHERE i.hash = secret AND i.expires_at > now() AND a.id = i.account_id AND a.state IN ('ordered', 'active')
    RETURNING i.account_id INTO invited;
    IF invited IS NOT NULL THEN
        PERFORM set_config('brama.account', invited::text, true);
        UPDATE sdi.account SET state = 'active' WHERE id = invited AND state = 'ordered';
        DELETE FROM sdi.session WHERE account_id = invited;
        PERFORM sdi.set_password(made);
    END IF;
    RETURN invited;
END $$;

-- Who is suspended is out at once, everywhere, and does not come back into old sessions.
CREATE FUNCTION sdi.end_sessions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM sdi.session WHERE account_id = NEW.id;
    DELETE FROM sdi.invitation WHERE account_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER end_sessions AFTER UPDATE OF state ON sdi.account FOR EACH ROW
    WHEN (NEW.state IN ('suspended', 'archived')) EXECUTE FUNCTION sdi.end_sessions();

-- A person's own, to see and to end.
CREATE VIEW app.own_session AS
    SELECT id, organisation_id, method, created_at, seen_at, expires_at, address, agent FROM sdi.session
    WHERE account_id = (SELECT sdi.account()) AND expires_at > now() AND seen_at + idle > now();
CREATE VIEW app.own_passkey AS
    SELECT id, credential_id, name, created_at, used_at FROM sdi.passkey WHERE account_id = (SELECT sdi.account());
CREATE VIEW app.own_token AS
    SELECT id, organisation_id, label, scopes, created_at, expires_at FROM sdi.token
    WHERE account_id = (SELECT sdi.account()) AND revoked_at IS NULL AND expires_at > now();
-- A token holds no more than the session that makes it, nor works where its person does not.
CREATE VIEW app.own_token_write AS
    SELECT account_id, organisation_id, hash, label, scopes, expires_at FROM sdi.token
    WHERE account_id = (SELECT sdi.account()) AND organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        AND expires_at <= now() + interval '3651 days' AND ((SELECT sdi.has_scope('admin'))
        OR scopes <@ (SELECT string_to_array(current_setting('brama.scopes', true), ','))::text[])
    WITH CHECK OPTION;
CREATE FUNCTION sdi.revoke_own_token(wanted uuid) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    WITH revoked AS (UPDATE sdi.token SET revoked_at = now()
        WHERE id = wanted AND account_id = sdi.account() AND revoked_at IS NULL RETURNING 1)
    SELECT EXISTS (SELECT FROM revoked)
$$;
CREATE VIEW app.own_factors AS
    SELECT a.id AS account_id, p.changed_at AS password_changed_at, coalesce(t.confirmed_at IS NOT NULL, false) AS has_totp,
        (SELECT count(*) FROM sdi.recovery_code c WHERE c.account_id = a.id) AS recovery_codes
    FROM sdi.account a LEFT JOIN sdi.password p ON p.account_id = a.id LEFT JOIN sdi.totp t ON t.account_id = a.id
    WHERE a.id = (SELECT sdi.account());
CREATE VIEW app.own_account AS
    SELECT id, login, name, language FROM sdi.account WHERE id = (SELECT sdi.account()) WITH CHECK OPTION;
CREATE VIEW app.own_assignment AS
    SELECT g.id, g.role, r.title, g.organisation_id, o.slug, o.title AS organisation, g.is_member, g.reaches_below,
        g.area IS NOT NULL AS has_area, g.valid_to, g.mandate, p.name AS deputy_for
    FROM sdi.granted g JOIN sdi.role r ON r.id = g.role_id JOIN sdi.organisation o ON o.id = g.organisation_id
        LEFT JOIN sdi.assignment d ON d.id = g.deputy_for LEFT JOIN sdi.account p ON p.id = d.account_id
    WHERE g.account_id = (SELECT sdi.account());

-- Organisations that the person may work in: where they have a role, and below where a role reaches.
CREATE FUNCTION sdi.workplaces() RETURNS TABLE (id uuid, title jsonb, kind text, teryt text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE reached (id, goes_down) AS (
        SELECT g.organisation_id, g.reaches_below FROM sdi.granted g WHERE g.account_id = sdi.account()
        UNION SELECT o.id, true FROM sdi.organisation o JOIN reached r ON o.parent_id = r.id WHERE r.goes_down
    )
    SELECT o.id, o.title, o.kind, o.teryt FROM sdi.organisation o
    WHERE o.id IN (SELECT r.id FROM reached r) ORDER BY o.teryt NULLS LAST, o.slug
$$;

GRANT EXECUTE ON FUNCTION sdi.workplaces(), sdi.count_attempt(bytea[], int[], interval), sdi.forget_attempts(bytea, bytea), sdi.credentials(text),
    sdi.open_session(uuid, bytea, bytea, text, interval, interval, text, text), sdi.resume(bytea),
    sdi.end_session(bytea), sdi.act_in(uuid, uuid), sdi.keep_ceremony(bytea, text, uuid, jsonb, interval),
    sdi.ceremony(bytea, text), sdi.take_ceremony(bytea, text), sdi.totp_secret(uuid), sdi.use_totp_step(uuid, bigint),
    sdi.use_recovery_code(uuid, bytea), sdi.passkey_of(bytea), sdi.use_passkey(bytea, bigint), sdi.set_password(text),
    sdi.offer_totp(text), sdi.drop_totp(), sdi.set_recovery_codes(bytea[]),
    sdi.add_passkey(bytea, bytea, bigint, text), sdi.invite(uuid, bytea, interval), sdi.invited(bytea),
    sdi.accept_invitation(bytea, text), sdi.revoke_own_token(uuid) TO brama_app;
GRANT SELECT ON app.own_session, app.own_passkey, app.own_token, app.own_factors, app.own_account, app.own_assignment
    TO brama_app;
GRANT INSERT ON app.own_token_write TO brama_app;
GRANT DELETE ON app.own_session, app.own_passkey TO brama_app;
GRANT UPDATE (name, language) ON app.own_account TO brama_app;
