-- SPDX-License-Identifier: EUPL-1.2
-- The queue runs with its own schema in front wherever it is called from.
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'jobs'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = jobs, pg_catalog, pg_temp', f);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;

-- The only door of the application to the queue: one row to follow, one job to run, in the caller's transaction.
CREATE FUNCTION sdi.enqueue(task text, args jsonb, queue text DEFAULT 'default') RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    job uuid := sdi.uuid7();
BEGIN
    INSERT INTO sdi.job (id, task, args, organisation_id, account_id)
    VALUES (job, task, args, (sdi.organisations())[1], sdi.account());
    PERFORM jobs.procrastinate_defer_jobs_v1(ARRAY[ROW(
        queue, task, 0, NULL, NULL, jsonb_build_object('job', job), NULL)::jobs.procrastinate_job_to_defer_v1]);
    RETURN job;
END $$;

CREATE FUNCTION sdi.cancel_job(job uuid) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH stopped AS (
        UPDATE sdi.job SET cancel_requested = true,
            state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
            finished_at = CASE WHEN state = 'queued' THEN now() END
        WHERE id = cancel_job.job AND state IN ('queued', 'running')
            AND organisation_id = ANY (sdi.organisations()) RETURNING 1
    )
    SELECT EXISTS (SELECT 1 FROM stopped)
$$;
GRANT EXECUTE ON FUNCTION sdi.enqueue(text, jsonb, text), sdi.cancel_job(uuid) TO brama_app;
