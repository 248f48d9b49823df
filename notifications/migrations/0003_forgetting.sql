-- A mail that the person chose not to get.
ALTER TABLE delivery
    DROP CONSTRAINT delivery_state_is_known,
    ADD CONSTRAINT delivery_state_is_known
        CHECK (state IN ('due', 'sending', 'sent', 'unknown', 'no_recipient', 'declined', 'stale', 'failed'));

-- The ledger of somebody is found by their id, to show it to them, and by the enrollment, when that becomes nobody's.
CREATE INDEX delivery_by_recipient ON delivery (recipient_id, delivery_id);
DROP INDEX delivery_in_order;
CREATE INDEX delivery_in_order ON delivery (subject, revision);

GRANT SELECT ON delivery TO skillslab_reader;
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_see_what_they_were_told ON delivery FOR SELECT TO skillslab_reader
    USING (recipient_id = (SELECT asking_person()));
