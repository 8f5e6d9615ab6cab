-- SPDX-License-Identifier: EUPL-1.2
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON layers.layer FOR EACH ROW
    EXECUTE FUNCTION sdi.note_row('layer', 'id', 'organisation_id', 'visibility', 'title', 'abstract', 'notice', 'theme',
        'keywords', 'position', 'licence', 'attribution', 'searchable');

-- Loads and change sets are rows that are only added: one entry each.
CREATE FUNCTION layers.note_load() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sdi.note('layer.loaded', 'layer/' || NEW.layer_id,
        (SELECT l.organisation_id FROM layers.layer l WHERE l.id = NEW.layer_id),
        jsonb_build_object('version', NEW.version, 'features', NEW.feature_count, 'lineage', NEW.lineage));
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT ON layers.version FOR EACH ROW EXECUTE FUNCTION layers.note_load();

CREATE FUNCTION layers.note_change_set() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sdi.note('features.changed', 'layer/' || NEW.layer_id,
        (SELECT l.organisation_id FROM layers.layer l WHERE l.id = NEW.layer_id),
        jsonb_build_object('change_set', NEW.id, 'version', NEW.version, 'revision', NEW.revision,
            'inserted', NEW.inserted, 'updated', NEW.updated, 'deleted', NEW.deleted));
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT ON layers.change_set FOR EACH ROW EXECUTE FUNCTION layers.note_change_set();

-- A style that goes with its layer is not told of: the layer's own entry does.
CREATE FUNCTION layers.note_style() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_layer text := CASE WHEN TG_OP = 'DELETE' THEN OLD.layer_id ELSE NEW.layer_id END;
    owner uuid := (SELECT l.organisation_id FROM layers.layer l WHERE l.id = of_layer);
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN jsonb_build_object('name', OLD.name, 'title', OLD.title,
        'is_default', OLD.is_default, 'definition', OLD.definition) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN jsonb_build_object('name', NEW.name, 'title', NEW.title,
        'is_default', NEW.is_default, 'definition', NEW.definition) END;
BEGIN
    IF owner IS NOT NULL AND before IS DISTINCT FROM after THEN
        PERFORM sdi.note('style.' || CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
            'layer/' || of_layer, owner,
            jsonb_strip_nulls(jsonb_build_object('before', before, 'after', after)));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON layers.style FOR EACH ROW
    EXECUTE FUNCTION layers.note_style();
