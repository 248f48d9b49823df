-- Who waits, by how many they are together: those for whom there are seats enough are found without reading past all the others.
CREATE INDEX queue_by_company ON enrollment (session_id, company, place) WHERE place IS NOT NULL;

-- Who holds a seat, by the capacity under which it was given: a change of that goes along to them, past all who wait.
CREATE INDEX seat_by_capacity ON enrollment (session_id, seat_capacity) WHERE seat_capacity IS NOT NULL;
