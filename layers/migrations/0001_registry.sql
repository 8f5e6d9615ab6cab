-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA layers;

CREATE TABLE layers.layer (
    id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{0,47}$'),
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    account_id uuid REFERENCES sdi.account,
    visibility text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'organisation', 'private')),
    kind text NOT NULL CHECK (kind IN ('vector', 'raster')),
    title jsonb NOT NULL,
    abstract jsonb NOT NULL DEFAULT '{}',
    notice jsonb,
    theme text NOT NULL,
    keywords text[] NOT NULL DEFAULT '{}',
    position int NOT NULL DEFAULT 1000,
    version int NOT NULL,
    relation text,
    object_key text,
    srid int NOT NULL,
    geometry_type text NOT NULL,
    columns jsonb NOT NULL DEFAULT '[]',
    key_column text,
    label_column text,
    time_start text,
    time_end text,
    searchable boolean NOT NULL DEFAULT false,
    feature_count bigint NOT NULL DEFAULT 0,
    extent float8[] NOT NULL CHECK (cardinality(extent) = 4),
    bbox float8[] NOT NULL CHECK (cardinality(bbox) = 4),
    time_extent tstzrange,
    licence text,
    attribution text,
    lineage text,
    raster jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'vector') = (relation IS NOT NULL)),
    CHECK ((kind = 'raster') = (object_key IS NOT NULL))
);
CREATE INDEX ON layers.layer (organisation_id);

-- Every version ever loaded; relation is null once its table is gone.
CREATE TABLE layers.version (
    layer_id text NOT NULL REFERENCES layers.layer ON DELETE CASCADE,
    version int NOT NULL,
    relation text,
    object_key text,
    feature_count bigint NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    lineage text,
    PRIMARY KEY (layer_id, version)
);

CREATE TABLE layers.style (
    layer_id text NOT NULL REFERENCES layers.layer ON DELETE CASCADE,
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_-]{0,47}$'),
    title jsonb NOT NULL,
    definition jsonb NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    PRIMARY KEY (layer_id, name)
);
CREATE UNIQUE INDEX ON layers.style (layer_id) WHERE is_default;

-- The public role reads the tables of public layers and no others: the registry row decides, nobody else.
CREATE FUNCTION layers.keep_grants() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.relation IS NOT NULL AND OLD.relation IS DISTINCT FROM NEW.relation
        AND NEW.visibility <> 'public' AND to_regclass(format('data.%I', OLD.relation)) IS NOT NULL THEN
        EXECUTE format('REVOKE ALL ON data.%I FROM brama_public', OLD.relation);
    END IF;
    IF NEW.relation IS NOT NULL THEN
        IF NEW.visibility = 'public' THEN
            EXECUTE format('GRANT SELECT ON data.%I TO brama_public', NEW.relation);
        ELSE
            EXECUTE format('REVOKE ALL ON data.%I FROM brama_public', NEW.relation);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_grants AFTER INSERT OR UPDATE OF visibility, relation ON layers.layer
    FOR EACH ROW EXECUTE FUNCTION layers.keep_grants();

CREATE VIEW pub.layer AS
    SELECT l.*, o.slug AS organisation FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id
    WHERE l.visibility = 'public';
CREATE VIEW app.layer AS
    SELECT l.*, o.slug AS organisation FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id
    WHERE (l.visibility = 'public'
        OR (l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
            AND (l.visibility = 'organisation' OR (SELECT sdi.has_scope('admin'))))
        OR l.account_id = (SELECT sdi.account()));

-- What a member with the right scope may change by hand; the rest follows from the data.
CREATE VIEW app.layer_write AS
    SELECT id, organisation_id, visibility, title, abstract, notice, theme, keywords, position, licence,
        attribution, updated_at
    FROM layers.layer
    WHERE organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        AND ((SELECT sdi.has_scope('layers:write')) OR (SELECT sdi.has_scope('admin')))
    WITH CHECK OPTION;

CREATE VIEW pub.style AS
    SELECT s.layer_id, s.name, s.title, s.definition, s.is_default
    FROM layers.style s JOIN layers.layer l ON l.id = s.layer_id WHERE l.visibility = 'public';
CREATE VIEW app.style AS
    SELECT s.layer_id, s.name, s.title, s.definition, s.is_default
    FROM layers.style s JOIN app.layer l ON l.id = s.layer_id;

GRANT SELECT ON pub.layer, pub.style TO brama_public;
GRANT SELECT ON app.layer, app.style TO brama_app;
GRANT SELECT, UPDATE (visibility, title, abstract, notice, theme, keywords, position, licence, attribution, updated_at)
    ON app.layer_write TO brama_app;
