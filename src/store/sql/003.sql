-- Personal data: the people, what is held about them, their consents, and what the operator keeps about its processing.

-- `serial` is the dense number by which other rows and the index in memory know a person. `id` is what the operator calls
-- them, an opaque identifier; it goes with the person's key, and then `key64`, by which the index finds it, is 0. `blocks`
-- and `holds` count what stands. `adult_day` is the local day (since 1970) of the eighteenth birthday.
CREATE TABLE person (
    serial @INT PRIMARY KEY,
    subject_id @TEXT NOT NULL UNIQUE REFERENCES subject (id),
    id @TEXT UNIQUE,
    key64 @INT NOT NULL,
    created_usec @INT NOT NULL,
    adult_day @INT,
    blocks @INT NOT NULL,
    holds @INT NOT NULL,
    destroyed_usec @INT
) @STRICT;
CREATE INDEX person_adult ON person (adult_day) WHERE adult_day IS NOT NULL;

-- By which event something of a person changed or was done, consents given excepted (their own table tells): the person's
-- history, and what the index has to read again.
CREATE TABLE person_change (
    leaf @INT NOT NULL,
    person @INT NOT NULL REFERENCES person (serial),
    PRIMARY KEY (leaf, person)
) @KEYED;
CREATE INDEX person_change_of ON person_change (person, leaf);

-- The registers that an operator keeps: purposes, categories of data, recipients, states, policies, who is responsible.
-- A change is a new version; none is ever changed. `number` is the entry's short name in other rows, given once.
CREATE TABLE kept_entry (
    kind @TEXT NOT NULL,
    id @TEXT NOT NULL,
    version @INT NOT NULL,
    number @INT NOT NULL,
    from_usec @INT NOT NULL,
    retired @INT NOT NULL,
    json @TEXT NOT NULL,
    leaf @INT NOT NULL,
    PRIMARY KEY (kind, id, version)
) @KEYED;

-- The exact text that was shown, once for all who saw it, with the operator's name and BIN or IIN that it was given to.
CREATE TABLE consent_text (
    number @INT PRIMARY KEY,
    hash @BLOB NOT NULL CHECK (length(hash) = 32),
    lang @TEXT NOT NULL,
    version @TEXT NOT NULL,
    operator_name @TEXT NOT NULL,
    operator_bin @TEXT NOT NULL,
    text @TEXT NOT NULL,
    UNIQUE (hash, lang, version, operator_bin, operator_name)
) @STRICT;
-- Recipients that consents name: sorted ids as a JSON list, once for all who named the same.
CREATE TABLE recipient_set (
    number @INT PRIMARY KEY,
    ids @TEXT NOT NULL UNIQUE
) @STRICT;

-- `leaf` is the event that gave the consent, and its name. `categories` has a bit for each number of a category; `given`
-- and `stands` have one for each aspect (processing 1, third persons 2, cross-border 4, publication 8, automated 16).
-- Moments of its term are seconds since 1970; no `until_sec`: until the purpose is achieved.
CREATE TABLE consent (
    leaf @INT PRIMARY KEY,
    person @INT NOT NULL REFERENCES person (serial),
    purpose @INT NOT NULL,
    purpose_version @INT NOT NULL,
    categories @INT NOT NULL,
    given @INT NOT NULL,
    stands @INT NOT NULL,
    recipients @INT NOT NULL,
    from_sec @INT NOT NULL,
    until_sec @INT,
    given_usec @INT NOT NULL,
    ended_usec @INT,
    ended @TEXT,
    text @INT NOT NULL REFERENCES consent_text (number),
    way @TEXT NOT NULL,
    by_representative @INT NOT NULL
) @STRICT;
CREATE INDEX consent_person ON consent (person, leaf);
CREATE INDEX consent_until ON consent (until_sec) WHERE ended_usec IS NULL AND until_sec IS NOT NULL;

-- An objection to automated processing (pdl.19-1): under consideration, or upheld. `purpose` 0: of every purpose.
CREATE TABLE objection (
    case_id @TEXT PRIMARY KEY REFERENCES case_file (id),
    person @INT NOT NULL REFERENCES person (serial),
    purpose @INT NOT NULL,
    state @TEXT NOT NULL,
    leaf @INT NOT NULL
) @KEYED;
CREATE INDEX objection_person ON objection (person);

-- Why something of a person may not be destroyed although its time is over.
CREATE TABLE legal_hold (
    leaf @INT PRIMARY KEY,
    person @INT NOT NULL REFERENCES person (serial),
    norm @TEXT NOT NULL,
    reason @TEXT NOT NULL,
    until_day @INT,
    lifted_usec @INT
) @STRICT;
CREATE INDEX legal_hold_person ON legal_hold (person);
CREATE INDEX legal_hold_until ON legal_hold (until_day) WHERE until_day IS NOT NULL AND lifted_usec IS NULL;

-- The vault: one value of a category of data for a purpose, sealed under the person's key. `destroy_day`: the local day
-- on which its time is over; NULL while it is not known.
CREATE TABLE person_record (
    person @INT NOT NULL REFERENCES person (serial),
    category @INT NOT NULL,
    purpose @INT NOT NULL,
    sealed @BLOB NOT NULL,
    commitment @BLOB NOT NULL CHECK (length(commitment) = 32),
    source @TEXT NOT NULL,
    collected_usec @INT NOT NULL,
    destroy_day @INT,
    announced_usec @INT,
    leaf @INT NOT NULL,
    PRIMARY KEY (person, category, purpose)
) @KEYED;
CREATE INDEX person_record_over ON person_record (destroy_day) WHERE destroy_day IS NOT NULL;
CREATE INDEX person_record_untold ON person_record (destroy_day) WHERE destroy_day IS NOT NULL AND announced_usec IS NULL;

