-- Who waits, by how many they are together: those for whom there are seats enough are found without reading past all the others.
CREATE INDEX queue_by_company ON enrollment (session_id, company, place) WHERE place IS NOT NULL;
