-- SPDX-License-Identifier: EUPL-1.2
DROP VIEW pub.record, app.record;
DROP INDEX catalogue.record_identifier;
DROP FUNCTION catalogue.words(text);

-- A record is of a layer, and follows it, or is a document that somebody brought (`schema` and `document` then say
-- which and what, byte for byte). `modified` is the record's own date, `changed` when this catalogue last changed it,
-- `written` in which transaction.
-- `queryable` holds what filters ask for beside the columns: texts by name, several as |one|other|.
ALTER TABLE catalogue.record
    ALTER layer_id DROP NOT NULL,
    ALTER bbox DROP NOT NULL,
    ALTER name DROP NOT NULL,
    DROP CONSTRAINT record_type_check,
    ADD CHECK (type ~ '^[A-Za-z]{2,40}$'),
    ADD identifier text,
    ADD parent text,
    ADD visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('public', 'organisation', 'private')),
    ADD schema text,
    ADD document text,
    ADD queryable jsonb NOT NULL DEFAULT '{}',
    ADD time_begin date,
    ADD time_end date,
    ADD licence text,
    ADD inspires text[] NOT NULL DEFAULT '{}',
    ADD topics text[] NOT NULL DEFAULT '{}',
    ADD changed timestamptz NOT NULL DEFAULT now(),
    ADD written xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ADD CHECK ((layer_id IS NULL) = (document IS NOT NULL)),
    ADD CHECK ((document IS NULL) = (schema IS NULL));

