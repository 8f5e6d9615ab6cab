-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA catalogue;

-- The portal's themes as records show them: filled from the theme tree, so that records can be written by SQL alone.
CREATE TABLE catalogue.theme (
    id text PRIMARY KEY,
    title jsonb NOT NULL,
    inspire jsonb,
    topic text
);

CREATE TABLE catalogue.record (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    layer_id text NOT NULL UNIQUE REFERENCES layers.layer ON DELETE CASCADE,
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    account_id uuid REFERENCES sdi.account,
    type text NOT NULL CHECK (type IN ('dataset', 'series', 'service')),
    language text NOT NULL CHECK (language ~ '^[a-z]{3}$'),
    title jsonb NOT NULL,
    abstract jsonb NOT NULL,
    keywords text[] NOT NULL,
    subjects text NOT NULL,
    theme text NOT NULL,
    bbox geometry(Polygon, 4326) NOT NULL,
    created timestamptz NOT NULL,
    modified timestamptz NOT NULL,
    facts jsonb NOT NULL,
    name text COLLATE "pl-x-icu" NOT NULL,
    folded text NOT NULL,
    fulltext tsvector NOT NULL
);
CREATE INDEX record_folded ON catalogue.record USING gin (folded gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX record_fulltext ON catalogue.record USING gin (fulltext) WITH (fastupdate = off);
CREATE INDEX record_bbox ON catalogue.record USING gist (bbox);
CREATE INDEX record_modified ON catalogue.record (modified DESC, id);
CREATE INDEX record_name ON catalogue.record (name, id);
CREATE INDEX record_identifier ON catalogue.record ((id::text));
CREATE INDEX record_theme ON catalogue.record (theme);
CREATE INDEX record_organisation ON catalogue.record (organisation_id);

CREATE FUNCTION catalogue.texts(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(t.value, ' ' ORDER BY t.key DESC) FROM jsonb_each_text(value) t
$$;

-- Words typed by a person, each as the beginning of a folded word; null when there is no word among them.
CREATE FUNCTION catalogue.words(typed text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    FROM unnest(to_tsvector('simple', sdi.fold(typed)))
$$;

-- Writes the record of a layer from its registry row. The id stays for as long as the layer does.
CREATE FUNCTION catalogue.write(wanted text) RETURNS void LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH source AS (
        SELECT l.*, o.title AS organisation_title, t.title AS theme_title, t.inspire, t.topic,
            concat_ws('|', '', nullif(array_to_string(l.keywords, '|'), ''), t.title ->> 'pl', t.title ->> 'en',
                t.inspire ->> 'pl', t.inspire ->> 'en', t.topic, '') AS subjects,
            (SELECT string_agg(concat_ws(' ', c ->> 'name', catalogue.texts(c -> 'title')), ' ')
                FROM jsonb_array_elements(l.columns) c) AS column_names
        FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id
            LEFT JOIN catalogue.theme t ON t.id = l.theme
        WHERE l.id = wanted
    )
    INSERT INTO catalogue.record (layer_id, organisation_id, account_id, type, language, title, abstract, keywords,
        subjects, theme, bbox, created, modified, facts, name, folded, fulltext)
    SELECT s.id, s.organisation_id, s.account_id, 'dataset', 'pol', s.title, s.abstract, s.keywords, s.subjects,
        s.theme,
        -- The box of a lone point has a centimetre's side: on polygons without area GEOS gives now one answer, now another.
        ST_MakeEnvelope(s.bbox[1], s.bbox[2], greatest(s.bbox[3], s.bbox[1] + 1e-7),
            greatest(s.bbox[4], s.bbox[2] + 1e-7), 4326), s.created_at, s.updated_at,
        jsonb_build_object('kind', s.kind, 'srid', s.srid, 'geometry_type', s.geometry_type,
            'feature_count', s.feature_count, 'version', s.version, 'columns', s.columns, 'notice', s.notice,
            'licence', s.licence, 'attribution', s.attribution, 'lineage', s.lineage, 'bbox', to_jsonb(s.bbox),
            'time_start', lower(s.time_extent), 'time_end', upper(s.time_extent),
            'theme_title', s.theme_title, 'inspire', s.inspire, 'topic', s.topic),
        coalesce(s.title ->> 'pl', catalogue.texts(s.title), s.id),
        sdi.fold(concat_ws(' ', catalogue.texts(s.title), catalogue.texts(s.abstract), s.subjects, s.id,
            catalogue.texts(s.organisation_title), s.attribution, s.lineage, catalogue.texts(s.notice), s.column_names)),
        setweight(to_tsvector('simple', sdi.fold(concat_ws(' ', catalogue.texts(s.title), replace(s.id, '_', ' ')))), 'A')
            || setweight(to_tsvector('simple', sdi.fold(s.subjects)), 'B')
            || setweight(to_tsvector('simple', sdi.fold(concat_ws(' ', catalogue.texts(s.abstract),
                catalogue.texts(s.organisation_title), s.attribution, s.column_names))), 'C')
    FROM source s
    ON CONFLICT (layer_id) DO UPDATE SET organisation_id = excluded.organisation_id, account_id = excluded.account_id,
        type = excluded.type, language = excluded.language, title = excluded.title, abstract = excluded.abstract,
        keywords = excluded.keywords, subjects = excluded.subjects, theme = excluded.theme, bbox = excluded.bbox,
        created = excluded.created, modified = excluded.modified, facts = excluded.facts, name = excluded.name,
        folded = excluded.folded, fulltext = excluded.fulltext
$$;

-- A record can not lag behind: whoever changes a layer, by a load or by hand, changes its record in the same moment.
CREATE FUNCTION catalogue.follow_layer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM catalogue.write(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER follow_layer AFTER INSERT OR UPDATE ON layers.layer
    FOR EACH ROW EXECUTE FUNCTION catalogue.follow_layer();
SELECT catalogue.write(id) FROM layers.layer;

-- Who may see a record is the layer's own rule, joined and never copied (decision 14).
CREATE VIEW pub.record AS
    SELECT r.id, r.layer_id, r.type, r.language, r.title, r.abstract, r.keywords, r.subjects, r.theme, r.bbox,
        r.created, r.modified, r.facts, r.name, r.folded, r.fulltext, l.visibility, o.slug AS organisation,
        o.title AS organisation_title
    FROM catalogue.record r JOIN layers.layer l ON l.id = r.layer_id JOIN sdi.organisation o ON o.id = r.organisation_id
    WHERE l.visibility = 'public';
CREATE VIEW app.record AS
    SELECT r.id, r.layer_id, r.type, r.language, r.title, r.abstract, r.keywords, r.subjects, r.theme, r.bbox,
        r.created, r.modified, r.facts, r.name, r.folded, r.fulltext, l.visibility, o.slug AS organisation,
        o.title AS organisation_title
    FROM catalogue.record r JOIN layers.layer l ON l.id = r.layer_id JOIN sdi.organisation o ON o.id = r.organisation_id
    WHERE (l.visibility = 'public'
        OR (l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
            AND (l.visibility = 'organisation' OR (SELECT sdi.has_scope('admin'))))
        OR l.account_id = (SELECT sdi.account()));

GRANT USAGE ON SCHEMA catalogue TO brama_app, brama_public;
GRANT EXECUTE ON FUNCTION catalogue.words(text), catalogue.texts(jsonb) TO brama_app, brama_public;
GRANT SELECT ON pub.record TO brama_public;
GRANT SELECT ON app.record TO brama_app;
