-- What became of a seat: its holder was there, was there and passed, or was absent. Each of them keeps the seat.
ALTER TABLE enrollment
    DROP CONSTRAINT enrollment_state_is_known,
    DROP CONSTRAINT confirmed_or_offered_means_a_seat,
    ADD CONSTRAINT enrollment_state_is_known
        CHECK (state IN ('confirmed', 'waitlisted', 'offered', 'cancelled', 'attended', 'completed', 'no_show')),
    ADD CONSTRAINT confirmed_or_offered_means_a_seat
        CHECK ((state IN ('confirmed', 'offered', 'attended', 'completed', 'no_show')) = (seat_no IS NOT NULL));
