-- SPDX-License-Identifier: EUPL-1.2
-- Recomputes every digest with functions of this session alone: none that lie in the database are trusted.
SET LOCAL search_path = pg_catalog, pg_temp;
CREATE FUNCTION pg_temp.canonical(VARIADIC parts text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_catalog.convert_to(pg_catalog.string_agg(pg_catalog.octet_length(coalesce(p, '')) || ':'
        || coalesce(p, '') || ',', '' ORDER BY i), 'UTF8')
    FROM pg_catalog.unnest(parts) WITH ORDINALITY AS u(p, i)
$$;
CREATE FUNCTION pg_temp.canonical_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
CREATE TEMPORARY TABLE link ON COMMIT DROP AS
    SELECT b.organisation_id, b.number, b.sealed_at, b.digest, b.previous, u.seq,
        pg_catalog.substring(b.leaves, 32 * (u.position::int - 1) + 1, 32) AS leaf
    FROM sdi.audit_batch b, pg_catalog.unnest(b.entries) WITH ORDINALITY AS u(seq, position);
CREATE TEMPORARY TABLE erased ON COMMIT DROP AS
    SELECT DISTINCT pg_catalog.jsonb_array_elements_text(c.said::jsonb -> 'entries')::bigint AS seq,
        c.said::jsonb ->> 'part' AS part
    FROM sdi.audit_entry e JOIN sdi.audit_contents c USING (seq) WHERE e.action = 'audit.erased' AND c.part = 'contents';
ANALYZE link;
ANALYZE erased;
CREATE TEMPORARY VIEW finding AS
    SELECT b.organisation_id, b.number, NULL::bigint AS seq, 'batch.changed' AS problem FROM sdi.audit_batch b
    WHERE b.digest <> pg_catalog.sha256(pg_temp.canonical(b.organisation_id::text, b.number::text,
        pg_temp.canonical_time(b.sealed_at), pg_catalog.array_to_string(b.entries, ','),
        pg_catalog.encode(b.previous, 'hex')) || b.leaves)
UNION ALL
    SELECT b.organisation_id, b.number, NULL, CASE WHEN b.before IS DISTINCT FROM b.number - 1
        THEN 'batch.missing' ELSE 'batch.unchained' END
    FROM (SELECT organisation_id, number, previous,
            coalesce(pg_catalog.lag(number) OVER chain, 0) AS before,
            coalesce(pg_catalog.lag(digest) OVER chain, '\x') AS digest_before
        FROM sdi.audit_batch WINDOW chain AS (PARTITION BY organisation_id ORDER BY number)) b
    WHERE b.before <> b.number - 1 OR b.digest_before <> b.previous
UNION ALL
    SELECT l.organisation_id, l.number, l.seq, CASE WHEN e.seq IS NULL THEN 'entry.missing' ELSE 'entry.changed' END
    FROM link l LEFT JOIN sdi.audit_entry e ON e.seq = l.seq
    WHERE e.seq IS NULL OR l.leaf <> pg_catalog.sha256(pg_temp.canonical(e.seq::text, pg_temp.canonical_time(e.at),
        e.organisation_id::text, e.account_id::text, e.action, e.subject, e.request,
        pg_catalog.encode(e.contents_digest, 'hex'), pg_catalog.encode(e.origin_digest, 'hex')))
UNION ALL
    SELECT pg_catalog.min(l.organisation_id::text)::uuid, pg_catalog.max(l.number), l.seq, 'entry.repeated'
    FROM link l GROUP BY l.seq HAVING pg_catalog.count(*) > 1
UNION ALL
    SELECT e.organisation_id, NULL, e.seq, 'entry.inserted' FROM sdi.audit_entry e
    WHERE NOT EXISTS (SELECT FROM link l WHERE l.seq = e.seq)
        AND NOT EXISTS (SELECT FROM sdi.audit_pending p WHERE p.seq = e.seq)
UNION ALL
    SELECT p.organisation_id, NULL, p.seq, 'entry.missing' FROM sdi.audit_pending p
    WHERE NOT EXISTS (SELECT FROM sdi.audit_entry e WHERE e.seq = p.seq)
UNION ALL
    SELECT l.organisation_id, l.number, l.seq, 'entry.backdated'
    FROM link l JOIN sdi.audit_entry e ON e.seq = l.seq
        JOIN sdi.audit_batch b ON b.organisation_id = l.organisation_id AND b.number = l.number - 1
    WHERE e.at < b.sealed_at - interval '1 day'
UNION ALL
    SELECT e.organisation_id, l.number, e.seq, CASE WHEN c.seq IS NULL THEN 'contents.missing'
        ELSE 'contents.changed' END
    FROM (SELECT seq, organisation_id, 'contents' AS part, contents_digest AS digest FROM sdi.audit_entry
            UNION ALL SELECT seq, organisation_id, 'origin', origin_digest FROM sdi.audit_entry
            WHERE origin_digest IS NOT NULL) e
        LEFT JOIN sdi.audit_contents c ON c.seq = e.seq AND c.part = e.part LEFT JOIN link l ON l.seq = e.seq
    WHERE CASE WHEN c.seq IS NULL THEN NOT EXISTS (SELECT FROM erased g WHERE g.seq = e.seq AND g.part = e.part)
        ELSE e.digest <> pg_catalog.sha256(c.salt || pg_catalog.convert_to(c.said, 'UTF8')) END
UNION ALL
    SELECT NULL, NULL, c.seq, 'contents.inserted' FROM sdi.audit_contents c
    WHERE NOT EXISTS (SELECT FROM sdi.audit_entry e WHERE e.seq = c.seq
        AND (c.part = 'contents' OR e.origin_digest IS NOT NULL));
