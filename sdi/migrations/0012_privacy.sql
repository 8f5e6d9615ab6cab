-- SPDX-License-Identifier: EUPL-1.2
CREATE VIEW sdi.audit_of_person AS
    SELECT e.seq, e.at, e.organisation_id, e.account_id, e.action, e.subject, o.said::jsonb AS origin
    FROM sdi.audit_entry e LEFT JOIN sdi.audit_contents o ON o.seq = e.seq AND o.part = 'origin';
