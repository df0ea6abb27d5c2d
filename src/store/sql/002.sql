-- What ties cases together, the public registers over them, and the secret addresses of calendars.

-- `leaf` is the event that first made the link.
CREATE TABLE case_link (
    from_case @TEXT NOT NULL REFERENCES case_file (id),
    to_case @TEXT NOT NULL REFERENCES case_file (id),
    field @TEXT NOT NULL,
    leaf @INT NOT NULL,
    PRIMARY KEY (from_case, to_case, field)
) @KEYED;
CREATE INDEX case_link_to ON case_link (to_case, leaf);

-- `procedure`, `opened_usec` and `serial` repeat the case's and never change, so that counting and listing by a key read
-- one index.
CREATE TABLE case_key (
    case_id @TEXT NOT NULL REFERENCES case_file (id),
    kind @TEXT NOT NULL,
    value @TEXT NOT NULL,
    procedure @TEXT NOT NULL,
    opened_usec @INT NOT NULL,
    serial @INT NOT NULL,
    PRIMARY KEY (case_id, kind, value)
) @KEYED;
CREATE INDEX case_key_procedure ON case_key (kind, value, procedure, opened_usec, case_id);
CREATE INDEX case_key_opened ON case_key (kind, value, opened_usec, serial, case_id);

-- A register's number, and how many entries stand in it and how many did: a page shows both, and counting them would
-- read the whole register.
CREATE TABLE register (
    id @INT PRIMARY KEY,
    name @TEXT NOT NULL UNIQUE,
    standing @INT NOT NULL,
    past @INT NOT NULL
) @STRICT;

-- `serial` grows by one with every entry: the order of a register. The last column is what the full text takes: the
-- words, each with a sign of its register, and of whether the entry stands or left, before it. So a search meets the
-- entries it wants and no others, however large the other registers are. PostgreSQL, whose index gives no order, takes
-- with the sign the stretch of the register in which the entry stands: so the newest stretches are searched first.
CREATE TABLE register_entry (
    serial @INT PRIMARY KEY,
    register @INT NOT NULL REFERENCES register (id),
    case_id @TEXT NOT NULL REFERENCES case_file (id),
    number @TEXT NOT NULL,
    state @TEXT NOT NULL,
    entered_usec @INT NOT NULL,
    left_usec @INT,
    columns @TEXT NOT NULL,
    words @TEXT NOT NULL,
--@sqlite
    signed_words TEXT GENERATED ALWAYS AS
        (char(256 + 2 * register + (left_usec IS NOT NULL)) ||
         replace(words, ' ', ' ' || char(256 + 2 * register + (left_usec IS NOT NULL)))) VIRTUAL,
--@postgres
    doc TSVECTOR NOT NULL GENERATED ALWAYS AS (array_to_tsvector(string_to_array(
        chr(CAST(256 + 2 * register + CASE WHEN left_usec IS NULL THEN 0 ELSE 1 END AS INTEGER)) ||
        CAST(serial / 65536 AS TEXT) || ':' ||
        replace(words, ' ', ' ' ||
                chr(CAST(256 + 2 * register + CASE WHEN left_usec IS NULL THEN 0 ELSE 1 END AS INTEGER)) ||
                CAST(serial / 65536 AS TEXT) || ':'),
        ' '))) STORED,
--@both
    UNIQUE (register, case_id),
    UNIQUE (register, number)
) @STRICT;
CREATE INDEX register_entry_all ON register_entry (register, serial);
CREATE INDEX register_entry_standing ON register_entry (register, serial) WHERE left_usec IS NULL;
CREATE INDEX register_entry_left ON register_entry (register, serial) WHERE left_usec IS NOT NULL;

--@sqlite
-- The index alone; whoever changes an entry takes its old words out and puts the new ones in. Prefixes are a sign
-- longer than those of the beginnings one types.
CREATE VIRTUAL TABLE register_words USING fts5 (signed_words, content = 'register_entry', content_rowid = 'serial',
    columnsize = 0, detail = none, tokenize = 'ascii', prefix = '2 3 4 5 6 7 8 9 10 11 12 13');
--@postgres
-- Entries are few beside what is read of them, so each goes to its place at once.
CREATE INDEX register_entry_doc ON register_entry USING gin (doc) WITH (fastupdate = off);
--@both

-- One secret address for an account at most.
CREATE TABLE calendar_feed (
    account_id @TEXT PRIMARY KEY REFERENCES account (id),
    secret_hash @BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
    created_usec @INT NOT NULL
) @KEYED;
