drop table memory_origins;
drop table session_operations;
drop table session_snapshots;

-- What a fork shares becomes its own. Search finds these events where they came from.
insert into session_events (
  session_id, seq, event_id, type, actor, timestamp, recorded_at, content, state_delta, is_final)
with recursive stretches (session_id, holder, up_to) as (
  select id, parent_session_id, forked_at_seq
  from sessions
  where parent_session_id is not null
  union all
  select s.session_id, p.parent_session_id, min(s.up_to, p.forked_at_seq)
  from stretches s
  join sessions p on p.id = s.holder
  where p.parent_session_id is not null)
select s.session_id, e.seq, e.event_id, e.type, e.actor, e.timestamp, e.recorded_at, e.content, e.state_delta, e.is_final
from stretches s
join session_events e on e.session_id = s.holder and e.seq <= s.up_to;

drop index sessions_by_parent;
alter table sessions drop column forked_at_seq;
alter table sessions drop column parent_session_id;
