-- SPDX-License-Identifier: EUPL-1.2
-- A lock lives on for a day after it expired, so that its holder is told that and not that it never was.
CREATE TABLE layers.lock (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    account_id uuid NOT NULL REFERENCES sdi.account ON DELETE CASCADE,
    seconds int NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE TABLE layers.locked (
    layer_id text NOT NULL REFERENCES layers.layer ON DELETE CASCADE,
    fid bigint NOT NULL,
    lock_id uuid NOT NULL REFERENCES layers.lock ON DELETE CASCADE,
    PRIMARY KEY (layer_id, fid)
);
CREATE INDEX ON layers.locked (lock_id);

-- As before, and no change of what another lock holds: `brama.lock` is the one that the transaction brings.
CREATE OR REPLACE FUNCTION layers.note_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    change_set uuid := nullif(current_setting('brama.change_set', true), '')::uuid;
    held text;
    attributes text;
BEGIN
    IF change_set IS NULL THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO layers.change (change_set, layer_id, fid, operation)
        SELECT change_set, TG_ARGV[0], n.fid, 'insert' FROM new_rows n;
        RETURN NULL;
    END IF;
    SELECT o.fid::text INTO held FROM old_rows o JOIN layers.locked d ON d.layer_id = TG_ARGV[0] AND d.fid = o.fid
        JOIN layers.lock l ON l.id = d.lock_id
    WHERE l.expires_at > clock_timestamp() AND l.id::text IS DISTINCT FROM current_setting('brama.lock', true)
    LIMIT 1;
    IF held IS NOT NULL THEN
        RAISE EXCEPTION 'feature % is locked', held USING ERRCODE = 'BRLCK', DETAIL = held;
    END IF;
    SELECT string_agg(format('o.%I', attname), ', ' ORDER BY attnum) INTO attributes FROM pg_attribute
    WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('fid', 'geom');
    EXECUTE format('INSERT INTO layers.change (change_set, layer_id, fid, operation, before, geometry)'
        ' SELECT $1, $2, o.fid, $3, to_jsonb(a), o.geom FROM old_rows o, LATERAL (SELECT %s) a', attributes)
    USING change_set, TG_ARGV[0], lower(TG_OP);
    RETURN NULL;
END $$;

-- A new lock of the caller's, of nothing yet; what expired a day ago goes.
CREATE FUNCTION layers.take_lock(lasting int) RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM layers.lock WHERE expires_at < now() - interval '1 day';
    INSERT INTO layers.lock (account_id, seconds, expires_at)
    VALUES (sdi.account(), lasting, clock_timestamp() + make_interval(secs => lasting)) RETURNING id
$$;

-- Those of the features that the caller's lock holds now, after taking what no other lock holds.
CREATE FUNCTION layers.lock_features(held_by uuid, wanted text, fids bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM layers.layer l
            WHERE l.id = wanted AND layers.may_write(l.visibility, l.organisation_id, l.account_id))
        OR NOT EXISTS (SELECT FROM layers.lock l WHERE l.id = held_by AND l.account_id = sdi.account()) THEN
        RAISE EXCEPTION 'features of % are not for this caller to lock', wanted
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM layers.locked d USING layers.lock l
    WHERE l.id = d.lock_id AND l.expires_at <= clock_timestamp() AND d.layer_id = wanted AND d.fid = ANY (fids);
    INSERT INTO layers.locked (layer_id, fid, lock_id) SELECT wanted, f, held_by FROM unnest(fids) f
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT d.fid FROM layers.locked d
    WHERE d.layer_id = wanted AND d.lock_id = held_by AND d.fid = ANY (fids) ORDER BY d.fid;
END $$;

-- 'held', 'expired', or NULL for a lock that is none of the caller's.
CREATE FUNCTION layers.lock_state(held_by uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN expires_at > clock_timestamp() THEN 'held' ELSE 'expired' END
    FROM layers.lock WHERE id = held_by AND account_id = sdi.account()
$$;

-- Lets go of everything, or of what this transaction changed; what is still held is held anew for its time.
CREATE FUNCTION layers.release_lock(held_by uuid, everything boolean) RETURNS void LANGUAGE sql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM layers.locked d USING layers.lock l
    WHERE l.id = held_by AND l.account_id = sdi.account() AND d.lock_id = l.id AND (everything OR EXISTS (
        SELECT FROM layers.change c WHERE c.layer_id = d.layer_id AND c.fid = d.fid
            AND c.change_set = nullif(current_setting('brama.change_set', true), '')::uuid));
    UPDATE layers.lock SET expires_at = clock_timestamp() + make_interval(secs => seconds)
    WHERE id = held_by AND account_id = sdi.account() AND NOT everything;
    DELETE FROM layers.lock WHERE id = held_by AND account_id = sdi.account()
        AND (everything OR NOT EXISTS (SELECT FROM layers.locked WHERE lock_id = held_by))
$$;

GRANT EXECUTE ON FUNCTION layers.take_lock(int), layers.lock_features(uuid, text, bigint[]), layers.lock_state(uuid),
    layers.release_lock(uuid, boolean) TO brama_app;
