/**
 * What each statement of the adapter searches, in order, each once: an index by its name, a primary key or unique
 * constraint by its columns, a row by its id. Where two serve equally well, ` | ` stands between them. Statements that only
 * insert search nothing.
 */
export const expectedPlans: Record<string, string[]> = {
  'sessions.byId': ['sessions (id)'],
  'sessions.list[created any]': ['sessions_by_created'],
  'sessions.list[created user]': ['sessions_by_user'],
  'sessions.list[created app+user]': ['sessions_by_owner'],
  'sessions.list[created project]': ['sessions_by_project'],
  'sessions.list[active any]': ['sessions_active'],
  'sessions.list[active user]': ['sessions_active_by_user'],
  'sessions.insert': [],
  'sessions.touch': ['sessions (id)'],
  'sessions.setStatus': ['sessions (id)'],
  'sessions.insertBranch': [],
  'sessions.takeBack': ['sessions (id)'],
  'sessions.inherit': ['sessions (id)'],
  'sessions.forks': ['sessions_by_parent'],
  'sessions.heir': ['sessions_by_parent'],
  'sessions.handForks': ['sessions_by_parent'],
  'sessions.handAllForks': ['sessions_by_parent'],
  // With what the foreign keys of seven tables look for.
  'sessions.delete': [
    'sessions (id)',
    'checkpoints_by_session',
    'agents_by_session',
    'tasks_by_session',
    'sessions_by_parent',
    'session_snapshots (session_id, seq)',
    'session_operations (session_id, operation_id)',
    'session_events (session_id, seq) | session_events (session_id, event_id)',
  ],

  'events.insert': [],
  'events.byEventId': ['session_events (session_id, event_id)'],
  'events.list[asc]': ['session_events (session_id, seq)'],
  'events.list[desc]': ['session_events (session_id, seq)'],

  'events.deltas': ['events_with_delta'],
  'events.indexed': ['session_events (session_id, seq)', 'search_items (kind, ref)'],
  'events.move': ['session_events (session_id, seq)'],

  'snapshots.nearest': ['session_snapshots (session_id, seq)'],
  'snapshots.set': [],
  'snapshots.move': ['session_snapshots (session_id, seq)'],
  'operations.byId': ['session_operations (session_id, operation_id)'],
  'operations.insert': [],
  'operations.shorten': ['session_operations (session_id, operation_id)'],

  'state.own': ['state (scope, owner, key)'],
  'state.hand': ['state (scope, owner, key)'],
  'state.read[all]': ['state (scope, owner, key)'],
  'state.read[one]': ['state (scope, owner, key)'],
  'state.set': [],
  'state.remove': ['state (scope, owner, key)'],
  'state.clearOwn': ['state (scope, owner, key)'],
  'state.setBySession': ['state_by_session'],

  'memories.insert': [],
  'memories.insertFirst': [],
  'memories.supersede': ['rowid'],
  'memories.unindexChain': ['search_items (kind, ref)', 'memory_entries (namespace, key, version)'],
  'memories.expired': ['memory_by_expiry'],
  'memories.oldEpisodes': ['memory_by_type'],
  'memories.latest': ['memory_latest'],
  'memories.byVersion': ['memory_entries (namespace, key, version)'],
  'memories.chainDown': ['memory_entries (namespace, key, version)'],
  'memories.history': ['memory_entries (namespace, key, version)'],
  'memories.namespaces': ['memory_latest'],
  'memories.anyBounded': ['memory_bounded'],
  'memories.listLatestByKey[all]': ['memory_latest'],
  'memories.listLatestByKey[filtered]': ['memory_latest'],
  // The latest row of each chain, the visible row, and the chain below where these are not the same.
  'memories.listByKey[visible]': ['memory_latest', 'rowid', 'memory_entries (namespace, key, version)'],
  'memories.listByKey[tombstones]': ['memory_deleted', 'rowid'],
  'memories.listSpanNewest[visible]': ['memory_latest', 'rowid', 'memory_entries (namespace, key, version)'],
  'memories.listSpanNewest[tombstones]': ['memory_deleted', 'rowid'],
  'memories.listAllNewest[all]': ['memory_by_recorded', 'rowid', 'memory_entries (namespace, key, version)'],
  'memories.listAllNewest[type]': ['memory_by_type', 'rowid', 'memory_entries (namespace, key, version)'],
  'memories.listAllNewest[createdBy]': ['memory_by_creator', 'rowid', 'memory_entries (namespace, key, version)'],

  'memories.newestRow': ['rowid'],
  'memories.changedSince': ['memory_by_recorded'],

  'origins.insert': [],
  'origins.copy': ['memory_origins (memory_id, kind, source)'],
  'origins.ofMemory': ['memory_origins (memory_id, kind, source)', 'sessions (id)'],
  'origins.bySource': ['memory_origins_by_source', 'rowid'],

  'search.insertItem': [],
  'search.insertText': [],
  'search.updateVersion': ['rowid'],
  'search.moveItem': ['rowid'],
  'search.removeText': [],
  'search.removeItem': ['search_items (kind, ref)'],
  'search.memoriesToIndex': ['rowid'],
  'search.eventsToIndex': ['rowid', 'sessions (id)'],
  'search.postings': [],
  'search.frequency': [],
  'search.newestItem': ['rowid'],
  'search.item': ['rowid'],
  'search.memory': ['rowid'],
  'search.event': ['rowid', 'sessions (id)'],

  'audit.insert': [],
  'audit.countRefusal': [],
  'audit.list[time]': ['audit_by_time'],
  'audit.list[operation]': ['audit_by_operation'],
  'audit.list[entry]': ['audit_by_entry'],
  'audit.list[span]': ['audit_by_entry'],
  'audit.list[session]': ['audit_by_session'],
  'audit.list[task]': ['audit_by_task'],
  'audit.list[agent]': ['audit_by_agent'],

  'info.counts': [],
  'info.engine': [],
  begin: [],
  commit: [],
}

