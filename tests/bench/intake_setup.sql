-- For the peer of the intake: places and moments drawn from sequences, so that nothing is locked between its clients. That
-- is kinder to PostgreSQL than Talap is to itself, which gives numbers without gaps and one order of events.
CREATE SEQUENCE bench_leaf START 1000000;
INSERT INTO basis (id, calendar_hash, catalogue_hash) VALUES (1000000, repeat('a', 64), repeat('b', 64));
