-- The rows of one complaint, in one transaction: person, case, clock, event. As long as those that Talap writes.
BEGIN;
SELECT nextval('bench_leaf') AS leaf, gen_random_uuid()::text AS case_id, gen_random_uuid()::text AS subject_id,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_usec \gset
INSERT INTO subject (id, wrapped_key, created_usec) VALUES (:'subject_id', decode(repeat('5a', 72), 'hex'), :now_usec);
INSERT INTO case_file (serial, id, number, procedure, state, version, opened_usec, registered_usec, next_due_usec, next_overdue_usec,
    last_leaf, subject_id, opener, lang, fields)
VALUES (:leaf, :'case_id', 'Ш-2026-' || :leaf, 'complaint', 'received', 1, :now_usec, :now_usec, :now_usec + 1728000000000,
    :now_usec + 1814400000000, :leaf, :'subject_id', 'public', 'kk',
    '{"about":"content","link":"https://alan.example.kz/p/1","text":"Шағым: менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын."}');
INSERT INTO clock (case_id, clock, norm, norm_from_day, starts_usec, due_usec, overdue_usec, state, stopped_in_time, extended, remind_usec,
    overdue_told, basis, ripe_usec, outcome, procedure, opened_usec)
VALUES (:'case_id', 'answer', 'opl.11.3', 19610, :now_usec, :now_usec + 1728000000000, :now_usec + 1814400000000, 'running', 0, 0,
    :now_usec + 1296000000000, 0, 1000000, :now_usec + 1296000000000, 0, 'complaint', :now_usec);
INSERT INTO event (leaf, at_usec, kind, case_id, leaf_hash, subject_id, body)
VALUES (:leaf, :now_usec, 'case.opened', :'case_id', sha256(:'case_id'::bytea), :'subject_id',
    '{"at":1,"attachments":[],"calendar":"' || repeat('c', 64) || '","case_id":"' || :'case_id' || '","catalogue":"' || repeat('d', 64) ||
    '","clocks":[{"clock":"answer","due":1,"norm":"opl.11.3","norm_from":19610,"overdue":1,"starts":1}],"kind":"case.opened","lang":"kk",'
    || '"number":"Ш-2026-1","opener":"public","personal":{},"procedure":"complaint","received":1,"state":"received","values":'
    || '{"about":"content","link":"https://alan.example.kz/p/1","text":"Шағым: менің суретім рұқсатсыз жарияланған, парақшаны тексеріп, өшіруді сұраймын."}}');
COMMIT;
