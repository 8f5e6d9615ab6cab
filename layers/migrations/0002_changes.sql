-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA data_write;
GRANT USAGE ON SCHEMA data_write, layers TO brama_app;

-- 0 after a load, one more with each transaction of changes.
ALTER TABLE layers.layer ADD COLUMN revision int NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW pub.layer AS
    SELECT l.id, l.organisation_id, l.account_id, l.visibility, l.kind, l.title, l.abstract, l.notice, l.theme,
        l.keywords, l.position, l.version, l.relation, l.object_key, l.srid, l.geometry_type, l.columns, l.key_column,
        l.label_column, l.time_start, l.time_end, l.searchable, l.feature_count, l.extent, l.bbox, l.time_extent,
        l.licence, l.attribution, l.lineage, l.raster, l.created_at, l.updated_at, o.slug AS organisation, l.revision
    FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id
    WHERE l.visibility = 'public';
CREATE OR REPLACE VIEW app.layer AS
    SELECT l.id, l.organisation_id, l.account_id, l.visibility, l.kind, l.title, l.abstract, l.notice, l.theme,
        l.keywords, l.position, l.version, l.relation, l.object_key, l.srid, l.geometry_type, l.columns, l.key_column,
        l.label_column, l.time_start, l.time_end, l.searchable, l.feature_count, l.extent, l.bbox, l.time_extent,
        l.licence, l.attribution, l.lineage, l.raster, l.created_at, l.updated_at, o.slug AS organisation, l.revision
    FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id
    WHERE (l.visibility = 'public'
        OR (l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
            AND (l.visibility = 'organisation' OR (SELECT sdi.has_scope('admin'))))
        OR l.account_id = (SELECT sdi.account()));

-- The highest id a layer ever gave to a feature: ids of features that went are not given to others.
CREATE TABLE layers.sequence (
    layer_id text PRIMARY KEY REFERENCES layers.layer ON DELETE CASCADE,
    last_fid bigint NOT NULL
);

-- A transaction of changes to one layer; boxes are in the layer's CRS, at most 64 of them, else the one round all.
CREATE TABLE layers.change_set (
    id uuid NOT NULL,
    layer_id text NOT NULL REFERENCES layers.layer ON DELETE CASCADE,
    version int NOT NULL,
    revision int NOT NULL,
    account_id uuid,
    at timestamptz NOT NULL,
    inserted int NOT NULL,
    updated int NOT NULL,
    deleted int NOT NULL,
    boxes float8[] NOT NULL,
    PRIMARY KEY (id, layer_id),
    UNIQUE (layer_id, version, revision)
);

-- What a feature was before each change; append-only. Without references: a check a row would cost as much as the row.
CREATE TABLE layers.change (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    seq bigint GENERATED ALWAYS AS IDENTITY,
    change_set uuid NOT NULL,
    layer_id text NOT NULL,
    fid bigint NOT NULL,
    operation text NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    before jsonb,
    geometry geometry,
    CHECK ((operation = 'insert') = (before IS NULL))
);
CREATE INDEX ON layers.change (layer_id, fid, seq);
CREATE INDEX ON layers.change (change_set);

