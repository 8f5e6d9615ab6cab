-- SPDX-License-Identifier: EUPL-1.2
-- Since when a layer is seen by those who see it now: what it held before is for its own organisation. Layers without a
-- row have had their visibility from the beginning.
CREATE TABLE layers.opened (
    layer_id text PRIMARY KEY REFERENCES layers.layer ON DELETE CASCADE,
    since timestamptz NOT NULL
);
INSERT INTO layers.opened (layer_id, since) SELECT id, now() FROM layers.layer;
CREATE FUNCTION layers.keep_opened() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO layers.opened (layer_id, since) VALUES (NEW.id, clock_timestamp())
    ON CONFLICT (layer_id) DO UPDATE SET since = excluded.since;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_opened AFTER UPDATE ON layers.layer FOR EACH ROW
    WHEN (OLD.visibility IS DISTINCT FROM NEW.visibility) EXECUTE FUNCTION layers.keep_opened();

-- From when on the states of a layer's features are known: from its last load, to others than its organisation's
-- members from when they may see it.
CREATE VIEW pub.past_since AS
    SELECT l.id AS layer_id, greatest(v.loaded_at, o.since) AS since
    FROM layers.layer l JOIN layers.version v ON v.layer_id = l.id AND v.version = l.version
        LEFT JOIN layers.opened o ON o.layer_id = l.id
    WHERE l.visibility = 'public';
CREATE VIEW app.past_since AS
    SELECT l.id AS layer_id, CASE WHEN l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]) THEN v.loaded_at
        ELSE greatest(v.loaded_at, o.since) END AS since
    FROM app.layer l JOIN layers.version v ON v.layer_id = l.id AND v.version = l.version
        LEFT JOIN layers.opened o ON o.layer_id = l.id;

-- What features were before each change since then; who changed them is for members who change features themselves.
CREATE VIEW pub.past AS
    SELECT c.layer_id, c.fid, c.seq, c.operation, c.before, c.geometry, s.revision, s.at
    FROM layers.change c JOIN layers.change_set s ON s.id = c.change_set AND s.layer_id = c.layer_id
        JOIN layers.layer l ON l.id = c.layer_id AND l.version = s.version JOIN pub.past_since k ON k.layer_id = l.id
    WHERE s.at > k.since;
CREATE VIEW app.past AS
    SELECT c.layer_id, c.fid, c.seq, c.operation, c.before, c.geometry, s.revision, s.at,
        CASE WHEN m.changes THEN c.change_set END AS change_set,
        CASE WHEN m.changes THEN (SELECT a.name FROM sdi.account a WHERE a.id = s.account_id) END AS account
    FROM layers.change c JOIN layers.change_set s ON s.id = c.change_set AND s.layer_id = c.layer_id
        JOIN app.layer l ON l.id = c.layer_id AND l.version = s.version JOIN app.past_since k ON k.layer_id = l.id
        CROSS JOIN LATERAL (SELECT l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
            AND ((SELECT sdi.has_scope('features:write')) OR (SELECT sdi.has_scope('admin'))) AS changes) m
    WHERE s.at > k.since;

GRANT SELECT ON pub.past_since, pub.past TO brama_public;
GRANT SELECT ON app.past_since, app.past TO brama_app;
