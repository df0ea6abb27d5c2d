-- The first schema. Words that begin with @ are replaced by the engine's own (see embed.py); a line "--@sqlite",
-- "--@postgres" or "--@both" says for whom the lines after it are. Moments are microseconds since 1970 and NULL where
-- there is none; numbers are 64 bits wide; a yes or no is 1 or 0.

CREATE TABLE schema_version (
    id @INT PRIMARY KEY CHECK (id = 1),
    version @INT NOT NULL
) @STRICT;

-- For the question whether a write can succeed at this moment.
CREATE TABLE heartbeat (
    id @INT PRIMARY KEY CHECK (id = 1),
    at_usec @INT NOT NULL
) @STRICT;
INSERT INTO heartbeat (id, at_usec) VALUES (1, 0);

-- Everything that happened, in one order. Nothing else may change rows of this table: see the triggers below.
CREATE TABLE event (
    leaf @INT PRIMARY KEY CHECK (leaf >= 0),
    at_usec @INT NOT NULL,
    kind @TEXT NOT NULL,
    case_id @TEXT,
    account_id @TEXT,
    leaf_hash @BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    subject_id @TEXT,
    body @TEXT NOT NULL,
    sealed @BLOB
) @STRICT;
CREATE INDEX event_case ON event (case_id, leaf) WHERE case_id IS NOT NULL;

CREATE TABLE ledger_head (
    id @INT PRIMARY KEY CHECK (id = 1),
    size @INT NOT NULL,
    peaks @BLOB NOT NULL,
    checkpoint @TEXT
) @STRICT;
INSERT INTO ledger_head (id, size, peaks, checkpoint) VALUES (1, 0, @EMPTY, NULL);

CREATE TABLE ledger_node (
    level @INT NOT NULL,
    position @INT NOT NULL,
    hash @BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) @KEYED;

CREATE TABLE subject (
    id @TEXT PRIMARY KEY,
    wrapped_key @BLOB,
    created_usec @INT NOT NULL
) @KEYED;
CREATE TABLE subject_lookup (
    lookup @BLOB PRIMARY KEY CHECK (length(lookup) = 32),
    subject_id @TEXT NOT NULL REFERENCES subject (id)
) @KEYED;

-- `serial` grows by one with every case: the short tie-breaker of every order in which cases are listed.
CREATE TABLE case_file (
    serial @INT PRIMARY KEY,
    id @TEXT NOT NULL UNIQUE,
    number @TEXT NOT NULL UNIQUE,
    procedure @TEXT NOT NULL,
    state @TEXT NOT NULL,
    version @INT NOT NULL,
    opened_usec @INT NOT NULL,
    registered_usec @INT NOT NULL,
    closed_usec @INT,
    next_due_usec @INT,
    next_overdue_usec @INT,
    last_leaf @INT NOT NULL,
    assignee @TEXT,
    subject_id @TEXT REFERENCES subject (id),
    opener @TEXT NOT NULL,
    opener_account @TEXT,
    lang @TEXT NOT NULL,
    fields @TEXT NOT NULL,
    sealed @BLOB
) @STRICT;
-- Columns after `serial` spare a look at the row when a filter asks for them.
CREATE INDEX case_due ON case_file (next_due_usec, serial);
CREATE INDEX case_opened ON case_file (opened_usec, serial);
CREATE INDEX case_state_due ON case_file (state, next_due_usec, serial, procedure);
CREATE INDEX case_state_opened ON case_file (state, opened_usec, serial, procedure);
CREATE INDEX case_procedure_opened ON case_file (procedure, opened_usec, serial, state);
CREATE INDEX case_assignee_due ON case_file (assignee, next_due_usec, serial) WHERE assignee IS NOT NULL;
CREATE INDEX case_assignee_opened ON case_file (assignee, opened_usec, serial) WHERE assignee IS NOT NULL;
CREATE INDEX case_overdue ON case_file (next_overdue_usec) WHERE next_overdue_usec IS NOT NULL;
CREATE INDEX case_subject ON case_file (subject_id, serial) WHERE subject_id IS NOT NULL;
-- Open cases are few among all, and what most looks are for.
CREATE INDEX case_open_due ON case_file (next_due_usec, serial, state, procedure, assignee) WHERE closed_usec IS NULL;
CREATE INDEX case_open_opened ON case_file (opened_usec, serial) WHERE closed_usec IS NULL;

CREATE TABLE case_seq (
    procedure @TEXT NOT NULL,
    year @INT NOT NULL,
    newest @INT NOT NULL,
    PRIMARY KEY (procedure, year)
) @KEYED;

-- Which calendar and which catalogue a clock was computed with: a handful of pairs, named once.
CREATE TABLE basis (
    id @INT PRIMARY KEY,
    calendar_hash @TEXT NOT NULL,
    catalogue_hash @TEXT NOT NULL,
    UNIQUE (calendar_hash, catalogue_hash)
) @STRICT;

