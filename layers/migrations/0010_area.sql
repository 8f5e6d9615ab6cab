-- SPDX-License-Identifier: EUPL-1.2
-- The owner's view through which members write a version's table: rows of the caller's area, where there is one, before
-- the change and after it. Both questions are asked once a statement.
CREATE FUNCTION layers.make_write_view(layer text, relation text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    stored_srid int;
BEGIN
    SELECT postgis_typmod_srid(atttypmod) INTO stored_srid FROM pg_attribute
    WHERE attrelid = format('data.%I', relation)::regclass AND attname = 'geom';
    EXECUTE format('CREATE OR REPLACE VIEW data_write.%1$I AS SELECT * FROM data.%1$I WHERE (SELECT layers.may_write('
        'l.visibility, l.organisation_id, l.account_id) FROM layers.layer l WHERE l.id = %2$L AND l.relation = %3$L)'
        ' AND ((SELECT sdi.area() IS NULL) OR ST_CoveredBy(geom, (SELECT ST_Transform(sdi.area(), %4$s))))'
        ' WITH CHECK OPTION', relation, layer, relation, stored_srid);
END $$;
CREATE OR REPLACE FUNCTION layers.open_to_changes(layer text, relation text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    changeable text;
BEGIN
    PERFORM layers.make_write_view(layer, relation);
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
SELECT layers.make_write_view(id, relation) FROM layers.layer WHERE relation IS NOT NULL;
