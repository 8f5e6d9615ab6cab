-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA records;
GRANT USAGE ON SCHEMA records TO brama_app, brama_public;

-- What the code declares of each kind, written after every upgrade. `lifecycle` maps a state ("" before the first one)
-- to the states that may follow it, itself among them where it may be edited, each with the scope that this needs.
CREATE TABLE records.kind (
    id text PRIMARY KEY CHECK (id ~ '^[a-z][a-z0-9_]{0,39}$'),
    title jsonb NOT NULL,
    read_scope text NOT NULL,
    write_scope text NOT NULL,
    lifecycle jsonb NOT NULL,
    public_states text[] NOT NULL,
    public_columns text[] NOT NULL,
    layer jsonb,
    relation text,
    digest text NOT NULL
);

CREATE TABLE records.record (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    kind text NOT NULL REFERENCES records.kind,
    number text,
    state text NOT NULL,
    title text COLLATE "pl-x-icu" NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
    parent_id uuid REFERENCES records.record,
    commune text CHECK (commune ~ '^\d{6}$'),
    geom geometry(Geometry, 2180),
    opened date NOT NULL,
    due date,
    closed date,
    version int NOT NULL DEFAULT 1,
    is_public boolean NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    terms text NOT NULL DEFAULT '',
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    fid bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    folded text NOT NULL GENERATED ALWAYS AS (sdi.fold(coalesce(number, '') || ' ' || title || ' ' || terms)) STORED,
    words tsvector NOT NULL GENERATED ALWAYS AS (
        to_tsvector('simple', sdi.fold(coalesce(number, '') || ' ' || title || ' ' || terms))) STORED,
    UNIQUE (organisation_id, kind, number)
);
CREATE INDEX record_state ON records.record (organisation_id, kind, state, due);
CREATE INDEX record_own ON records.record (organisation_id, kind, opened DESC, id DESC);
CREATE INDEX record_opened ON records.record (kind, opened DESC, id DESC);
CREATE INDEX record_title ON records.record (kind, title, id);
CREATE INDEX record_due ON records.record (kind, due, id) WHERE due IS NOT NULL AND closed IS NULL;
CREATE INDEX record_number ON records.record (kind, number, id);
CREATE INDEX record_parent ON records.record (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX record_geom ON records.record USING gist (geom);
CREATE INDEX record_words ON records.record USING gin (words) WITH (fastupdate = off);
CREATE INDEX record_folded ON records.record USING gin (folded gin_trgm_ops) WITH (fastupdate = off);

-- The last number given in a series; its row stays locked until the transaction's end, so numbers have no gaps.
CREATE TABLE records.counter (
    organisation_id uuid NOT NULL REFERENCES sdi.organisation,
    series text NOT NULL,
    year int NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (organisation_id, series, year)
);

-- A record as it was after each change; append-only.
CREATE TABLE records.history (
    record_id uuid NOT NULL REFERENCES records.record,
    version int NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id uuid,
    action text NOT NULL,
    reason text,
    snapshot jsonb NOT NULL,
    PRIMARY KEY (record_id, version)
);

-- Where a record is, in one or several roles. `evidence` is what PostGIS derived, from which layer, of which date.
CREATE TABLE records.place (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    record_id uuid NOT NULL REFERENCES records.record,
    role text NOT NULL CHECK (role ~ '^[a-z][a-z_]{0,39}$'),
    source text NOT NULL CHECK (source IN ('address', 'parcel', 'drawn', 'record', 'text', 'import')),
    label text,
    geom geometry(Geometry, 2180) NOT NULL,
    watched boolean NOT NULL DEFAULT false,
    evidence jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX place_record ON records.place (record_id);
CREATE INDEX place_geom ON records.place USING gist (geom);
CREATE INDEX place_watched ON records.place USING gist (geom) WHERE watched;

CREATE TABLE records.party (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    record_id uuid NOT NULL REFERENCES records.record,
    role text NOT NULL,
    type text NOT NULL CHECK (type IN ('person', 'firm')),
    firm text,
    nip text,
    regon text,
    krs text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((type = 'firm') = (firm IS NOT NULL))
);
CREATE INDEX party_record ON records.party (record_id);
-- Personal data stand apart, so that a right of their own guards them.
CREATE TABLE records.personal (
    party_id uuid PRIMARY KEY REFERENCES records.party ON DELETE CASCADE,
    name text,
    pesel text,
    address text,
    email text,
    phone text,
    account_id uuid REFERENCES sdi.account
);

CREATE TABLE records.link (
    record_id uuid NOT NULL REFERENCES records.record,
    other_id uuid NOT NULL REFERENCES records.record,
    role text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (record_id, other_id, role),
    CHECK (record_id <> other_id)
);
CREATE INDEX link_other ON records.link (other_id);

CREATE TABLE records.note (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    record_id uuid NOT NULL REFERENCES records.record,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id uuid DEFAULT sdi.account(),
    source text NOT NULL DEFAULT 'person' CHECK (source IN ('person', 'record', 'layer')),
    subject text,
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 5000)
);
CREATE INDEX note_record ON records.note (record_id, at);
CREATE UNIQUE INDEX note_subject ON records.note (record_id, subject) WHERE subject IS NOT NULL;

-- Files live in the store of objects; a new version of a document names the one it replaces.
CREATE TABLE records.document (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    record_id uuid NOT NULL REFERENCES records.record,
    replaces uuid REFERENCES records.document,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    name text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    object_key text NOT NULL,
    preview_key text,
    dated date,
    is_public boolean NOT NULL DEFAULT false,
    account_id uuid DEFAULT sdi.account(),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX document_record ON records.document (record_id);
CREATE UNIQUE INDEX document_replaces ON records.document (replaces) WHERE replaces IS NOT NULL;

-- Time that the law does not count (KPA art. 35 par. 5); a pause that runs has no end yet.
CREATE TABLE records.pause (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    record_id uuid NOT NULL REFERENCES records.record,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    started date NOT NULL,
    ended date CHECK (ended >= started)
);
CREATE UNIQUE INDEX pause_running ON records.pause (record_id) WHERE ended IS NULL;
CREATE INDEX pause_record ON records.pause (record_id);

CREATE TABLE records.saved_view (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    account_id uuid NOT NULL DEFAULT sdi.account() REFERENCES sdi.account ON DELETE CASCADE,
    kind text NOT NULL REFERENCES records.kind,
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    query text NOT NULL CHECK (length(query) <= 2000),
    UNIQUE (account_id, kind, title)
);

-- Kinds that the transaction's caller may read, asked once a statement.
CREATE FUNCTION records.readable() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(id) FROM records.kind WHERE sdi.has_scope(read_scope) OR sdi.has_scope('admin')
$$;
CREATE FUNCTION records.may_write(organisation uuid, scope text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(organisation = ANY (sdi.organisations()) AND (sdi.has_scope(scope) OR sdi.has_scope('admin')), false)
$$;
CREATE FUNCTION records.may_change(wanted uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT records.may_write(r.organisation_id, k.write_scope)
        FROM records.record r JOIN records.kind k ON k.id = r.kind WHERE r.id = wanted), false)
$$;

-- Words typed by a person, each as the beginning of a folded word; null when there is no word among them.
CREATE FUNCTION records.words(typed text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ')::tsquery
    FROM unnest(to_tsvector('simple', sdi.fold(typed)))
$$;

CREATE FUNCTION records.next_number(organisation uuid, series text, year int) RETURNS bigint LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO records.counter AS c (organisation_id, series, year, last)
    VALUES (next_number.organisation, next_number.series, next_number.year, 1)
    ON CONFLICT (organisation_id, series, year) DO UPDATE SET last = c.last + 1 RETURNING last
$$;

-- One record made or changed, with everything that belongs to the change: rights, lifecycle, expected version, number,
-- typed row, places, history and event. `change` has: id, kind, organisation (of a new one), expected (of an old one),
-- action, reason, state, facts, typed, places (absent: as they are), numbering {pattern, series, year}.
CREATE FUNCTION records.save(change jsonb, OUT id uuid, OUT version int, OUT number text) LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    declared records.kind;
    was records.record;
    became records.record;
    typed jsonb := '{}';
    facts jsonb;
    needed text;
    counted bigint;
BEGIN
    SELECT * INTO STRICT declared FROM records.kind k WHERE k.id = change ->> 'kind';
    SELECT * INTO was FROM records.record r WHERE r.id = (change ->> 'id')::uuid FOR UPDATE;
    IF was.id IS NULL AND change ? 'expected' THEN
        RAISE EXCEPTION 'no record %', change ->> 'id' USING ERRCODE = 'BRNON';
    ELSIF was.kind <> declared.id OR NOT records.may_write(
            coalesce(was.organisation_id, (change ->> 'organisation')::uuid), declared.write_scope) THEN
        RAISE EXCEPTION 'not for this caller to change' USING ERRCODE = 'insufficient_privilege';
    ELSIF was.id IS NOT NULL AND was.version IS DISTINCT FROM (change ->> 'expected')::int THEN
        RAISE EXCEPTION 'changed meanwhile' USING ERRCODE = 'BRVER', DETAIL = was.version::text;
    END IF;
    needed := declared.lifecycle -> coalesce(was.state, '') ->> (change ->> 'state');
    IF needed IS NULL THEN
        RAISE EXCEPTION 'no way from % to %', was.state, change ->> 'state' USING ERRCODE = 'BRSTA';
    ELSIF NOT (sdi.has_scope(needed) OR sdi.has_scope('admin')) THEN
        RAISE EXCEPTION 'needs %', needed USING ERRCODE = 'insufficient_privilege', DETAIL = needed;
    END IF;
    number := was.number;
    IF number IS NULL AND change ? 'numbering' THEN
        counted := records.next_number(coalesce(was.organisation_id, (change ->> 'organisation')::uuid),
            change #>> '{numbering,series}', (change #>> '{numbering,year}')::int);
        number := replace(change #>> '{numbering,pattern}', '{n}', counted::text);
    END IF;
    number := coalesce(number, change #>> '{facts,number}');
    facts := to_jsonb(was) || coalesce(change -> 'facts', '{}') || jsonb_build_object('state', change ->> 'state');
    IF was.id IS NULL THEN
        INSERT INTO records.record AS r (id, organisation_id, kind, number, state, title, parent_id, commune, opened,
            due, closed, is_public, attributes, terms, created_by)
        SELECT coalesce((change ->> 'id')::uuid, sdi.uuid7()), (change ->> 'organisation')::uuid, declared.id,
            save.number, f.state, f.title, f.parent_id, f.commune, coalesce(f.opened, current_date), f.due, f.closed,
            f.state = ANY (declared.public_states), coalesce(f.attributes, '{}'), coalesce(f.terms, ''), sdi.account()
        FROM jsonb_populate_record(NULL::records.record, facts - 'geom') f RETURNING * INTO became;
    ELSE
        EXECUTE format('SELECT to_jsonb(t) FROM records.%I t WHERE t.record_id = $1', 'kind_' || declared.id)
        INTO typed USING was.id;
        UPDATE records.record r SET number = save.number, state = f.state, title = f.title, parent_id = f.parent_id,
            commune = f.commune, opened = f.opened, due = f.due, closed = f.closed, attributes = f.attributes,
            terms = f.terms, is_public = f.state = ANY (declared.public_states), version = r.version + 1,
            updated_at = greatest(clock_timestamp(), r.updated_at)
        FROM jsonb_populate_record(NULL::records.record, facts - 'geom') f WHERE r.id = was.id RETURNING r.* INTO became;
    END IF;
    typed := coalesce(typed, '{}') || coalesce(change -> 'typed', '{}') || jsonb_build_object('record_id', became.id);
    EXECUTE format('DELETE FROM records.%I WHERE record_id = $1', 'kind_' || declared.id) USING became.id;
    EXECUTE format('INSERT INTO records.%1$I SELECT * FROM jsonb_populate_record(NULL::records.%1$I, $1)',
        'kind_' || declared.id) USING typed;
    IF change ? 'places' THEN
        PERFORM records.settle(became.id, change -> 'places');
    END IF;
    IF sdi.area() IS NOT NULL AND EXISTS (SELECT FROM (SELECT was.geom UNION ALL
            SELECT r.geom FROM records.record r WHERE r.id = became.id) g(geom)
            WHERE g.geom IS NOT NULL AND NOT sdi.within_area(g.geom)) THEN
        RAISE EXCEPTION 'outside of the area of this assignment' USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'area';
    END IF;
    INSERT INTO records.history (record_id, version, account_id, action, reason, snapshot)
    SELECT became.id, became.version, sdi.account(), change ->> 'action', change ->> 'reason', jsonb_build_object(
        'facts', to_jsonb(became) - '{geom,words,folded,fid,created_at,updated_at,created_by,is_public}'::text[],
        'typed', typed - 'record_id',
        'places', coalesce((SELECT jsonb_agg(jsonb_build_object('role', p.role, 'source', p.source, 'label', p.label,
            'geom', encode(ST_AsEWKB(p.geom), 'hex'), 'watched', p.watched, 'evidence', p.evidence) ORDER BY p.id)
            FROM records.place p WHERE p.record_id = became.id), '[]'));
    PERFORM sdi.emit(CASE WHEN was.id IS NULL THEN 'record.created' ELSE 'record.changed' END,
        'record/' || became.id, became.organisation_id, jsonb_build_object('kind', became.kind, 'version',
            became.version, 'action', change ->> 'action', 'state', became.state, 'was', was.state));
    PERFORM sdi.note(CASE WHEN was.id IS NULL THEN 'record.created' ELSE 'record.changed' END, 'record/' || became.id,
        became.organisation_id, jsonb_build_object('kind', became.kind, 'number', became.number, 'version',
            became.version, 'action', change ->> 'action', 'before', was.state, 'after', became.state));
    id := became.id;
    version := became.version;
END $$;

-- The places of a record, and the geometry of the record itself: that of its subject, else of all.
CREATE FUNCTION records.settle(wanted uuid, places jsonb) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM records.place p WHERE p.record_id = wanted;
    INSERT INTO records.place (record_id, role, source, label, geom, watched, evidence)
    SELECT wanted, p ->> 'role', p ->> 'source', p ->> 'label', ST_SetSRID((p ->> 'geom')::geometry, 2180),
        coalesce((p ->> 'watched')::boolean, false), coalesce(p -> 'evidence', '{}')
    FROM jsonb_array_elements(places) p;
    UPDATE records.record r SET geom = (
        SELECT CASE WHEN count(*) = 1 THEN (array_agg(p.geom))[1] ELSE ST_Collect(p.geom) END
        FROM records.place p WHERE p.record_id = wanted AND (p.role = 'subject' OR NOT EXISTS (
            SELECT FROM records.place s WHERE s.record_id = wanted AND s.role = 'subject')))
    WHERE r.id = wanted;
END $$;

-- Ends a transaction of changes: the open part of the records stands in the public layers of their kinds, and whoever
-- watches a place that they touch is told: of another organisation's hidden record only what kind it is. Kinds that have no layer yet get one from the job that is queued here.
CREATE FUNCTION records.finish(ids uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    declared records.kind;
BEGIN
    INSERT INTO records.note (record_id, account_id, source, subject, text)
    SELECT DISTINCT ON (w.record_id, r.id) w.record_id, sdi.account(), 'record', 'record/' || r.id,
        CASE WHEN r.is_public OR r.organisation_id = o.organisation_id
            THEN concat_ws(' ', k.title ->> 'pl', r.number, r.title) ELSE k.title ->> 'pl' END
    FROM records.record r JOIN records.kind k ON k.id = r.kind JOIN records.place p ON p.record_id = r.id
        JOIN records.place w ON w.watched AND w.record_id <> r.id AND ST_Intersects(w.geom, p.geom)
        JOIN records.record o ON o.id = w.record_id
    WHERE r.id = ANY (ids) AND r.parent_id IS DISTINCT FROM w.record_id AND NOT EXISTS (
        SELECT FROM records.record o WHERE o.id = w.record_id AND o.parent_id = r.id)
    ON CONFLICT DO NOTHING;
    FOR declared IN SELECT k.* FROM records.kind k WHERE k.layer IS NOT NULL
            AND k.id IN (SELECT r.kind FROM records.record r WHERE r.id = ANY (ids)) ORDER BY k.id FOR SHARE LOOP
        IF declared.relation IS NOT NULL THEN
            PERFORM records.publish(declared.id, ids);
        ELSIF EXISTS (SELECT FROM records.record r WHERE r.id = ANY (ids) AND r.kind = declared.id AND r.is_public
                AND r.geom IS NOT NULL) AND NOT EXISTS (SELECT FROM sdi.job j WHERE j.task = 'records.layer'
                AND j.state = 'queued' AND j.args ->> 'kind' = declared.id) THEN
            PERFORM sdi.enqueue('records.layer', jsonb_build_object('kind', declared.id));
        END IF;
    END LOOP;
END $$;

-- Brings the public layer of a kind in line with so many of its records, as a change set of the layer.
CREATE FUNCTION records.publish(wanted text, ids uuid[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    declared records.kind;
    was_empty boolean;
BEGIN
    SELECT * INTO declared FROM records.kind k WHERE k.id = wanted;
    SELECT l.feature_count = 0 INTO was_empty FROM layers.layer l WHERE l.id = declared.layer ->> 'id'
    FOR NO KEY UPDATE;
    PERFORM set_config('brama.change_set', sdi.uuid7()::text, true);
    EXECUTE format('DELETE FROM data.%I d USING records.record r WHERE r.id = ANY ($1) AND r.kind = $2 AND d.fid = r.fid'
        ' AND NOT (r.is_public AND r.geom IS NOT NULL)', declared.relation) USING ids, wanted;
    EXECUTE format('INSERT INTO data.%1$I SELECT * FROM records.%2$I v WHERE v.fid IN (SELECT r.fid FROM records.record r'
        ' WHERE r.id = ANY ($1) AND r.kind = $2) ON CONFLICT (fid) DO UPDATE SET %3$s', declared.relation,
        'layer_' || wanted, (SELECT string_agg(format('%1$I = excluded.%1$I', a.attname), ', ' ORDER BY a.attnum)
            FROM pg_attribute a WHERE a.attrelid = format('data.%I', declared.relation)::regclass AND a.attnum > 1
            AND NOT a.attisdropped)) USING ids, wanted;
    IF was_empty THEN
        PERFORM records.first_extent(declared.layer ->> 'id', declared.relation);
    END IF;
    PERFORM layers.finish_changes(declared.layer ->> 'id');
    PERFORM set_config('brama.change_set', '', true);
END $$;

-- Bounds of a layer that had no feature begin with its first ones.
CREATE FUNCTION records.first_extent(wanted text, relation text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    bounds geometry;
    degrees geometry;
BEGIN
    EXECUTE format('SELECT ST_SetSRID(ST_Extent(geom)::geometry, 2180),'
        ' ST_Extent(ST_Transform(geom, 4326))::geometry FROM data.%I', relation) INTO bounds, degrees;
    UPDATE layers.layer l SET extent = ARRAY[ST_XMin(bounds), ST_YMin(bounds), ST_XMax(bounds), ST_YMax(bounds)],
        bbox = ARRAY[ST_XMin(degrees), ST_YMin(degrees), ST_XMax(degrees), ST_YMax(degrees)]
    WHERE l.id = wanted AND bounds IS NOT NULL;
END $$;

-- Features of layers that were changed on a watched place are told to the record that watches it; those of a layer that
-- is not public to its own organisation's records alone.
CREATE FUNCTION records.hear_layer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changed layers.layer;
BEGIN
    SELECT * INTO changed FROM layers.layer l WHERE l.id = NEW.layer_id;
    IF changed.srid <> 2180 OR EXISTS (SELECT FROM records.kind k WHERE k.relation = changed.relation) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('INSERT INTO records.note (record_id, account_id, source, subject, text)'
        ' SELECT DISTINCT w.record_id, $1, ''layer'', format(''layer/%%s/%%s'', $2, f.fid),'
        ' concat_ws('' '', $3, f.fid) FROM (SELECT c.fid, coalesce(c.geometry, d.geom) AS geom FROM layers.change c'
        ' LEFT JOIN data.%I d ON d.fid = c.fid WHERE c.change_set = $4 AND c.layer_id = $2) f'
        ' JOIN records.place w ON w.watched AND ST_Intersects(w.geom, f.geom)'
        ' JOIN records.record r ON r.id = w.record_id AND ($5 OR r.organisation_id = $6) ON CONFLICT DO NOTHING',
        changed.relation)
    USING sdi.account(), NEW.layer_id, changed.title ->> 'pl', NEW.id, changed.visibility = 'public',
        changed.organisation_id;
    RETURN NULL;
END $$;
CREATE TRIGGER hear_layer AFTER INSERT ON layers.change_set FOR EACH ROW EXECUTE FUNCTION records.hear_layer();

-- What is added to a record is noted and told like a change of it, by its id alone: contents may be personal.
CREATE FUNCTION records.note_addition() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    organisation uuid := (SELECT r.organisation_id FROM records.record r WHERE r.id = NEW.record_id);
    added jsonb := jsonb_strip_nulls(jsonb_build_object('id', to_jsonb(NEW) ->> 'id', 'other', to_jsonb(NEW) ->> 'other_id'));
BEGIN
    PERFORM sdi.note('record.' || TG_ARGV[0], 'record/' || NEW.record_id, organisation, added);
    PERFORM sdi.emit('record.' || TG_ARGV[0], 'record/' || NEW.record_id, organisation, added);
    RETURN NULL;
END $$;
CREATE TRIGGER note_addition AFTER INSERT ON records.document
    FOR EACH ROW EXECUTE FUNCTION records.note_addition('document_added');
CREATE TRIGGER note_addition AFTER INSERT ON records.party
    FOR EACH ROW EXECUTE FUNCTION records.note_addition('party_added');
CREATE TRIGGER note_addition AFTER INSERT ON records.link
    FOR EACH ROW EXECUTE FUNCTION records.note_addition('link_added');

CREATE VIEW app.records AS
    SELECT r.id, r.organisation_id, r.kind, r.number, r.state, r.title, r.parent_id, r.commune, r.geom, r.opened,
        r.due, r.closed, r.version, r.is_public, r.attributes, r.terms, r.created_by, r.created_at, r.updated_at,
        r.folded, r.words
    FROM records.record r
    WHERE r.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        AND r.kind = ANY ((SELECT records.readable())::text[]);
CREATE VIEW pub.records AS
    SELECT r.id, r.organisation_id, r.kind, r.number, r.state, r.title, r.parent_id, r.commune, r.geom, r.opened,
        r.closed, r.version, r.updated_at, r.folded, r.words
    FROM records.record r WHERE r.is_public;
CREATE VIEW app.records_open AS SELECT * FROM pub.records;
CREATE VIEW app.records_history AS SELECT h.* FROM records.history h JOIN app.records r ON r.id = h.record_id;
CREATE VIEW app.records_place AS SELECT p.* FROM records.place p JOIN app.records r ON r.id = p.record_id;
CREATE VIEW app.records_party AS
    SELECT p.*, d.name, d.pesel, d.address, d.email, d.phone
    FROM records.party p JOIN app.records r ON r.id = p.record_id
        LEFT JOIN records.personal d ON d.party_id = p.id
            AND ((SELECT sdi.has_scope('records:personal')) OR (SELECT sdi.has_scope('admin')));
CREATE VIEW app.records_link AS
    SELECT l.record_id, l.other_id, l.role, l.created_at FROM records.link l JOIN app.records r ON r.id = l.record_id
    UNION ALL
    SELECT l.other_id, l.record_id, l.role, l.created_at FROM records.link l JOIN app.records r ON r.id = l.other_id;
CREATE VIEW app.records_note AS SELECT n.* FROM records.note n JOIN app.records r ON r.id = n.record_id;
CREATE VIEW app.records_document AS SELECT d.* FROM records.document d JOIN app.records r ON r.id = d.record_id;
CREATE VIEW pub.records_document AS
    SELECT d.id, d.record_id, d.replaces, d.title, d.name, d.media_type, d.bytes, d.object_key, d.preview_key, d.dated, d.at
    FROM records.document d JOIN records.record r ON r.id = d.record_id WHERE r.is_public AND d.is_public;
CREATE VIEW app.records_pause AS SELECT p.* FROM records.pause p JOIN app.records r ON r.id = p.record_id;
CREATE VIEW app.records_view AS
    SELECT * FROM records.saved_view WHERE account_id = (SELECT sdi.account()) WITH CHECK OPTION;

CREATE VIEW app.records_note_write AS
    SELECT id, record_id, text FROM records.note WHERE records.may_change(record_id) WITH CHECK OPTION;
CREATE VIEW app.records_link_write AS
    SELECT * FROM records.link WHERE records.may_change(record_id) WITH CHECK OPTION;
CREATE VIEW app.records_document_write AS
    SELECT * FROM records.document WHERE records.may_change(record_id) WITH CHECK OPTION;
CREATE VIEW app.records_pause_write AS
    SELECT * FROM records.pause WHERE records.may_change(record_id) WITH CHECK OPTION;
CREATE VIEW app.records_party_write AS
    SELECT * FROM records.party WHERE records.may_change(record_id) WITH CHECK OPTION;
CREATE VIEW app.records_personal_write AS
    SELECT * FROM records.personal d WHERE EXISTS (
        SELECT FROM records.party p WHERE p.id = d.party_id AND records.may_change(p.record_id)) WITH CHECK OPTION;

GRANT EXECUTE ON FUNCTION records.readable(), records.may_write(uuid, text), records.may_change(uuid),
    records.save(jsonb), records.finish(uuid[]) TO brama_app;
GRANT EXECUTE ON FUNCTION records.words(text) TO brama_app, brama_public;
GRANT SELECT ON app.records, app.records_open, app.records_history, app.records_place, app.records_party,
    app.records_link, app.records_note, app.records_document, app.records_pause, app.records_view TO brama_app;
GRANT SELECT ON pub.records, pub.records_document TO brama_public;
GRANT INSERT (record_id, text) ON app.records_note_write TO brama_app;
GRANT SELECT, INSERT, DELETE ON app.records_link_write TO brama_app;
GRANT SELECT, INSERT, UPDATE (is_public, title) ON app.records_document_write TO brama_app;
GRANT SELECT, INSERT, UPDATE (ended) ON app.records_pause_write TO brama_app;
GRANT SELECT, INSERT, DELETE ON app.records_party_write TO brama_app;
GRANT SELECT, INSERT ON app.records_personal_write TO brama_app;
GRANT SELECT, INSERT, DELETE ON app.records_view TO brama_app;
