-- What AttemptChallenge answers on a match.

return {OK, which, c.packed, given}
