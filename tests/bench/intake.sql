-- The rows of one complaint, in one transaction: person, case, clock, event. As long as those that Talap writes, and as
-- orderly: ids grow with time.
BEGIN;
INSERT INTO subject (id, wrapped_key, created_usec)
VALUES (lpad(nextval('bench_leaf')::text, 36, '0'), decode(repeat('5a', 72), 'hex'), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
INSERT INTO case_file (serial, id, number, procedure, state, version, opened_usec, registered_usec, next_due_usec, next_overdue_usec,
    last_leaf, subject_id, opener, lang, fields)
SELECT leaf, lpad(leaf::text, 36, '0'), 'Ш-2026-' || leaf, 'complaint', 'received', 1, at, at, at + 1728000000000, at + 1814400000000, leaf,
    lpad(leaf::text, 36, '0'), 'public', 'kk',
    '{"about":"content","link":"https://alan.example.kz/p/1","text":"Шағым: менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын."}'
FROM (SELECT currval('bench_leaf') AS leaf, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at) AS now;
INSERT INTO clock (case_id, clock, norm, norm_from_day, starts_usec, due_usec, overdue_usec, state, stopped_in_time, extended, remind_usec,
    overdue_told, basis, ripe_usec, outcome, procedure, opened_usec)
SELECT lpad(leaf::text, 36, '0'), 'answer', 'opl.11.3', 19610, at, at + 1728000000000, at + 1814400000000, 'running', 0, 0,
    at + 1296000000000, 0, 1000000, at + 1296000000000, 0, 'complaint', at
FROM (SELECT currval('bench_leaf') AS leaf, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at) AS now;
INSERT INTO event (leaf, at_usec, kind, case_id, leaf_hash, subject_id, body)
SELECT leaf, at, 'case.opened', lpad(leaf::text, 36, '0'), sha256(leaf::text::bytea), lpad(leaf::text, 36, '0'),
    '{"actor":"public","at_usec":1795297245446000,"attachments":[],"calendar":"' || repeat('c', 64) || '","case_id":"' ||
    lpad(leaf::text, 36, '0') || '","catalogue":"' || repeat('d', 64) ||
    '","clocks":[{"clock":"answer","due":1797120000000000,"norm":"opl.11.3","norm_from":19610,"overdue":1797206400000000,'
    || '"starts":1795297245446000}],"kind":"case.opened","lang":"kk","number":"Ш-2026-000001","opener":"public","personal":{},'
    || '"procedure":"complaint","received":1795297245446000,"state":"received","subject_id":"' || lpad(leaf::text, 36, '0') || '","values":'
    || '{"about":"content","link":"https://alan.example.kz/p/1","text":"Шағым: менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын."},'
    || '"version":1}'
FROM (SELECT currval('bench_leaf') AS leaf, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at) AS now;
COMMIT;