/** Steps that are no search, each with the reason why it may be. One that is not needed any more fails the test. */
export const exceptions: { statement: RegExp; step: RegExp; reason: string }[] = [
  {
    statement: /^search\.(?:postings|frequency)$/,
    step: /^SCAN search_text VIRTUAL TABLE INDEX \d+:M/,
    reason:
      'a full-text match reads one posting list as far as its limit, which the planner calls a scan of a virtual table',
  },
  {
    statement: /^memories\.list(?:ByKey|LatestByKey\[filtered\]|SpanNewest|AllNewest)/,
    step: /^SCAN (?:wanted|held) VIRTUAL TABLE INDEX 1:(?: LEFT-JOIN)?$/,
    reason: 'json_each walks the few fields of one metadata object, and only when a filter asks for it',
  },
  {
    statement: /^memories\.listSpanNewest\[(?:visible|tombstones)\]$/,
    step: /^USE TEMP B-TREE FOR ORDER BY$/,
    reason: 'an index leads with the namespace range or with the time, never with both; one user reads one user’s rows',
  },
  {
    statement: /^audit\.list\[span\]$/,
    step: /^USE TEMP B-TREE FOR ORDER BY$/,
    reason: 'the same, for the trail of a namespace and what is below it',
  },
  {
    statement: /^sessions\.heir$/,
    step: /^USE TEMP B-TREE FOR ORDER BY$/,
    reason: 'the forks of one session, when it is deleted; the index has them by age, as they are listed',
  },
  {
    statement: /^search\.removeText$/,
    step: /^SCAN search_text VIRTUAL TABLE INDEX \d+:=$/,
    reason: 'one row by its id, which the planner calls a scan of a virtual table',
  },
  {
    statement: /^info\.counts$/,
    step: /^SCAN (?:sessions|session_events|state|memory_entries|audit)(?: USING (?:COVERING )?INDEX \w+)?$/,
    reason: 'it counts all rows; it runs in a reader thread, for people who ask how large the store is',
  },
]
