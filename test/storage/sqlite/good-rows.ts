export type Row = Record<string, string | number | null | Uint8Array>

/** One row of each table with every column that must be named, in an order in which foreign keys hold. */
export const goodRows: Record<string, Row> = {
  sessions: { id: 's1', app_id: 'support', user_id: 'alice', created_at: 0, updated_at: 0 },
  session_events: {
    ...{ session_id: 's1', seq: 1, event_id: 'e1', type: 'message', actor: 'user', timestamp: 0, recorded_at: 0 },
    ...{ content: '{}', state_delta: '{}' },
  },
  session_snapshots: { session_id: 's1', seq: 1, state: '{}' },
  session_operations: {
    ...{
      session_id: 's1',
      operation_id: 'op1',
      digest: 'd',
      first_seq: 1,
      last_seq: 1,
      branch_id: 's2',
      created_at: 0,
    },
  },
  state: { scope: 'user', owner: 'alice', key: 'theme', value: '1', session_id: 's1', updated_at: 0 },
  memory_entries: {
    ...{ chain: 'c1', namespace: 'user:alice', key: 'tone', version: 1, type: 'semantic', value: '1', valid_from: 1 },
    ...{ valid_to: 2, recorded_at: 0, created_at: 0, created_by: 'user:alice', updated_by: 'user:alice' },
  },
  memory_origins: {
    ...{ memory_id: 1, kind: 'document', source: '{"path":"notes.md"}', created_at: 0, created_by: 'user:alice' },
  },
  document_folders: { id: 'f1', namespace: 'project:default', root: '/notes', identity: '1:2', created_at: 0 },
  documents: {
    ...{ id: 'd1', folder_id: 'f1', namespace: 'project:default', path: 'a.md', title: 'A', sha256: 'a'.repeat(64) },
    ...{ bytes: 1, chunks: 1, modified_at: 0, stamp: '1 2 3 4', read_at: 0, synced_at: 0, created_at: 0 },
  },
  document_chunks: {
    ...{ document_id: 'd1', position: 0, heading: 'A', line_from: 1, line_to: 2, tokens: 3, text: '# A' },
  },
  tasks: {
    ...{ id: 't1', prompt: 'do it', result: '1', submitted_at: 0, updated_at: 0, created_by: 'user:alice' },
    ...{ parent_task_id: null, session_id: 's1' },
  },
  agents: { id: 'a1', name: 'scout', state: 'idle', task_id: 't1', session_id: 's1', spawned_at: 0 },
  checkpoints: {
    ...{ task_id: 't1', iteration: 1, base: 0, chain: 1, data: Buffer.from('{}'), bytes: 2, checksum: 1 },
    ...{ session_id: 's1', created_at: 0 },
  },
  audit: { timestamp: 0, subject: 'memory', operation: 'create', actor: 'user:alice', principal: '{}' },
  metrics: { timestamp: 0, name: 'latency', value: 0 },
  metric_histograms: { name: 'memories.add', minute: 0, count: 1, sum: 1, min: 1, max: 1, buckets: '{}' },
  leases: { name: 'expire', holder: 'process 1', expires_at: 0 },
  jobs: { kind: 'embed', subject: 1, run_after: 0, created_at: 0 },
  search_items: { kind: 'memory', ref: 7, namespace: 'user:alice', type: 'semantic', time: 0, text_version: 1 },
  embedding_spaces: {
    ...{ name: 'ollama/nomic/1', provider: 'ollama', model: 'nomic', dimensions: 1, document_prefix: '' },
    ...{ query_prefix: '', state: 'kept', created_at: 0, activated_at: 0 },
  },
  embedding_codes: { item: 1, space_id: 1, text_hash: Buffer.alloc(16), code: Buffer.alloc(1) },
  embedding_vectors: { change_seq: 1, vector: Buffer.alloc(4) },
  embedding_jobs: { space_id: 1, item: 1, run_after: 0, last_error: 'too long' },
}
