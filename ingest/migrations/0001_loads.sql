-- SPDX-License-Identifier: EUPL-1.2
CREATE SCHEMA ingest;

CREATE TABLE ingest.load (
    id uuid PRIMARY KEY DEFAULT sdi.uuid7(),
    layer_id text NOT NULL REFERENCES layers.layer ON DELETE CASCADE,
    version int NOT NULL,
    source text NOT NULL,
    source_layer text,
    sha256 text,
    rows_read bigint NOT NULL,
    rows_loaded bigint NOT NULL,
    rows_repaired bigint NOT NULL,
    rows_refused bigint NOT NULL,
    report jsonb NOT NULL,
    account_id uuid,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (layer_id, version)
);

-- The first thousand refused rows of a load; the rest is only counted.
CREATE TABLE ingest.refusal (
    load_id uuid NOT NULL REFERENCES ingest.load ON DELETE CASCADE,
    row bigint NOT NULL,
    key text,
    reason text NOT NULL
);
CREATE INDEX ON ingest.refusal (load_id);