-- What went, so that harvesters hear of it: only of what everybody could see.
CREATE TABLE catalogue.gone (
    identifier text PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES sdi.organisation ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX gone_at ON catalogue.gone (at, identifier);
CREATE VIEW pub.record_gone AS
    SELECT g.identifier, g.at, o.slug AS organisation
    FROM catalogue.gone g JOIN sdi.organisation o ON o.id = g.organisation_id;

-- Documents as they were before each change; append-only.
CREATE TABLE catalogue.change (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    account_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    operation text NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    before text
);
CREATE INDEX change_record ON catalogue.change (record_id, seq);

-- Words of the catalogue with their base forms; what a query is widened by and mended with. Filled by a job, from
-- records changed since: a record is found by its words as they stand at once, by inflected forms a moment later.
CREATE TABLE catalogue.word (
    word text PRIMARY KEY,
    folded text NOT NULL,
    lemmas text[] NOT NULL
);
CREATE INDEX word_folded ON catalogue.word (folded);
CREATE INDEX word_similar ON catalogue.word USING gist (folded gist_trgm_ops);
CREATE INDEX word_lemmas ON catalogue.word USING gin (lemmas);
CREATE TABLE catalogue.words_read (until xid8 NOT NULL);
INSERT INTO catalogue.words_read VALUES ('0');

-- Texts of a record, folded, for the one column they are looked for in; weights by where they stand.
CREATE FUNCTION catalogue.prepare() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.id := coalesce(NEW.id, sdi.uuid7());
    NEW.identifier := coalesce(NEW.identifier, NEW.id::text);
    NEW.name := coalesce(nullif(NEW.title ->> 'pl', ''), catalogue.texts(NEW.title), NEW.layer_id, NEW.identifier);
    IF NEW.layer_id IS NULL THEN
        NEW.folded := sdi.fold(NEW.folded);
        NEW.fulltext := setweight(to_tsvector('simple', sdi.fold(coalesce(catalogue.texts(NEW.title), ''))), 'A')
            || setweight(to_tsvector('simple', sdi.fold(NEW.subjects)), 'B')
            || setweight(to_tsvector('simple', sdi.fold(coalesce(catalogue.texts(NEW.abstract), ''))), 'C')
            || setweight(to_tsvector('simple', left(NEW.folded, 100000)), 'D');
    END IF;
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NEW;
    END IF;
    NEW.changed := now();
    NEW.written := pg_current_xact_id();
    DELETE FROM catalogue.gone g WHERE g.identifier = NEW.identifier AND NEW.visibility = 'public';
    RETURN NEW;
END $$;
CREATE TRIGGER prepare BEFORE INSERT OR UPDATE ON catalogue.record
    FOR EACH ROW EXECUTE FUNCTION catalogue.prepare();

CREATE FUNCTION catalogue.keep_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.visibility = 'public'
            AND (TG_OP = 'DELETE' OR NEW.visibility <> 'public' OR NEW.identifier <> OLD.identifier) THEN
        INSERT INTO catalogue.gone (identifier, organisation_id) VALUES (OLD.identifier, OLD.organisation_id)
        ON CONFLICT (identifier) DO UPDATE SET at = now();
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.layer_id IS NULL THEN
            INSERT INTO catalogue.change (record_id, organisation_id, account_id, operation)
            VALUES (NEW.id, NEW.organisation_id, sdi.account(), 'insert');
        END IF;
    ELSIF OLD.layer_id IS NULL THEN
        INSERT INTO catalogue.change (record_id, organisation_id, account_id, operation, before)
        VALUES (OLD.id, OLD.organisation_id, sdi.account(), lower(TG_OP), OLD.document);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_history AFTER INSERT OR UPDATE OR DELETE ON catalogue.record
    FOR EACH ROW EXECUTE FUNCTION catalogue.keep_history();

-- What people do to documents is audited; records of layers follow what is audited of their layers.
CREATE TRIGGER note_added AFTER INSERT ON catalogue.record
    FOR EACH ROW WHEN (NEW.layer_id IS NULL AND sdi.account() IS NOT NULL)
    EXECUTE FUNCTION sdi.note_row('metadata', 'id', 'organisation_id', 'identifier', 'visibility', 'title');
CREATE TRIGGER note_changed AFTER UPDATE ON catalogue.record
    FOR EACH ROW WHEN (NEW.layer_id IS NULL AND sdi.account() IS NOT NULL)
    EXECUTE FUNCTION sdi.note_row('metadata', 'id', 'organisation_id', 'identifier', 'visibility', 'title', 'modified');
CREATE TRIGGER note_removed AFTER DELETE ON catalogue.record
    FOR EACH ROW WHEN (OLD.layer_id IS NULL AND sdi.account() IS NOT NULL)
    EXECUTE FUNCTION sdi.note_row('metadata', 'id', 'organisation_id', 'identifier', 'visibility', 'title');

-- Writes the record of a layer from its registry row. The id stays for as long as the layer does.
CREATE OR REPLACE FUNCTION catalogue.write(wanted text) RETURNS void LANGUAGE sql VOLATILE
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
    INSERT INTO catalogue.record (layer_id, organisation_id, account_id, visibility, type, language, title, abstract,
        keywords, subjects, theme, bbox, created, modified, facts, queryable, time_begin, time_end, licence, inspires,
        topics, folded, fulltext)
    SELECT s.id, s.organisation_id, s.account_id, s.visibility, 'dataset', 'pol', s.title, s.abstract, s.keywords,
        s.subjects, s.theme,
        -- The box of a lone point has a centimetre's side: on polygons without area GEOS gives now one answer, now another.
        ST_MakeEnvelope(s.bbox[1], s.bbox[2], greatest(s.bbox[3], s.bbox[1] + 1e-7),
            greatest(s.bbox[4], s.bbox[2] + 1e-7), 4326), s.created_at, s.updated_at,
        jsonb_build_object('kind', s.kind, 'srid', s.srid, 'geometry_type', s.geometry_type,
            'feature_count', s.feature_count, 'version', s.version, 'columns', s.columns, 'notice', s.notice,
            'licence', s.licence, 'attribution', s.attribution, 'lineage', s.lineage, 'bbox', to_jsonb(s.bbox),
            'time_start', lower(s.time_extent), 'time_end', upper(s.time_extent),
            'theme_title', s.theme_title, 'inspire', s.inspire, 'topic', s.topic),
        jsonb_strip_nulls(jsonb_build_object('creator', coalesce(s.attribution, s.organisation_title ->> 'pl'),
            'publisher', s.organisation_title ->> 'pl', 'lineage', s.lineage,
            'crs', '|urn:ogc:def:crs:EPSG::' || s.srid || '|', 'resourceidentifier', '|' || s.id || '|',
            'externalids', '|' || s.id || '|',
            'format', '|' || CASE s.kind WHEN 'vector' THEN 'application/geo+json|' ELSE '' END,
            'resourcelanguage', 'pol')),
        lower(s.time_extent)::date, upper(s.time_extent)::date, s.licence,
        array_remove(ARRAY[s.inspire ->> 'code'], NULL), array_remove(ARRAY[s.topic], NULL),
        sdi.fold(concat_ws(' ', catalogue.texts(s.title), catalogue.texts(s.abstract), s.subjects, s.id,
            catalogue.texts(s.organisation_title), s.attribution, s.lineage, catalogue.texts(s.notice), s.column_names)),
        setweight(to_tsvector('simple', sdi.fold(concat_ws(' ', catalogue.texts(s.title), replace(s.id, '_', ' ')))), 'A')
            || setweight(to_tsvector('simple', sdi.fold(s.subjects)), 'B')
            || setweight(to_tsvector('simple', sdi.fold(concat_ws(' ', catalogue.texts(s.abstract),
                catalogue.texts(s.organisation_title), s.attribution, s.column_names))), 'C')
    FROM source s
    ON CONFLICT (layer_id) DO UPDATE SET organisation_id = excluded.organisation_id, account_id = excluded.account_id,
        visibility = excluded.visibility, type = excluded.type, language = excluded.language, title = excluded.title,
        abstract = excluded.abstract, keywords = excluded.keywords, subjects = excluded.subjects,
        theme = excluded.theme, bbox = excluded.bbox, created = excluded.created, modified = excluded.modified,
        facts = excluded.facts, queryable = excluded.queryable, time_begin = excluded.time_begin,
        time_end = excluded.time_end, licence = excluded.licence, inspires = excluded.inspires,
        topics = excluded.topics, folded = excluded.folded, fulltext = excluded.fulltext
$$;
UPDATE catalogue.record r SET identifier = r.id::text, visibility = l.visibility
FROM layers.layer l WHERE l.id = r.layer_id;
SELECT catalogue.write(id) FROM layers.layer;
ALTER TABLE catalogue.record ALTER identifier SET NOT NULL, ALTER name SET NOT NULL;
CREATE UNIQUE INDEX record_identifier ON catalogue.record (identifier);
CREATE INDEX record_changed ON catalogue.record (changed, id);
CREATE INDEX record_written ON catalogue.record (written);
-- Counts of facets are read from it alone.
CREATE INDEX record_facets ON catalogue.record
    (visibility, organisation_id, theme, type, licence, schema, inspires, topics);

CREATE FUNCTION catalogue.quoted(lexeme text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''''
$$;
-- What a person looks for: of each word but the `stops` its beginnings, the forms of the words that have the same base
-- form (`bases` gives those of a word as typed), and where the catalogue knows neither, what is spelt most like it.
-- Null when there is no word among them.
-- In plpgsql because its plan is kept: to plan it takes five times what it takes.
CREATE FUNCTION catalogue.widened(typed text, bases jsonb, stops text[]) RETURNS tsquery LANGUAGE plpgsql STABLE
PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN (
    WITH said AS (
        SELECT lexeme, lexeme = ANY (stops) AS stop FROM unnest(to_tsvector('simple', typed))
    ), asked AS (
        SELECT sdi.fold(lexeme) AS word,
            ARRAY(SELECT jsonb_array_elements_text(widened.bases -> lexeme)) AS bases
        FROM said WHERE NOT stop OR (SELECT bool_and(stop) FROM said)
    ), known AS (
        SELECT a.word, w.folded
        FROM asked a JOIN catalogue.word w ON w.lemmas && (a.bases || ARRAY(
            SELECT unnest(k.lemmas) FROM catalogue.word k WHERE k.folded = a.word))
    ), near AS (
        SELECT a.word, n.folded
        FROM asked a CROSS JOIN LATERAL (
            SELECT w.folded FROM catalogue.word w
            WHERE w.folded % a.word AND left(w.folded, 1) = left(a.word, 1)
            ORDER BY w.folded <-> a.word, w.folded LIMIT 3) n
        WHERE length(a.word) > 3 AND NOT EXISTS (SELECT FROM known k WHERE k.word = a.word)
            AND NOT EXISTS (
                SELECT FROM catalogue.word w WHERE w.folded >= a.word AND w.folded < a.word || chr(1114111))
    ), form AS (
        SELECT word, folded FROM known UNION SELECT word, folded FROM near
    ), one AS (
        SELECT '(' || concat_ws(' | ', catalogue.quoted(a.word) || ':*',
            (SELECT string_agg(catalogue.quoted(f.folded), ' | ') FROM form f WHERE f.word = a.word)) || ')' AS query
        FROM asked a
    )
    SELECT string_agg(query, ' & ')::tsquery FROM one
); END $$;

-- Who may see a record is its organisation's rule; a layer's record takes it from its layer, in the same transaction.
CREATE VIEW pub.record AS
    SELECT r.id, r.identifier, r.layer_id, r.type, r.language, r.title, r.abstract, r.keywords, r.subjects, r.theme,
        r.bbox, r.created, r.modified, r.changed, r.facts, r.queryable, r.time_begin, r.time_end, r.licence, r.inspires,
        r.topics, r.parent, r.schema, r.document, r.name, r.folded, r.fulltext, r.visibility,
        r.organisation_id, o.slug AS organisation, o.title AS organisation_title
    FROM catalogue.record r JOIN sdi.organisation o ON o.id = r.organisation_id
    WHERE r.visibility = 'public';
CREATE VIEW app.record AS
    SELECT r.id, r.identifier, r.layer_id, r.type, r.language, r.title, r.abstract, r.keywords, r.subjects, r.theme,
        r.bbox, r.created, r.modified, r.changed, r.facts, r.queryable, r.time_begin, r.time_end, r.licence, r.inspires,
        r.topics, r.parent, r.schema, r.document, r.name, r.folded, r.fulltext, r.visibility,
        r.organisation_id, o.slug AS organisation, o.title AS organisation_title
    FROM catalogue.record r JOIN sdi.organisation o ON o.id = r.organisation_id
    WHERE (r.visibility = 'public'
        OR (r.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
            AND (r.visibility = 'organisation' OR (SELECT sdi.has_scope('admin'))))
        OR r.account_id = (SELECT sdi.account()));
CREATE VIEW app.record_gone AS SELECT * FROM pub.record_gone;

-- Only documents are written; a layer's record is changed by changing the layer.
CREATE VIEW app.record_write AS
    SELECT r.id, r.identifier, r.organisation_id, r.account_id, r.visibility, r.schema, r.document, r.type, r.language,
        r.title, r.abstract, r.keywords, r.subjects, r.theme, r.bbox, r.created, r.modified, r.facts, r.queryable,
        r.time_begin, r.time_end, r.licence, r.inspires, r.topics, r.parent, r.folded, r.fulltext
    FROM catalogue.record r
    WHERE r.layer_id IS NULL AND (SELECT sdi.has_scope('catalogue:write') OR sdi.has_scope('admin'))
        AND r.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
    WITH CHECK OPTION;
CREATE VIEW app.record_change AS
    SELECT c.seq, c.record_id, c.account_id, c.at, c.operation, c.before FROM catalogue.change c
    WHERE c.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        AND (SELECT sdi.has_scope('catalogue:write') OR sdi.has_scope('admin'));

GRANT EXECUTE ON FUNCTION catalogue.widened(text, jsonb, text[]) TO brama_app, brama_public;
GRANT SELECT ON pub.record, pub.record_gone TO brama_public;
GRANT SELECT ON app.record, app.record_gone, app.record_change TO brama_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.record_write TO brama_app;
