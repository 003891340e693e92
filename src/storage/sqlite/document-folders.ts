import type { Database } from 'better-sqlite3'
import type { ClaimedFolders, FinishedFolder, FolderClaim, StoredFolder } from '../document-store.js'
import { leaseHolder, releaseLease, takeLease } from './leases.js'
import { all, run, sql } from './statements.js'

const ofNamespace = sql(
  'documentFolders.ofNamespace',
  `select id, root, identity
   from document_folders
   where namespace = :namespace
   order by root`,
)

const insert = sql(
  'documentFolders.insert',
  `insert into document_folders (id, namespace, root, identity, created_at)
   values (:id, :namespace, :root, :identity, :now)`,
)

/** Of what is claimed all is free, or none of it is taken. */
export function claimFolder(db: Database, claim: FolderClaim): ClaimedFolders | { heldBy: string } {
  const { id, namespace, root, identity, holder, now, until } = claim
  const known = all<StoredFolder>(db, ofNamespace, { namespace })
  const found = known.find((folder) => isWithin(root, folder.root))
  const inner = known.filter((folder) => folder !== found && isWithin(folder.root, root))
  const folder = found ?? { id, root, identity }
  for (const { id } of [folder, ...inner]) {
    const held = leaseHolder(db, { name: leaseOf(id), now })
    if (held !== undefined && held !== holder) return { heldBy: held }
  }
  if (found === undefined) run(db, insert, { id, namespace, root, identity, now })
  for (const { id } of [folder, ...inner]) takeLease(db, { name: leaseOf(id), holder, now, until })
  return { folder, inner }
}

const leaseOf = (folder: string): string => `documents:${folder}`

function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === '/' ? outer : `${outer}/`)
}

const noteSync = sql(
  'documentFolders.noteSync',
  `update document_folders
   set synced_at = :now, identity = :identity, error = :error,
     skipped = ifnull(:files, skipped), skipped_count = ifnull(:count, skipped_count)
   where id = :id`,
)

const removeEmpty = sql(
  'documentFolders.removeEmpty',
  `delete from document_folders
   where id = :id and not exists (select 1 from documents where folder_id = :id)`,
)

export function finishFolder(db: Database, { folders, holder, now, outcome }: FinishedFolder): null {
  const [outer, ...inner] = folders
  if (outer !== undefined && outcome) {
    const { skipped, ...noted } = outcome
    run(db, noteSync, { id: outer, now, ...noted, files: skipped?.files ?? null, count: skipped?.count ?? null })
  }
  if (outcome) for (const id of inner) run(db, removeEmpty, { id })
  for (const id of folders) releaseLease(db, { name: leaseOf(id), holder })
  return null
}
