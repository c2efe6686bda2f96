import { inspectDirectory } from './inspect-folder.js'
import { findMisnomer } from '../misnamed-store.js'
import type { StoreName } from '../store-name.js'
import type { Finding } from './diagnosis.js'

/** What is to be said of a store as a whole. */
export async function examineStore(name: StoreName, hasSessions: boolean): Promise<Finding[]> {
  if (name.kind !== 'fs') return []
  const { mode, isWritableByOthers } = await inspectDirectory(name.path)
  const findings: Finding[] = []
  if (isWritableByOthers) {
    findings.push({ code: 'directory_writable', message: `Others than the owner may move sessions in and out of ${name.path}: it has mode ${mode.toString(8).padStart(4, '0')}. Close it with chmod, if nobody else needs it.`, needsPerson: true, canRepair: false })
  }
  const misnomer = await findMisnomer(name, hasSessions)
  if (misnomer !== null) findings.push({ ...misnomer, needsPerson: true, canRepair: false })
  return findings
}
