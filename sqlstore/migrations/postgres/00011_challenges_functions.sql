-- The steps of 00007_challenges_functions.sql, and what the statements of postgres_direct.go ask
-- last, where two steps meet at rows that are not there.
--
-- A row that is not there cannot be locked. A step that rests on its absence, and another that
-- inserts it, could both be committed without the one seeing the other. If the other rests on a row
-- that the one inserts, then each would come before the other. So an advisory lock stands for such a
-- row. Who inserts the row takes it alone. Who rests on its absence takes it together with others,
-- and then looks whether the row is still absent. A step takes these locks when its rows are
-- locked and it knows what it will write: those of challenges in the order of their keys, then
-- those of counters. So steps are committed in the order in which they come.
--
-- A step that changes nothing needs no such lock: what it has read was so at one moment.
-- +goose Up
-- +goose StatementBegin
DO $migration$
BEGIN
    EXECUTE pg_catalog.replace($functions$

-- True if there is no lockout with this key. Else an error with which the client does the whole step
-- again. A function sees what was committed while the statement that calls it waited. That statement
-- itself does not.
CREATE OR REPLACE FUNCTION @.phoneauth_not_locked_v2(
    lockout bytea,
    absent bigint,  -- the lock of the lockout
    inserts bigint  -- the lock of a row that is inserted afterwards, or NULL
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF inserts IS NOT NULL AND pg_catalog.pg_advisory_xact_lock(inserts) IS NULL
        OR pg_catalog.pg_advisory_xact_lock_shared(absent) IS NULL THEN
        RETURN false; -- never: this is an expression, which costs less than PERFORM
    END IF;
    IF EXISTS (SELECT FROM @.phoneauth_counters AS x WHERE x.key = lockout) THEN
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'phoneauth: raced';
    END IF;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION @.phoneauth_step_v2(
    verb text, now_us bigint,
    slots bytea[],             -- the keys of challenges, sorted
    candidates integer[],      -- for each candidate the place of its key in slots
    ids bytea[],               -- for each candidate the id that the challenge must have, or ''
    digests bytea[],           -- of all candidates
    digest_of integer[],       -- for each digest the number of its candidate
    keys bytea[],              -- of counters, in the order in which they are locked; a lockout is the first
    owners integer[],          -- for each of keys the candidate whose match needs it, 0 for all, -1 not to lock it
    lockout bigint[],          -- TTL, and then failures and wait of each step; empty for none
    limits bigint[],           -- for each use: owner, kind, place in keys, span, room, later
    scores bigint[],           -- for each use: owner, place in keys, life, 1 if peeked
    rates double precision[],  -- for each use: max, amount, debt, credit, below, weight, reward
    cleared integer[],         -- for each score to be cleared: owner, place in keys
    new_bytes bytea[],         -- for each new challenge: key, id, digest, sealed, pending
    new_numbers bigint[],      -- for each new challenge: owner, tries, sends, expires, until, due
    slot_locks bigint[],       -- for each challenge that may be absent: lock, place in slots or 0, owner of a new one or -1
    key_locks bigint[],        -- for each of keys: lock
    OUT answer integer,        -- 0 done, 1 refused, 2 not found, 3 mismatch, 4 raced, 5 a new challenge meets one outside slots
    OUT refused integer,       -- which of lockout (0), limits and scores, counted through
    OUT wait bigint,           -- how long it is refused
    OUT resend bigint,         -- ResendAt
    OUT which integer,         -- the candidate whose challenge is live, or 0; and that challenge
    OUT c_key bytea, OUT c_id bytea, OUT c_digest bytea, OUT c_sealed bytea, OUT c_pending bytea,
    OUT c_tries integer, OUT c_sends integer, OUT c_expires bigint, OUT c_until bigint
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    held bytea[]; -- those of slots that there are
    c record;
    ats bigint[]; untils bigint[]; amounts double precision[]; was bigint[];
    dirty boolean[] := pg_catalog.array_fill(false, ARRAY[pg_catalog.cardinality(keys)]);
    mine integer := 0; -- the candidate that matches
    equal boolean := false;
    n integer; j integer; r integer; gone bytea[] := '{}';
    next bigint; failures bigint; until bigint; longest bigint;
    faded double precision; change double precision; below double precision;
    reward boolean := false; missed boolean := false;
    replaced boolean := false; -- the challenge that matches has another in its place
BEGIN
    answer := 0; refused := 0; wait := 0; resend := now_us; which := 0;

    -- Challenges: the first candidate that is live, and whether it matches.
    IF pg_catalog.cardinality(slots) > 0 THEN
        IF pg_catalog.cardinality(slots) = 1 THEN
            SELECT x.* INTO c FROM @.phoneauth_challenges AS x WHERE x.key = slots[1] FOR UPDATE;
            held[1] := c.key;
        ELSE
            SELECT pg_catalog.array_agg(t.key) INTO held FROM pg_catalog.unnest(slots) AS k (k)
                LEFT JOIN LATERAL (SELECT x.key FROM @.phoneauth_challenges AS x WHERE x.key = k.k FOR UPDATE) AS t ON true;
        END IF;
        missed := pg_catalog.array_position(held, NULL) IS NOT NULL;
        FOR i IN 1 .. pg_catalog.cardinality(candidates) LOOP
            IF pg_catalog.cardinality(slots) > 1 THEN
                SELECT x.* INTO c FROM @.phoneauth_challenges AS x WHERE x.key = held[candidates[i]];
            END IF;
            CONTINUE WHEN c.key IS NULL OR now_us >= c.expires_at OR ids[i] <> '' AND ids[i] <> c.id;
            which := i;
            FOR j IN 1 .. pg_catalog.cardinality(digests) LOOP
                equal := equal OR digest_of[j] = i AND digests[j] = c.digest;
            END LOOP;
            c_key := c.key; c_id := c.id; c_digest := c.digest; c_sealed := c.sealed; c_pending := c.pending;
            c_tries := c.tries_left; c_sends := c.sends; c_expires := c.expires_at; c_until := c.until_at;
            EXIT;
        END LOOP;
        IF equal THEN
            mine := which;
        END IF;
    END IF;

    -- Counters. Those with owner -1 are only looked at.
    IF pg_catalog.cardinality(keys) > 0 THEN
        SELECT pg_catalog.array_agg(coalesce(t.at_us, p.at_us)), pg_catalog.array_agg(coalesce(t.until_us, p.until_us)),
            pg_catalog.array_agg(coalesce(t.amount, p.amount, 0)) INTO ats, untils, amounts
            FROM pg_catalog.unnest(keys) WITH ORDINALITY AS k (k, n)
            LEFT JOIN LATERAL (SELECT x.at_us, x.until_us, x.amount FROM @.phoneauth_counters AS x
                WHERE x.key = k.k AND (owners[k.n] = 0 OR owners[k.n] = mine) FOR UPDATE) AS t ON true
            LEFT JOIN LATERAL (SELECT x.at_us, x.until_us, x.amount FROM @.phoneauth_counters AS x
                WHERE x.key = k.k AND owners[k.n] = -1 OFFSET 0) AS p ON true;
    END IF;
    IF -1 = ANY (owners) THEN -- what would be written is locked and read anew
        FOR i IN 1 .. pg_catalog.cardinality(scores) / 4 LOOP
            CONTINUE WHEN scores[4*i] = 0 OR scores[4*i-3] <> 0 AND scores[4*i-3] <> mine;
            n := scores[4*i-2]; r := 7*i - 7;
            CONTINUE WHEN @.phoneauth_faded_v1(amounts[n], ats[n], untils[n], now_us, rates[r+3], rates[r+4]) < rates[r+5];
            SELECT x.at_us, x.until_us, x.amount INTO next, until, faded
                FROM @.phoneauth_counters AS x WHERE x.key = keys[n] FOR UPDATE;
            ats[n] := next; untils[n] := until; amounts[n] := coalesce(faded, 0);
        END LOOP;
    END IF;
    was := ats;

    -- LockoutState.Refusal, and BeginParams.Renew.
    IF pg_catalog.cardinality(lockout) > 0 AND amounts[1] <> 0 AND now_us < untils[1] THEN
        answer := 1; wait := untils[1] - now_us;
    ELSIF which = 0 AND verb = 'begin' AND ids[1] <> '' THEN
        answer := 2;
    END IF;

    IF answer = 0 THEN
        -- Limits: Take.Taken and Take.GivenBack.
        FOR i IN 1 .. pg_catalog.cardinality(limits) / 6 LOOP
            CONTINUE WHEN limits[6*i-5] <> 0 AND limits[6*i-5] <> mine;
            n := limits[6*i-3];
            IF limits[6*i-4] = 2 THEN
                ats[n] := ats[n] - limits[6*i-2];
            ELSIF limits[6*i-4] = 3 THEN
                ats[n] := ats[n] - limits[6*i-2] * greatest(c_sends, 0);
            ELSE
                next := greatest(ats[n], now_us) + limits[6*i-2];
                IF next - now_us > limits[6*i-1] THEN
                    CONTINUE WHEN limits[6*i-4] = 4;
                    answer := 1; refused := i; wait := next - now_us - limits[6*i-1];
                    EXIT;
                END IF;
                CONTINUE WHEN limits[6*i-4] = 0;
                ats[n] := next;
                reward := limits[6*i-4] = 4;
            END IF;
        END LOOP;
    END IF;
    IF answer = 0 THEN
        -- Scores: ScoreState.Charged and ScoreState.Credited.
        FOR i IN 1 .. pg_catalog.cardinality(scores) / 4 LOOP
            CONTINUE WHEN scores[4*i-3] <> 0 AND scores[4*i-3] <> mine;
            n := scores[4*i-2]; r := 7*i - 7;
            faded := @.phoneauth_faded_v1(amounts[n], ats[n], untils[n], now_us, rates[r+3], rates[r+4]);
            change := CASE verb WHEN 'attempt' THEN -(c_sends * rates[r+2] + CASE WHEN reward THEN rates[r+7] ELSE 0 END)
                WHEN 'give back' THEN -rates[r+2] ELSE rates[r+2] END;
            IF verb IN ('begin', 'take') AND @.phoneauth_rounded_v1(faded + change) > rates[r+1] THEN
                answer := 1; refused := pg_catalog.cardinality(limits) / 6 + i;
                longest := greatest(1, CASE WHEN amounts[n] <> 0 AND untils[n] > now_us THEN untils[n] - now_us ELSE scores[4*i-1] END);
                wait := longest;
                below := pg_catalog.floor(rates[r+1]) + 0.5 - change; -- a score below it is admitted
                IF below > 0 THEN
                    wait := greatest(1, least(pg_catalog.ceil(rates[r+3] / 1000 * pg_catalog.ln(faded / below)), longest::double precision))::bigint;
                    wait := wait + greatest(0, ats[n] - now_us); -- until then nothing fades
                    IF wait < longest AND @.phoneauth_rounded_v1(change +
                        @.phoneauth_faded_v1(amounts[n], ats[n], untils[n], now_us + wait, rates[r+3], rates[r+4])) > rates[r+1] THEN
                        wait := wait + 1;
                    END IF;
                    wait := least(wait, longest);
                END IF;
                EXIT;
            END IF;
            CONTINUE WHEN change = 0;
            IF rates[r+5] <> 0 AND faded < rates[r+5] THEN
                CONTINUE WHEN rates[r+6] = 0;
                change := change * rates[r+6];
            END IF;
            ats[n] := CASE WHEN amounts[n] <> 0 THEN greatest(ats[n], now_us) ELSE now_us END;
            untils[n] := ats[n] + scores[4*i-1];
            amounts[n] := faded + change;
            dirty[n] := true;
        END LOOP;
    END IF;

    -- What has changed nothing need not be flushed. A key without a row cannot be locked: where
    -- the rows were not read at one moment, what was missing must be missing still.
    IF answer <> 0 THEN
        PERFORM FROM pg_catalog.unnest(keys) WITH ORDINALITY AS k (k, n)
            CROSS JOIN LATERAL (SELECT FROM @.phoneauth_counters AS x WHERE x.key = k.k OFFSET 0) AS t
            WHERE was[k.n] IS NULL AND (owners[k.n] = 0 OR owners[k.n] = mine);
        IF FOUND THEN
            answer := 4;
        END IF;
        PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
        RETURN;
    END IF;

    -- A failure: LockoutState.Failed.
    IF verb = 'attempt' AND mine = 0 THEN
        answer := CASE WHEN which = 0 THEN 2 ELSE 3 END;
    END IF;
    IF (answer = 3 OR verb = 'fail') AND pg_catalog.cardinality(lockout) > 0 THEN
        failures := amounts[1]; until := greatest(untils[1], 0);
        next := now_us + lockout[1];
        IF failures = 0 OR now_us >= greatest(until, ats[1]) THEN
            failures := 0; until := 0;
        ELSE
            next := greatest(next, ats[1]);
        END IF;
        failures := least(failures + 1, 2147483647);
        j := pg_catalog.cardinality(lockout) / 2;
        FOR i IN 1 .. j LOOP
            IF failures = lockout[2*i] OR failures > lockout[2*i] AND i = j THEN
                until := now_us + lockout[2*i+1];
                EXIT;
            END IF;
        END LOOP;
        ats[1] := next; untils[1] := until; amounts[1] := failures;
        dirty[1] := true;
    END IF;

    -- What is absent is locked: by the step that inserts it, and together by those that rest on
    -- its absence. From here on it stays absent for them until they are committed.
    IF verb = 'begin' OR which > 0 OR true = ANY (dirty) OR ats IS DISTINCT FROM was THEN
        FOR i IN 1 .. pg_catalog.cardinality(slot_locks) / 3 LOOP
            n := slot_locks[3*i-1]; j := slot_locks[3*i];
            CONTINUE WHEN n > 0 AND held[n] IS NOT NULL OR j >= 0 AND j <> mine;
            IF j >= 0 AND pg_catalog.pg_advisory_xact_lock(slot_locks[3*i-2]) IS NULL
                OR j < 0 AND pg_catalog.pg_advisory_xact_lock_shared(slot_locks[3*i-2]) IS NULL THEN
                RETURN; -- never: this is an expression, which costs less than PERFORM
            END IF;
        END LOOP;
        FOR i IN 1 .. pg_catalog.cardinality(keys) LOOP
            CONTINUE WHEN was[i] IS NOT NULL OR owners[i] <> 0 AND owners[i] <> mine AND NOT dirty[i];
            IF (CASE WHEN dirty[i] OR ats[i] > now_us THEN pg_catalog.pg_advisory_xact_lock(key_locks[i]) IS NULL
                ELSE pg_catalog.pg_advisory_xact_lock_shared(key_locks[i]) IS NULL END) THEN
                RETURN;
            END IF;
        END LOOP;
    END IF;

    IF missed AND verb = 'attempt' THEN
        PERFORM FROM pg_catalog.unnest(slots) WITH ORDINALITY AS k (k, n)
            CROSS JOIN LATERAL (SELECT FROM @.phoneauth_challenges AS x WHERE x.key = k.k OFFSET 0) AS t
            WHERE held[k.n] IS NULL;
        IF FOUND THEN
            answer := 4;
            PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
            RETURN;
        END IF;
    END IF;

    -- Writes: inserts first. They pass over rows that are locked, and wait only for other inserts.
    IF missed AND verb = 'begin' OR mine > 0 THEN
        FOR i IN 1 .. pg_catalog.cardinality(new_numbers) / 6 LOOP
            j := 6*i - 6; n := 5*i - 5;
            CONTINUE WHEN new_numbers[j+1] <> mine;
            IF verb = 'begin' OR new_bytes[n+1] <> ALL (slots) OR held[pg_catalog.array_position(slots, new_bytes[n+1])] IS NULL THEN
                INSERT INTO @.phoneauth_challenges AS x (key, id, digest, sealed, pending, tries_left, sends, expires_at, until_at, due)
                    VALUES (new_bytes[n+1], new_bytes[n+2], new_bytes[n+3], new_bytes[n+4], new_bytes[n+5],
                        new_numbers[j+2], new_numbers[j+3], new_numbers[j+4], new_numbers[j+5], new_numbers[j+6])
                    ON CONFLICT (key) DO NOTHING;
                IF NOT FOUND THEN -- nothing is written yet: somebody was first, or the row is to be locked in its order
                    answer := CASE WHEN new_bytes[n+1] = ANY (slots) THEN 4 ELSE 5 END;
                    PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
                    RETURN;
                END IF;
            ELSE -- of a match, in place of what is there, which is locked
                UPDATE @.phoneauth_challenges AS x SET id = new_bytes[n+2], digest = new_bytes[n+3], sealed = new_bytes[n+4],
                    pending = new_bytes[n+5], tries_left = new_numbers[j+2], sends = new_numbers[j+3],
                    expires_at = new_numbers[j+4], until_at = new_numbers[j+5], due = new_numbers[j+6] WHERE x.key = new_bytes[n+1];
                replaced := replaced OR new_bytes[n+1] = c_key;
            END IF;
        END LOOP;
    END IF;
    IF mine > 0 THEN
        FOR i IN 1 .. pg_catalog.cardinality(cleared) / 2 LOOP
            IF cleared[2*i-1] = mine THEN
                n := cleared[2*i]; dirty[n] := false; ats[n] := was[n];
                IF was[n] IS NOT NULL THEN
                    gone := gone || keys[n];
                END IF;
            END IF;
        END LOOP;
        IF pg_catalog.cardinality(lockout) > 0 AND was[1] IS NOT NULL THEN
            gone := gone || keys[1];
        END IF;
    END IF;
    -- Counters: w is what has changed, f what is new, u what is there and locked (it is an update
    -- without a join), and m what was missing and must be so still. An instant of a limit that
    -- has passed does not replace an earlier one.
    IF pg_catalog.cardinality(keys) > 0 THEN
        WITH w AS MATERIALIZED (
            SELECT k.k, ats[k.n] AS at, CASE pg_catalog.get_byte(k.k, 0) WHEN 108 THEN ats[k.n] ELSE untils[k.n] END AS until,
                amounts[k.n] AS amount, was[k.n] IS NULL AS fresh
            FROM pg_catalog.unnest(keys) WITH ORDINALITY AS k (k, n)
            WHERE dirty[k.n] OR ats[k.n] < was[k.n] OR ats[k.n] > now_us AND ats[k.n] IS DISTINCT FROM was[k.n]
        ), f AS (
            INSERT INTO @.phoneauth_counters AS x (at_us, until_us, amount, due, key)
            SELECT w.at, w.until, w.amount, @.phoneauth_due_v1(greatest(w.at, w.until), 3600000000), w.k FROM w WHERE w.fresh
            ON CONFLICT (key) DO NOTHING RETURNING 1
        ), u AS (
            INSERT INTO @.phoneauth_counters AS x (at_us, until_us, amount, due, key)
            SELECT w.at, w.until, w.amount, @.phoneauth_due_v1(greatest(w.at, w.until), 3600000000), w.k FROM w WHERE NOT w.fresh
            ON CONFLICT (key) DO UPDATE SET at_us = excluded.at_us, until_us = excluded.until_us,
                amount = excluded.amount, due = excluded.due
        ), m AS (
            SELECT FROM pg_catalog.unnest(keys) WITH ORDINALITY AS k (k, n)
            CROSS JOIN LATERAL (SELECT FROM @.phoneauth_counters AS x WHERE x.key = k.k OFFSET 0) AS t
            WHERE was[k.n] IS NULL AND (owners[k.n] = 0 OR owners[k.n] = mine) AND NOT dirty[k.n] AND coalesce(ats[k.n] <= now_us, true)
        )
        SELECT (SELECT pg_catalog.count(*) FROM w WHERE w.fresh) - (SELECT pg_catalog.count(*) FROM f) + (SELECT pg_catalog.count(*) FROM m) INTO n;
        IF n <> 0 THEN
            RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'phoneauth: raced';
        END IF;
    END IF;
    FOR i IN 1 .. pg_catalog.cardinality(gone) LOOP
        DELETE FROM @.phoneauth_counters AS x WHERE x.key = gone[i];
    END LOOP;

    IF verb = 'begin' THEN
        IF which > 0 THEN -- Challenge.Touched
            next := least(new_numbers[4], c_until);
            UPDATE @.phoneauth_challenges AS x SET id = CASE WHEN ids[1] <> '' THEN new_bytes[2] ELSE x.id END,
                pending = new_bytes[5], sends = least(x.sends + new_numbers[3], 2147483647),
                expires_at = next, due = @.phoneauth_due_v1(next, 60000000) WHERE x.key = c_key;
        ELSIF NOT missed THEN -- one that is gone
            UPDATE @.phoneauth_challenges AS x SET id = new_bytes[2], digest = new_bytes[3], sealed = new_bytes[4],
                pending = new_bytes[5], tries_left = new_numbers[2], sends = new_numbers[3],
                expires_at = new_numbers[4], until_at = new_numbers[5], due = new_numbers[6] WHERE x.key = slots[1];
        END IF;
        FOR i IN 1 .. pg_catalog.cardinality(limits) / 6 LOOP -- ResendAt
            IF limits[6*i-4] = 1 THEN
                resend := greatest(resend, ats[limits[6*i-3]] + limits[6*i]);
            END IF;
        END LOOP;
    ELSIF answer = 3 AND c_tries > 1 THEN
        UPDATE @.phoneauth_challenges AS x SET tries_left = c_tries - 1 WHERE x.key = c_key;
    ELSIF which > 0 AND NOT replaced THEN
        DELETE FROM @.phoneauth_challenges AS x WHERE x.key = c_key;
    END IF;
END
$$;

REVOKE ALL ON FUNCTION @.phoneauth_not_locked_v2, @.phoneauth_step_v2 FROM PUBLIC;

$functions$, '@', pg_catalog.quote_ident(pg_catalog.current_schema()));
END
$migration$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION IF EXISTS phoneauth_step_v2;
DROP FUNCTION IF EXISTS phoneauth_not_locked_v2;
