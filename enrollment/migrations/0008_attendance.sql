-- What became of a seat: its holder was there, was there and passed, or was absent. Each of them keeps the seat.
ALTER TABLE enrollment
    DROP CONSTRAINT enrollment_state_is_known,
    DROP CONSTRAINT confirmed_or_offered_means_a_seat,
    DROP CONSTRAINT no_seat_before_its_approval,
    ADD CONSTRAINT enrollment_state_is_known
        CHECK (state IN ('requested', 'confirmed', 'waitlisted', 'offered', 'declined', 'cancelled', 'attended', 'completed',
                         'no_show')),
    -- Or requested with one: nobody else has a seat.
    ADD CONSTRAINT confirmed_or_offered_means_a_seat
        CHECK ((state IN ('confirmed', 'offered', 'attended', 'completed', 'no_show')
                OR state = 'requested' AND approval = 'with-seat') = (seat_no IS NOT NULL)),
    ADD CONSTRAINT no_seat_before_its_approval
        CHECK (approval IS NULL OR approval = 'given'
               OR state NOT IN ('confirmed', 'offered', 'attended', 'completed', 'no_show'));