-- Destructions, each from its intent to its act. `told` is JSON of what the last step found. `purpose` 0: all there is.
CREATE TABLE destruction (
    leaf @INT PRIMARY KEY,
    person @INT NOT NULL REFERENCES person (serial),
    purpose @INT NOT NULL,
    case_id @TEXT,
    ground @TEXT NOT NULL,
    state @TEXT NOT NULL,
    changed_usec @INT NOT NULL,
    told @TEXT NOT NULL
) @STRICT;
CREATE INDEX destruction_open ON destruction (state) WHERE state <> 'done';
CREATE INDEX destruction_person ON destruction (person);
-- Where a destruction finds what is a person's.
CREATE INDEX subject_lookup_of ON subject_lookup (subject_id);

-- Copies of the store that were made, for the act of destruction tells which of them still hold a key.
CREATE TABLE backup_made (
    id @TEXT PRIMARY KEY,
    at_usec @INT NOT NULL,
    kept_until_usec @INT NOT NULL,
    removed_usec @INT
) @STRICT;

-- Whose case it is, and how their identity was established: "cabinet", "operator", "document".
CREATE TABLE person_case (
    case_id @TEXT PRIMARY KEY REFERENCES case_file (id),
    person @INT NOT NULL REFERENCES person (serial),
    how @TEXT NOT NULL,
    leaf @INT NOT NULL
) @KEYED;
CREATE INDEX person_case_of ON person_case (person, leaf);

CREATE TABLE acknowledgement (
    person @INT NOT NULL REFERENCES person (serial),
    policy @INT NOT NULL,
    version @INT NOT NULL,
    lang @TEXT NOT NULL,
    at_usec @INT NOT NULL,
    leaf @INT NOT NULL,
    PRIMARY KEY (person, policy, version)
) @KEYED;

-- One-time codes, asked for by a keyed hash of an e-mail ("mail") or phone ("sms"). Whether anybody is known by it is
-- looked up after the answer was given (state 'asked'), so that the answer tells nothing: then `person` stands here, the
-- letter waits in the outbox and the state is 'told', or nobody was found and it is 'nobody'. `sealed` is where to send
-- it, as typed, sealed under a key of the code's own, until it is sent or nobody was found. The code itself is derived
-- and stands nowhere.
CREATE TABLE person_code (
    id @TEXT PRIMARY KEY,
    lookup @BLOB NOT NULL CHECK (length(lookup) = 32),
    kind @TEXT NOT NULL,
    lang @TEXT NOT NULL,
    sealed @BLOB,
    state @TEXT NOT NULL,
    person @INT REFERENCES person (serial),
    tries @INT NOT NULL,
    created_usec @INT NOT NULL,
    paused_until_usec @INT,
    used_usec @INT
) @KEYED;
CREATE INDEX person_code_lookup ON person_code (lookup, created_usec);
CREATE INDEX person_code_created ON person_code (created_usec);
CREATE INDEX person_code_asked ON person_code (created_usec) WHERE state = 'asked';
CREATE INDEX person_code_person ON person_code (person) WHERE person IS NOT NULL;
-- `sealed`: the e-mail or phone that the code went to, under the person's key: where letters about what is asked for in
-- the cabinet go. NULL after a certificate.
CREATE TABLE person_session (
    token_hash @BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    person @INT NOT NULL REFERENCES person (serial),
    how @TEXT NOT NULL,
    sealed @BLOB,
    created_usec @INT NOT NULL,
    seen_usec @INT NOT NULL,
    expires_usec @INT NOT NULL
) @KEYED;
CREATE INDEX person_session_of ON person_session (person);

-- Files of consents being read in, each as far as it was read: `position_bytes` and `line` are where the next row begins,
-- and move in the transaction that takes the rows before them. A file that was sent is kept in parts, sealed under a key
-- made of `salt`, until it is read; a file of the command line is not kept, and then `salt` is NULL from the beginning.
-- `state`: "receiving", "running", "stopped", "done". `format`: "csv", "jsonld".
CREATE TABLE import (
    id @TEXT PRIMARY KEY,
    name @TEXT NOT NULL,
    format @TEXT NOT NULL,
    content_hash @BLOB NOT NULL UNIQUE CHECK (length(content_hash) = 32),
    size_bytes @INT NOT NULL,
    position_bytes @INT NOT NULL,
    line @INT NOT NULL,
    taken @INT NOT NULL,
    refused @INT NOT NULL,
    kept @INT NOT NULL,
    state @TEXT NOT NULL,
    salt @BLOB,
    parts @INT NOT NULL,
    account_id @TEXT,
    started_usec @INT NOT NULL,
    changed_usec @INT NOT NULL
) @KEYED;
CREATE INDEX import_started ON import (started_usec);
CREATE TABLE import_part (
    import_id @TEXT NOT NULL REFERENCES import (id),
    part @INT NOT NULL,
    sealed @BLOB NOT NULL,
    PRIMARY KEY (import_id, part)
) @STRICT;
-- Why a row was not taken; of all that were refused the first hundred thousand (import.kept). One row may be refused for
-- several fields.
CREATE TABLE import_refusal (
    import_id @TEXT NOT NULL REFERENCES import (id),
    line @INT NOT NULL,
    field @TEXT NOT NULL,
    code @TEXT NOT NULL,
    arg @TEXT NOT NULL,
    PRIMARY KEY (import_id, line, field, code)
) @KEYED;
