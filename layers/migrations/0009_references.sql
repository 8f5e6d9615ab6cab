-- SPDX-License-Identifier: EUPL-1.2
-- Results may be asked for by reference, too, alone or in a document.
ALTER TABLE layers.execution DROP CONSTRAINT execution_response_check;
ALTER TABLE layers.execution ADD CONSTRAINT execution_response_check
    CHECK (response IN ('raw', 'document', 'raw-reference', 'document-reference'));
