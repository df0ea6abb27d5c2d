-- Users in figures, and the store of online advertising.

-- A calendar month in which users are counted: `month` is year * 12 + month of the year - 1. `secret` is the key of the
-- hashes, wrapped by the master key, and goes when the month is closed; `print` (store_print) then tells whether it is
-- still found in the file. What chunks up to `folded` hold is in the sets; the chunks themselves are gone.
CREATE TABLE audience_month (
    month @INT PRIMARY KEY,
    secret @BLOB,
    print @INT NOT NULL,
    opened_usec @INT NOT NULL,
    folded @INT NOT NULL,
    closed_usec @INT,
    destroyed_usec @INT
) @STRICT;
CREATE TABLE audience_service (
    number @INT PRIMARY KEY,
    name @TEXT NOT NULL UNIQUE
) @STRICT;
-- What was counted since: hashes (64 bits each, little-endian) of users first seen that day in that service. `serial`
-- grows in the order of the commits, so that nodes read what others wrote.
CREATE TABLE audience_chunk (
    serial @INT PRIMARY KEY,
    month @INT NOT NULL REFERENCES audience_month (month),
    day @INT NOT NULL,
    service @INT NOT NULL REFERENCES audience_service (number),
    hashes @BLOB NOT NULL
) @STRICT;
CREATE INDEX audience_chunk_month ON audience_chunk (month, serial);
-- All users of a month and service whose hashes begin alike, sorted: each with a bit for each day of the month.
CREATE TABLE audience_set (
    month @INT NOT NULL REFERENCES audience_month (month),
    service @INT NOT NULL REFERENCES audience_service (number),
    stretch @INT NOT NULL,
    users @BLOB NOT NULL,
    PRIMARY KEY (month, service, stretch)
) @KEYED;
-- Closed figures, of days (`period` "day": local day since 1970) and months ("month"), of each service and of all
-- (service 0). A correction is the next version. `leaf`: the event that says so.
CREATE TABLE audience_figure (
    period @TEXT NOT NULL,
    number @INT NOT NULL,
    service @INT NOT NULL,
    version @INT NOT NULL,
    users @INT NOT NULL,
    leaf @INT NOT NULL,
    PRIMARY KEY (period, number, service, version)
) @KEYED;

-- Online advertising. `serial` is the dense number by which other rows and the index in memory know an advertisement, `id`
-- its public name, `own_id` what the platform calls it. Days are local, since 1970. `last_day`: when it was last placed or
-- shown, which for a period that is not over is still to come; what it says goes a year after, and then only `id`,
-- `removed_usec` and the hashes of its versions are left. `leaf`: the newest event about it (kept, changed, removed).
-- `counted_usec`: when showings were last added to its figures.
CREATE TABLE advert (
    serial @INT PRIMARY KEY,
    id @TEXT NOT NULL UNIQUE,
    own_id @TEXT UNIQUE,
    version @INT NOT NULL,
    placed_usec @INT NOT NULL,
    changed_usec @INT NOT NULL,
    first_day @INT,
    last_day @INT NOT NULL,
    shown @INT NOT NULL,
    removed_usec @INT,
    leaf @INT NOT NULL,
    counted_usec @INT
) @STRICT;
CREATE INDEX advert_last ON advert (last_day) WHERE removed_usec IS NULL;
CREATE INDEX advert_leaf ON advert (leaf, serial);
CREATE INDEX advert_counted ON advert (counted_usec) WHERE counted_usec IS NOT NULL;
-- What an advertisement said from a moment on: `json` as it was given, with the result of its check. `leaf`: the event that
-- took it in, one for all that came together; `place` is its place in that event's list, whose root the event holds. Rows
-- are long: within their key's own tree each would get a page to itself.
CREATE TABLE advert_version (
    advert @INT NOT NULL REFERENCES advert (serial),
    version @INT NOT NULL,
    from_usec @INT NOT NULL,
    leaf @INT NOT NULL,
    place @INT NOT NULL,
    hash @BLOB NOT NULL CHECK (length(hash) = 32),
    json @TEXT,
    PRIMARY KEY (advert, version)
) @STRICT;
-- Media by the SHA-256 of their bytes; of those that were sent the bytes too.
CREATE TABLE advert_media (
    hash @BLOB PRIMARY KEY CHECK (length(hash) = 32),
    type @TEXT NOT NULL,
    size_bytes @INT NOT NULL,
    bytes @BLOB NOT NULL,
    kept_usec @INT NOT NULL
) @STRICT;
CREATE TABLE advert_media_of (
    hash @BLOB NOT NULL,
    advert @INT NOT NULL REFERENCES advert (serial),
    PRIMARY KEY (hash, advert)
) @KEYED;
CREATE INDEX advert_media_advert ON advert_media_of (advert);
-- Counts of showings as they came, until they are added to the figures: the rows of one body in parts, sorted, each part
-- added and gone in one transaction.
CREATE TABLE advert_chunk (
    serial @INT PRIMARY KEY,
    received_usec @INT NOT NULL,
    count @INT NOT NULL,
    rows @BLOB NOT NULL
) @STRICT;
-- `region`: number of law/regions.yaml, 0 where none was said.
CREATE TABLE advert_showing (
    advert @INT NOT NULL REFERENCES advert (serial),
    day @INT NOT NULL,
    region @INT NOT NULL,
    count @INT NOT NULL,
    PRIMARY KEY (advert, day, region)
) @KEYED;
