-- SPDX-License-Identifier: EUPL-1.2
-- One execution of a process: whose it is and with what rights it runs, what was asked, and where its result lies.
CREATE TABLE layers.execution (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    job_id uuid NOT NULL REFERENCES sdi.job ON DELETE CASCADE,
    account_id uuid REFERENCES sdi.account ON DELETE CASCADE,
    organisations uuid[] NOT NULL,
    scopes text[] NOT NULL,
    process text NOT NULL,
    inputs jsonb NOT NULL,
    response text NOT NULL CHECK (response IN ('raw', 'document')),
    media_type text,
    object_key text,
    dismissed_at timestamptz,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON layers.execution (account_id, expires_at);
CREATE INDEX ON layers.execution (job_id);
CREATE INDEX ON layers.execution (expires_at);
CREATE INDEX ON layers.execution (object_key) WHERE object_key IS NOT NULL;

CREATE VIEW layers.execution_state AS
    SELECT e.id, e.account_id, e.process, e.response, e.media_type, e.object_key, e.expires_at,
        CASE WHEN e.dismissed_at IS NOT NULL THEN 'dismissed' ELSE
            CASE j.state WHEN 'queued' THEN 'accepted' WHEN 'running' THEN 'running' WHEN 'succeeded' THEN 'successful'
                WHEN 'failed' THEN 'failed' ELSE 'dismissed' END END AS status,
        j.progress, j.message, j.result, j.created_at, j.started_at, j.finished_at,
        coalesce(e.dismissed_at, j.finished_at, j.started_at, j.created_at) AS updated_at
    FROM layers.execution e JOIN sdi.job j ON j.id = e.job_id
    WHERE e.expires_at > now();

-- The list: one's own only. Nobody has a list of what was started without signing in.
CREATE VIEW app.execution AS SELECT * FROM layers.execution_state WHERE account_id = (SELECT sdi.account());
GRANT SELECT ON app.execution TO brama_app;

-- One execution by its id, which cannot be guessed: one's own, or one started without signing in.
CREATE FUNCTION app.find_execution(wanted uuid) RETURNS SETOF layers.execution_state
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT * FROM layers.execution_state
    WHERE id = wanted AND (account_id IS NULL OR account_id = (SELECT sdi.account()))
$$;

-- Starts an execution with the rights of the caller; null when the caller has as many under way as may be.
CREATE FUNCTION app.submit_execution(process text, inputs jsonb, response text, kept interval, most int) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made uuid := gen_random_uuid();
    under_way bigint;
BEGIN
    SELECT count(*) INTO under_way FROM layers.execution e JOIN sdi.job j ON j.id = e.job_id
        WHERE j.state IN ('queued', 'running') AND e.account_id IS NOT DISTINCT FROM sdi.account();
    IF under_way >= most THEN
        RETURN NULL;
    END IF;
    INSERT INTO layers.execution (id, job_id, account_id, organisations, scopes, process, inputs, response, expires_at)
    VALUES (made, sdi.enqueue('processes.run', jsonb_build_object('execution', made), 'prompt'), sdi.account(),
        coalesce(sdi.organisations(), '{}'),
        coalesce(string_to_array(nullif(current_setting('brama.scopes', true), ''), ','), '{}'),
        process, inputs, response, now() + kept);
    RETURN made;
END $$;

-- Stops an execution or gives its result up; false when there is none of that id for the caller.
CREATE FUNCTION app.dismiss_execution(wanted uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        UPDATE layers.execution SET dismissed_at = coalesce(dismissed_at, now())
        WHERE id = wanted AND expires_at > now() AND (account_id IS NULL OR account_id = sdi.account())
        RETURNING job_id
    ), stopped AS (
        UPDATE sdi.job SET cancel_requested = true,
            state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
            finished_at = CASE WHEN state = 'queued' THEN now() END
        WHERE id IN (SELECT job_id FROM gone) AND state IN ('queued', 'running')
    )
    SELECT EXISTS (SELECT 1 FROM gone)
$$;

REVOKE EXECUTE ON FUNCTION app.find_execution(uuid), app.submit_execution(text, jsonb, text, interval, int),
    app.dismiss_execution(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.find_execution(uuid), app.submit_execution(text, jsonb, text, interval, int),
    app.dismiss_execution(uuid) TO brama_app;