-- Writing needs a begun change set, membership in the layer's organisation and the scope; and what is written is read.
CREATE FUNCTION layers.may_write(visibility text, organisation uuid, account uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(organisation = ANY (sdi.organisations())
        AND (sdi.has_scope('features:write') OR sdi.has_scope('admin'))
        AND sdi.may_read(visibility, organisation, account)
        AND nullif(current_setting('brama.change_set', true), '') IS NOT NULL, false)
$$;

-- History is the table's own: whoever writes through the view leaves it, in the same transaction. What the owner does
-- outside a change set (loads, repairs) is no change of a person's.
CREATE FUNCTION layers.note_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    change_set uuid := nullif(current_setting('brama.change_set', true), '')::uuid;
    attributes text;
BEGIN
    IF change_set IS NULL THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO layers.change (change_set, layer_id, fid, operation)
        SELECT change_set, TG_ARGV[0], n.fid, 'insert' FROM new_rows n;
    ELSE
        SELECT string_agg(format('o.%I', attname), ', ' ORDER BY attnum) INTO attributes FROM pg_attribute
        WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('fid', 'geom');
        EXECUTE format('INSERT INTO layers.change (change_set, layer_id, fid, operation, before, geometry)'
            ' SELECT $1, $2, o.fid, $3, to_jsonb(a), o.geom FROM old_rows o, LATERAL (SELECT %s) a', attributes)
        USING change_set, TG_ARGV[0], lower(TG_OP);
    END IF;
    RETURN NULL;
END $$;

-- The owner's view through which members write a version's table, and the triggers that keep its history.
CREATE FUNCTION layers.open_to_changes(layer text, relation text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changeable text;
BEGIN
    EXECUTE format('CREATE VIEW data_write.%1$I AS SELECT * FROM data.%1$I WHERE (SELECT layers.may_write('
        'l.visibility, l.organisation_id, l.account_id) FROM layers.layer l WHERE l.id = %2$L AND l.relation = %3$L)'
        ' WITH CHECK OPTION', relation, layer, relation);
    SELECT string_agg(quote_ident(attname), ', ') INTO changeable FROM pg_attribute
    WHERE attrelid = format('data.%I', relation)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'fid';
    EXECUTE format('GRANT SELECT, INSERT, DELETE, UPDATE (%s) ON data_write.%I TO brama_app', changeable, relation);
    EXECUTE format('CREATE TRIGGER note_inserted AFTER INSERT ON data.%I REFERENCING NEW TABLE AS new_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION layers.note_changes(%L)', relation, layer);
    EXECUTE format('CREATE TRIGGER note_updated AFTER UPDATE ON data.%I REFERENCING OLD TABLE AS old_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION layers.note_changes(%L)', relation, layer);
    EXECUTE format('CREATE TRIGGER note_deleted AFTER DELETE ON data.%I REFERENCING OLD TABLE AS old_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION layers.note_changes(%L)', relation, layer);
END $$;
SELECT layers.open_to_changes(id, relation) FROM layers.layer WHERE relation IS NOT NULL;

-- The first of so many new ids. The row stays locked until the transaction's end, so that with 0 ids, too, whoever
-- writes keys of a layer writes them alone.
CREATE FUNCTION layers.next_fids(wanted text, how_many int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    written text;
    highest bigint;
BEGIN
    SELECT relation INTO written FROM layers.layer l
    WHERE l.id = wanted AND layers.may_write(l.visibility, l.organisation_id, l.account_id);
    IF written IS NULL THEN
        RAISE EXCEPTION 'layer % is not open to changes by this caller', wanted USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('SELECT coalesce(max(fid), 0) FROM data.%I', written) INTO highest;
    INSERT INTO layers.sequence AS s (layer_id, last_fid) VALUES (wanted, highest + how_many)
    ON CONFLICT (layer_id) DO UPDATE SET last_fid = greatest(s.last_fid, highest) + how_many
    RETURNING last_fid INTO highest;
    RETURN highest - how_many + 1;
END $$;

-- Ends a change set for one layer: its revision, counts, extent and time, the event. No row when nothing was changed.
CREATE FUNCTION layers.finish_changes(wanted text) RETURNS TABLE (version int, revision int, boxes float8[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    current_set uuid := nullif(current_setting('brama.change_set', true), '')::uuid;
    told layers.layer;
    done record;
    grown geometry;
    first_moment timestamptz;
    last_moment timestamptz;
BEGIN
    SELECT count(*) FILTER (WHERE c.operation = 'insert') AS inserted,
        count(*) FILTER (WHERE c.operation = 'update') AS updated,
        count(*) FILTER (WHERE c.operation = 'delete') AS deleted
    INTO done FROM layers.change c WHERE c.change_set = current_set AND c.layer_id = wanted;
    IF done.inserted + done.updated + done.deleted = 0 THEN
        RETURN;
    END IF;
    SELECT * INTO told FROM layers.layer l WHERE l.id = wanted FOR NO KEY UPDATE;
    EXECUTE format('WITH touched AS (SELECT DISTINCT c.fid FROM layers.change c WHERE c.change_set = $1'
        ' AND c.layer_id = $2) SELECT ST_SetSRID(ST_Extent(d.geom)::geometry, 0), min(%s)::timestamptz,'
        ' max(%s)::timestamptz FROM data.%I d JOIN touched t ON t.fid = d.fid',
        coalesce('d.' || quote_ident(coalesce(told.time_start, told.time_end)), 'NULL'),
        coalesce('d.' || quote_ident(coalesce(told.time_end, told.time_start)), 'NULL'), told.relation)
    INTO grown, first_moment, last_moment USING current_set, wanted;
    EXECUTE format('WITH touched AS (SELECT DISTINCT c.fid FROM layers.change c WHERE c.change_set = $1'
        ' AND c.layer_id = $2), found AS ('
        ' SELECT DISTINCT ST_XMin(g) x0, ST_YMin(g) y0, ST_XMax(g) x1, ST_YMax(g) y1 FROM ('
        '  SELECT c.geometry AS g FROM layers.change c WHERE c.change_set = $1 AND c.layer_id = $2'
        '  UNION ALL SELECT d.geom FROM data.%I d JOIN touched t ON t.fid = d.fid) shown WHERE NOT ST_IsEmpty(g))'
        ' SELECT coalesce(CASE WHEN count(*) <= 64 THEN array_agg(ARRAY[x0, y0, x1, y1])'
        '  ELSE ARRAY[ARRAY[min(x0), min(y0), max(x1), max(y1)]] END, ''{}'') FROM found', told.relation)
    INTO boxes USING current_set, wanted;
    UPDATE layers.layer l SET
        revision = l.revision + 1,
        feature_count = greatest(l.feature_count + done.inserted - done.deleted, 0),
        extent = layers.grown(l.extent, grown),
        bbox = CASE WHEN layers.grown(l.extent, grown) = l.extent THEN l.bbox
            ELSE layers.grown(l.bbox, layers.lonlat(grown, l.srid)) END,
        time_extent = layers.grown(l.time_extent, first_moment, last_moment),
        updated_at = greatest(clock_timestamp(), l.updated_at)
    WHERE l.id = wanted RETURNING * INTO told;
    INSERT INTO layers.change_set (id, layer_id, version, revision, account_id, at, inserted, updated, deleted, boxes)
    VALUES (current_set, wanted, told.version, told.revision, sdi.account(), told.updated_at, done.inserted,
        done.updated, done.deleted, finish_changes.boxes);
    PERFORM sdi.emit('features.changed', wanted, told.organisation_id, jsonb_build_object('version', told.version,
        'revision', told.revision, 'boxes', to_jsonb(finish_changes.boxes)));
    version := told.version;
    revision := told.revision;
    RETURN NEXT;
END $$;

-- Bounds as the registry keeps them, round what was added.
CREATE FUNCTION layers.grown(bounds float8[], added geometry) RETURNS float8[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY[least(bounds[1], ST_XMin(added)), least(bounds[2], ST_YMin(added)),
        greatest(bounds[3], ST_XMax(added)), greatest(bounds[4], ST_YMax(added))]
$$;
CREATE FUNCTION layers.grown(span tstzrange, first_moment timestamptz, last_moment timestamptz) RETURNS tstzrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN coalesce(first_moment, last_moment) IS NULL THEN span
        WHEN span IS NULL THEN tstzrange(first_moment, last_moment, '[]')
        ELSE tstzrange(CASE WHEN NOT lower_inf(span) THEN least(lower(span), first_moment) END,
            CASE WHEN NOT upper_inf(span) THEN greatest(upper(span), last_moment) END, '[]') END
$$;
-- The box of a box in longitude and latitude: edges are bent on the way, so points along them go too.
CREATE FUNCTION layers.lonlat(box geometry, srid int) RETURNS geometry LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ST_Envelope(ST_Transform(ST_Segmentize(ST_SetSRID(box, srid), greatest(ST_XMax(box) - ST_XMin(box),
        ST_YMax(box) - ST_YMin(box), 1e-6) / 16), 4326))
$$;

-- What changed, for caches and for histories: whoever sees the layer sees it.
CREATE VIEW pub.change_set AS
    SELECT s.layer_id, s.version, s.revision, s.at, s.inserted, s.updated, s.deleted, s.boxes
    FROM layers.change_set s JOIN layers.layer l ON l.id = s.layer_id WHERE l.visibility = 'public';
CREATE VIEW app.change_set AS
    SELECT s.id, s.layer_id, s.version, s.revision, s.account_id, s.at, s.inserted, s.updated, s.deleted, s.boxes
    FROM layers.change_set s JOIN app.layer l ON l.id = s.layer_id;
CREATE VIEW app.change AS
    SELECT c.id, c.seq, c.change_set, c.layer_id, c.fid, c.operation, c.before, c.geometry, s.version, s.revision,
        s.account_id, s.at
    FROM layers.change c JOIN layers.change_set s ON s.id = c.change_set AND s.layer_id = c.layer_id
        JOIN app.layer l ON l.id = c.layer_id
    WHERE l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[]);

GRANT EXECUTE ON FUNCTION layers.may_write(text, uuid, uuid), layers.next_fids(text, int), layers.finish_changes(text)
    TO brama_app;
GRANT SELECT ON app.change_set, app.change TO brama_app;
GRANT SELECT ON pub.change_set TO brama_public;