-- `ripe_usec` is the next moment at which a running clock wants something done; `outcome` is 0 running, 1 stopped in
-- time, 2 late; `procedure` and `opened_usec` repeat the case's, so that the desk's figures read one index.
CREATE TABLE clock (
    case_id @TEXT NOT NULL REFERENCES case_file (id),
    clock @TEXT NOT NULL,
    norm @TEXT NOT NULL,
    norm_from_day @INT NOT NULL,
    starts_usec @INT NOT NULL,
    due_usec @INT,
    overdue_usec @INT,
    state @TEXT NOT NULL,
    stopped_usec @INT,
    stopped_in_time @INT NOT NULL,
    extended @INT NOT NULL,
    remind_usec @INT,
    overdue_told @INT NOT NULL,
    basis @INT NOT NULL REFERENCES basis (id),
    ripe_usec @INT,
    outcome @INT NOT NULL,
    procedure @TEXT NOT NULL,
    opened_usec @INT NOT NULL,
    PRIMARY KEY (case_id, clock)
) @STRICT;
CREATE INDEX clock_ripe ON clock (ripe_usec) WHERE ripe_usec IS NOT NULL;
CREATE INDEX clock_due ON clock (due_usec, procedure) WHERE state = 'running';
CREATE INDEX clock_basis ON clock (basis) WHERE state = 'running';
CREATE INDEX clock_figures ON clock (procedure, clock, opened_usec, outcome);

CREATE TABLE attachment (
    id @TEXT PRIMARY KEY,
    case_id @TEXT NOT NULL REFERENCES case_file (id),
    leaf @INT NOT NULL,
    type @TEXT NOT NULL,
    sealed_name @BLOB,
    size_bytes @INT NOT NULL,
    commitment @BLOB NOT NULL CHECK (length(commitment) = 32),
    subject_id @TEXT,
    sealed @BLOB
) @STRICT;
CREATE INDEX attachment_case ON attachment (case_id, leaf);

CREATE TABLE idempotency (
    key_hash @BLOB PRIMARY KEY CHECK (length(key_hash) = 32),
    request_hash @BLOB NOT NULL CHECK (length(request_hash) = 32),
    case_id @TEXT NOT NULL,
    leaf @INT NOT NULL,
    at_usec @INT NOT NULL
) @KEYED;
CREATE INDEX idempotency_at ON idempotency (at_usec);

CREATE TABLE account (
    id @TEXT PRIMARY KEY,
    login @TEXT NOT NULL UNIQUE,
    name @TEXT NOT NULL,
    email @TEXT NOT NULL,
    password_hash @TEXT NOT NULL,
    roles @TEXT NOT NULL,
    lang @TEXT NOT NULL,
    disabled @INT NOT NULL,
    must_change_password @INT NOT NULL,
    failures @INT NOT NULL,
    locked_until_usec @INT,
    created_usec @INT NOT NULL
) @KEYED;
CREATE TABLE session (
    token_hash @BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id @TEXT NOT NULL REFERENCES account (id),
    created_usec @INT NOT NULL,
    seen_usec @INT NOT NULL,
    expires_usec @INT NOT NULL
) @KEYED;
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_usec);
CREATE TABLE token (
    id @TEXT PRIMARY KEY,
    name @TEXT NOT NULL,
    account_id @TEXT NOT NULL REFERENCES account (id),
    roles @TEXT NOT NULL,
    secret_hash @BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_usec @INT NOT NULL,
    expires_usec @INT,
    revoked_usec @INT
) @KEYED;

CREATE TABLE setting (
    name @TEXT PRIMARY KEY,
    json @TEXT NOT NULL
) @KEYED;

CREATE TABLE outbox (
    id @TEXT PRIMARY KEY,
    kind @TEXT NOT NULL,
    purpose @TEXT NOT NULL,
    case_id @TEXT,
    leaf @INT NOT NULL,
    recipient @TEXT NOT NULL,
    state @TEXT NOT NULL,
    attempts @INT NOT NULL,
    created_usec @INT NOT NULL,
    next_usec @INT NOT NULL,
    sent_usec @INT,
    last_error @TEXT NOT NULL
) @STRICT;
CREATE INDEX outbox_waiting ON outbox (next_usec) WHERE state = 'waiting';
CREATE INDEX outbox_case ON outbox (case_id, created_usec);
CREATE INDEX outbox_state ON outbox (state, created_usec);

-- Up to which leaf (exclusive) the words of events stand in the search.
CREATE TABLE words_position (
    id @INT PRIMARY KEY CHECK (id = 1),
    leaf @INT NOT NULL
) @STRICT;
INSERT INTO words_position (id, leaf) VALUES (1, 0);

--@sqlite
-- Only the index, no text (that would be a copy of personal values); the row's number is the event's leaf. The words
-- come folded and parted by blanks, so the plainest tokenizer is the right one.
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', columnsize = 0, detail = none, tokenize = 'ascii',
    prefix = '1 2 3');
CREATE TRIGGER event_not_changed BEFORE UPDATE ON event BEGIN
    SELECT raise(ABORT, 'events are only appended');
END;
CREATE TRIGGER event_not_deleted BEFORE DELETE ON event BEGIN
    SELECT raise(ABORT, 'events are only appended');
END;

--@postgres
CREATE TABLE words (
    leaf @INT PRIMARY KEY,
    case_id @TEXT NOT NULL,
    doc tsvector NOT NULL
);
CREATE INDEX words_doc ON words USING gin (doc);
CREATE INDEX words_case ON words (case_id);
CREATE FUNCTION talap_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'events are only appended' USING ERRCODE = 'insufficient_privilege';
END
$body$;
CREATE TRIGGER event_not_changed BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION talap_event_append_only();
CREATE TRIGGER event_not_truncated BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION talap_event_append_only();
-- The owner, too, has to grant this to itself again before it can even try.
REVOKE UPDATE, DELETE, TRUNCATE ON event FROM PUBLIC, CURRENT_USER;
