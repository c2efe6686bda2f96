import type { ClusterProcess } from '../../../src/lease/lock-cluster.js'
import { CLUSTER_MUST } from '../../../src/testing/contracts/lock-cluster/cluster-musts.js'
import type { Mutant } from './mutant.js'
import type { ClusteredLock, SharedCluster } from './shared-cluster.js'

const SHOWN = 'a process that announces itself is shown with its name and its text'
const LEAVES = 'a process that leaves is shown no more, until it announces itself again'
const ONLY_HOLDS = 'a process that only holds locks is named, without a text'
const KNOWS_ITSELF = 'a process that reads the news knows itself'
const DRAINED = 'a member that is asked to drain is told so, until it leaves'
const NO_MEMBER = 'a process that is no member cannot be asked to drain'
const NOTE_SHOWN = 'a note is shown with its lock and its holder, to who asks and to who follows'
const GOES = 'a note goes with its lease, and the next lease has none'
const LATER = 'later news tell each lock that was taken, noted or given back since'
const HAND_TO_HAND = 'a lock that goes from hand to hand is told each time, never with the note of the last holder'
const RAN_OUT = 'a member whose lease ran out is shown no more, with all that it noted, until it announces itself again'

/** Breaks the cluster of a lock. */
function cluster(name: string, must: string, caughtBy: readonly string[], breakIt: (cluster: SharedCluster) => void): Mutant<ClusteredLock> {
  return { name, must, caughtBy, breakIt: (lock) => breakIt(lock.cluster) }
}

/** Changes how processes are told. */
function changeProcesses(broken: SharedCluster, changed: (process: ClusterProcess) => Partial<ClusterProcess>): void {
  const processOf = broken.processOf.bind(broken)
  broken.processOf = (id) => ({ ...processOf(id), ...changed(processOf(id)) })
}

/** Who is shown. */
const MEMBERS: readonly Mutant<ClusteredLock>[] = [
  cluster('shows nobody who announced itself', CLUSTER_MUST.shown, [SHOWN], (broken) => {
    broken.announce = async () => undefined
  }),
  cluster('names processes by other names than their leases', CLUSTER_MUST.shown, [SHOWN, ONLY_HOLDS], (broken) =>
    changeProcesses(broken, ({ owner }) => ({ owner: `the process ${owner}` })),
  ),
  cluster('keeps the first announcement', CLUSTER_MUST.shown, ['what a process announces replaces what it said before'], (broken) => {
    const announce = broken.announce.bind(broken)
    broken.announce = async (text) => {
      if (!broken.lock.memory.members.has(broken.lock.name)) await announce(text)
    }
  }),
  cluster('shows who left for ever', CLUSTER_MUST.shown, [LEAVES], (broken) => {
    broken.leave = async () => undefined
  }),
  cluster('gives all locks back when it leaves', CLUSTER_MUST.processes, ['a process that leaves keeps its locks'], (broken) => {
    const leave = broken.leave.bind(broken)
    broken.leave = async () => {
      await leave()
      for (const claim of broken.lock.memory.claims.values()) claim.holder = null
    }
  }),
  cluster('changes what is announced', CLUSTER_MUST.shown, ['texts that processes announce come back as they were'], (broken) =>
    changeProcesses(broken, ({ text }) => ({ text: text === '' ? null : text })),
  ),
  cluster('shows members alone', CLUSTER_MUST.processes, [ONLY_HOLDS], (broken) => {
    broken.processes = () => [...broken.lock.memory.members.keys()].map((id) => broken.processOf(id))
  }),
  cluster('knows itself nowhere', CLUSTER_MUST.processes, [KNOWS_ITSELF], (broken) => changeProcesses(broken, () => ({ isSelf: false }))),
  cluster('takes everybody for itself', CLUSTER_MUST.processes, [KNOWS_ITSELF], (broken) => changeProcesses(broken, () => ({ isSelf: true }))),
  cluster('shows itself alone', CLUSTER_MUST.processes, ['members see each other, each under an id of its own'], (broken) => {
    const processes = broken.processes.bind(broken)
    broken.processes = () => processes().filter(({ isSelf }) => isSelf)
  }),
  cluster('asks nobody to drain', CLUSTER_MUST.drain, [DRAINED], (broken) => {
    broken.askToDrain = async (id) => broken.lock.memory.members.has(id)
  }),
  cluster('forgets with the next announcement who was asked to drain', CLUSTER_MUST.drain, [DRAINED], (broken) => {
    broken.announce = async (text) => void broken.lock.memory.members.set(broken.lock.name, { text, isAskedToDrain: false })
  }),
  cluster('finds whom it asks to drain in any case', CLUSTER_MUST.drain, [NO_MEMBER], (broken) => {
    broken.askToDrain = async () => true
  }),
]

