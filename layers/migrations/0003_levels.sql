-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA levels;
CREATE SCHEMA levels_app;
GRANT USAGE ON SCHEMA levels TO brama_public;
GRANT USAGE ON SCHEMA levels_app TO brama_app;

-- The levels of one version of a layer, in the table levels.<name>. What they hold is right up to `revision`; what
-- changed since is told by layers.change_set. `styles` names the styles that it serves; `planned` are the levels there will be, `levels` those that are there.
CREATE TABLE layers.level_set (
    name text PRIMARY KEY,
    layer_id text NOT NULL,
    relation text NOT NULL,
    version int NOT NULL,
    revision int NOT NULL,
    styles text NOT NULL,
    columns jsonb NOT NULL,
    planned int[] NOT NULL,
    levels jsonb NOT NULL DEFAULT '[]',
    ready boolean NOT NULL DEFAULT false,
    retired_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON layers.level_set (relation);
CREATE UNIQUE INDEX ON layers.level_set (relation) WHERE ready AND retired_at IS NULL;

CREATE VIEW pub.level_set AS
    SELECT s.name, s.layer_id, s.relation, s.version, s.revision, s.columns, s.levels
    FROM layers.level_set s JOIN layers.layer l ON l.relation = s.relation
    WHERE s.ready AND s.retired_at IS NULL AND l.visibility = 'public';
CREATE VIEW app.level_set AS
    SELECT s.name, s.layer_id, s.relation, s.version, s.revision, s.columns, s.levels
    FROM layers.level_set s JOIN app.layer l ON l.relation = s.relation
    WHERE s.ready AND s.retired_at IS NULL;
GRANT SELECT ON pub.level_set TO brama_public;
GRANT SELECT ON app.level_set TO brama_app;

-- Which layers get levels: those that a picture or a tile of the whole could not hold at a small cost.
CREATE FUNCTION layers.wants_levels(layer layers.layer) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN layer.kind = 'vector' AND layer.geometry_type <> 'Geometry'
        AND to_regclass(format('data.%I', layer.relation)) IS NOT NULL
        AND (layer.feature_count > 10000
            OR pg_table_size(to_regclass(format('data.%I', layer.relation))) > 16777216);
END $$;

-- One queued job a layer is enough: it does all that is to be done when it begins.
CREATE FUNCTION layers.queue_levels(layer layers.layer) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM sdi.job j WHERE j.task = 'layers.levels.update' AND j.state = 'queued'
            AND j.args ->> 'layer' = layer.id) THEN
        UPDATE sdi.job j SET organisation_id = layer.organisation_id
        WHERE j.id = (SELECT sdi.enqueue('layers.levels.update', jsonb_build_object('layer', layer.id)));
    END IF;
END $$;
CREATE INDEX ON sdi.job (task) WHERE state = 'queued';

CREATE FUNCTION layers.keep_levels() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    IF TG_OP = 'INSERT' OR OLD.relation IS DISTINCT FROM NEW.relation THEN
        IF layers.wants_levels(NEW) THEN
            PERFORM layers.queue_levels(NEW);
        END IF;
    ELSIF OLD.revision <> NEW.revision AND EXISTS (SELECT FROM layers.level_set s WHERE s.relation = NEW.relation) THEN
        PERFORM layers.queue_levels(NEW);
    END IF;
    FOR made IN SELECT s.name FROM layers.level_set s WHERE s.layer_id = NEW.id LOOP
        IF NEW.visibility = 'public' THEN
            EXECUTE format('GRANT SELECT ON levels.%I TO brama_public', made.name);
        ELSE
            EXECUTE format('REVOKE ALL ON levels.%I FROM brama_public', made.name);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_levels AFTER INSERT OR UPDATE OF visibility, relation, revision ON layers.layer
    FOR EACH ROW EXECUTE FUNCTION layers.keep_levels();

-- Another style may read other columns.
CREATE FUNCTION layers.keep_level_columns() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM layers.queue_levels(l) FROM layers.layer l
    WHERE l.id = coalesce(NEW.layer_id, OLD.layer_id)
        AND EXISTS (SELECT FROM layers.level_set s WHERE s.relation = l.relation);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_level_columns AFTER INSERT OR UPDATE OR DELETE ON layers.style
    FOR EACH ROW EXECUTE FUNCTION layers.keep_level_columns();

-- Levels go with the table that they were made from.
CREATE FUNCTION layers.drop_levels(dropped text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    FOR made IN DELETE FROM layers.level_set s WHERE s.relation = dropped RETURNING s.name LOOP
        EXECUTE format('DROP VIEW IF EXISTS levels_app.%I', made.name);
        EXECUTE format('DROP TABLE IF EXISTS levels.%I', made.name);
    END LOOP;
END $$;

-- Layers that are there already.
SELECT layers.queue_levels(l) FROM layers.layer l WHERE layers.wants_levels(l);
