-- SPDX-License-Identifier: EUPL-1.2
ALTER TABLE layers.style
    ADD description jsonb NOT NULL DEFAULT '{}',
    ADD keywords text[] NOT NULL DEFAULT '{}',
    ADD created_at timestamptz NOT NULL DEFAULT now(),
    ADD updated_at timestamptz NOT NULL DEFAULT now();

CREATE OR REPLACE VIEW pub.style AS
    SELECT s.layer_id, s.name, s.title, s.definition, s.is_default, s.description, s.keywords, s.created_at,
        s.updated_at
    FROM layers.style s JOIN layers.layer l ON l.id = s.layer_id WHERE l.visibility = 'public';
CREATE OR REPLACE VIEW app.style AS
    SELECT s.layer_id, s.name, s.title, s.definition, s.is_default, s.description, s.keywords, s.created_at,
        s.updated_at
    FROM layers.style s JOIN app.layer l ON l.id = s.layer_id;

-- Members of the layer's organisation with the right write its styles, and move one to no other layer.
CREATE VIEW app.style_write AS
    SELECT layer_id, name, title, description, keywords, definition, is_default, updated_at
    FROM layers.style
    WHERE layer_id IN (
            SELECT l.id FROM layers.layer l WHERE l.organisation_id = ANY ((SELECT sdi.organisations())::uuid[])
        )
        AND ((SELECT sdi.has_scope('layers:write')) OR (SELECT sdi.has_scope('admin')))
    WITH CHECK OPTION;

GRANT SELECT, DELETE, INSERT (layer_id, name, title, description, keywords, definition, is_default),
    UPDATE (title, description, keywords, definition, is_default, updated_at) ON app.style_write TO brama_app;