/** What is noted. */
const NOTES: readonly Mutant<ClusteredLock>[] = [
  cluster('notes nothing', CLUSTER_MUST.notes, [NOTE_SHOWN], (broken) => {
    broken.note = async () => undefined
  }),
  cluster(
    'keeps the first note',
    CLUSTER_MUST.notes,
    ['a note replaces the last one of its lock, and no other', 'of notes that are made at once the last one counts'],
    (broken) => {
      const mayNote = broken.mayNote.bind(broken)
      broken.mayNote = (sessionId, token) => mayNote(sessionId, token) && broken.noteOn(sessionId) === null
    },
  ),
  cluster('keeps a note for the next holder', CLUSTER_MUST.notes, [GOES, HAND_TO_HAND], (broken) => {
    broken.noteOn = (sessionId) => broken.lock.memory.notes.get(sessionId)?.text ?? null
  }),
  cluster(
    'shows the next holder with what the one before noted that was replaced',
    CLUSTER_MUST.notes,
    ['what a holder noted that was replaced is shown to nobody, and it can note no more'],
    (broken) => {
      broken.noteOn = (sessionId) => broken.lock.memory.notes.get(sessionId)?.text ?? null
    },
  ),
  cluster(
    'takes a note under any token',
    CLUSTER_MUST.notes,
    ['a note under a lease that has ended changes nothing', 'a note of the last holder changes nothing for the next one'],
    (broken) => {
      broken.note = async (sessionId, _, text) => void broken.lock.memory.notes.set(sessionId, { token: broken.lock.newest(sessionId).token, text })
    },
  ),
  cluster('takes a note from who does not hold the lock', CLUSTER_MUST.notes, ['a note of the last holder changes nothing for the next one'], (broken) => {
    broken.mayNote = (sessionId, token) => broken.lock.newest(sessionId).token === token
  }),
  cluster('mixes up the notes of ids', CLUSTER_MUST.notes, ['notes of look-alike ids are different notes, and come back as they were'], (broken) => {
    const note = broken.note.bind(broken)
    broken.note = (sessionId, token, text) => note(sessionId === 'shop' ? 'Shop' : sessionId, token, text)
  }),
]

/** What is told. */
const NEWS: readonly Mutant<ClusteredLock>[] = [
  cluster('begins with nothing', CLUSTER_MUST.news, ['the first news tell every lock that a member holds, with its note'], (broken) => {
    const newsOf = broken.newsOf.bind(broken)
    broken.newsOf = (before, now) => (before === null ? { ...newsOf(before, now), locks: [] } : newsOf(before, now))
  }),
  cluster('tells of no lock that was given back', CLUSTER_MUST.news, [LATER], (broken) => {
    const newsOf = broken.newsOf.bind(broken)
    broken.newsOf = (before, now) => {
      const news = newsOf(before, now)
      return { ...news, locks: news.locks.filter(({ processId }) => processId !== null) }
    }
  }),
  cluster('tells of no note that changed', CLUSTER_MUST.news, [LATER], (broken) => {
    const newsOf = broken.newsOf.bind(broken)
    broken.newsOf = (before, now) => {
      const news = newsOf(before, now)
      return { ...news, locks: news.locks.filter(({ sessionId, processId }) => processId === null || before?.has(sessionId) !== true) }
    }
  }),
  cluster('tells everything each time', CLUSTER_MUST.cost, [LATER, 'news in which nothing happened tell no lock, and every process'], (broken) => {
    const newsOf = broken.newsOf.bind(broken)
    broken.newsOf = (_, now) => newsOf(null, now)
  }),
  cluster('tells each thing to one follower', CLUSTER_MUST.news, ['each follower is told everything'], (broken) => {
    const one = broken.follow()
    broken.follow = () => one
  }),
]

/** When the time of leases runs out, and when nobody can be asked. */
const LOSSES: readonly Mutant<ClusteredLock>[] = [
  {
    name: 'shows members whose lease ran out',
    must: CLUSTER_MUST.shown,
    caughtBy: [RAN_OUT, 'the lease of a member that holds no lock runs out, too'],
    breakIt: (lock) => {
      const { runOut } = lock
      lock.runOut = () => {
        const members = new Map(lock.memory.members)
        runOut.call(lock)
        for (const [id, member] of members) lock.memory.members.set(id, member)
      }
    },
  },
  cluster(
    'goes on with what it knows when nobody can be asked',
    CLUSTER_MUST.outage,
    ['an engine that cannot be asked tells nothing, and takes nothing in'],
    ({ lock }) => {
      lock.memory.assertUp = () => undefined
    },
  ),
]

/** All broken clusters. */
export const CLUSTER_MUTANTS: readonly Mutant<ClusteredLock>[] = [...MEMBERS, ...NOTES, ...NEWS, ...LOSSES]
