import { capFacts, lockFacts } from '../faults/limit-account.js'
import { childOf, childrenOf, stanza } from '../wire/binary-node.js'
import { MAX_MEDIA_BYTES, MEDIA_AUTH } from '../media/media-host.js'
import { answerError, answerResult, type QueryHandler } from './answer.js'

const PRIVACY_CATEGORIES = ['last', 'online', 'profile', 'status', 'groupadd', 'calladd', 'readreceipts']

/** Nothing to tell: the query was understood. */
export const answerDone: QueryHandler = ({ connection, iq }) => answerResult(connection, iq)

/** `abt`, and `w` in older versions: the properties of the client's experiments. */
export const answerProperties: QueryHandler = ({ connection, iq }) =>
  answerResult(connection, iq, [
    stanza('props', { protocol: '1', hash: 'loop1', refresh: '86400', refresh_id: '1' }, [stanza('prop', { config_code: '10518', config_value: 'true' })]),
  ])

/** `blocklist`: nobody is blocked. */
export const answerBlockList: QueryHandler = ({ connection, iq }) => answerResult(connection, iq, [stanza('list', { dhash: '1' }, [])])

/** `privacy`: everybody may see everything; no tokens. */
export const answerPrivacy: QueryHandler = ({ connection, iq, asked }) =>
  answerResult(connection, iq, [
    asked?.tag === 'tokens'
      ? stanza('tokens')
      : stanza(
          'privacy',
          {},
          PRIVACY_CATEGORIES.map((name) => stanza('category', { name, value: 'all' })),
        ),
  ])

/** `w:mex`: what the account may not do. */
export const answerFacts: QueryHandler = ({ server, connection, device: { phone }, iq }) => {
  const data = { xwa2_fetch_account_reachout_timelock: lockFacts(server, phone), xwa2_message_capping_info: capFacts(server, phone) }
  return answerResult(connection, iq, [stanza('result', {}, Buffer.from(JSON.stringify({ data })))])
}

/** `w:m`: where media goes. */
export const answerMediaHosts: QueryHandler = ({ server, connection, iq }) =>
  answerResult(connection, iq, [
    stanza('media_conn', { auth: MEDIA_AUTH, ttl: '3600', auth_ttl: '3600', max_buckets: '12' }, [
      stanza('host', { hostname: server.media.hostname, maxContentLengthBytes: String(MAX_MEDIA_BYTES) }),
    ]),
  ])

/** `w:profile:picture`: nobody has one. */
export const answerPicture: QueryHandler = ({ connection, iq }) =>
  iq.attrs['type'] === 'get' ? answerError(connection, iq, 404, 'item-not-found') : answerResult(connection, iq)

/** `w:g2`: there are no groups. */
export const answerGroups: QueryHandler = ({ connection, iq, asked }) =>
  asked?.tag === 'participating' ? answerResult(connection, iq, [stanza('groups', {}, [])]) : answerError(connection, iq, 404, 'item-not-found')

/** `w:sync:app:state`: takes patches without looking into them, and counts versions. */
export const answerAppState: QueryHandler = ({ connection, device, iq, asked }) => {
  const collections = childrenOf(asked, 'collection').map((collection) => {
    const name = collection.attrs['name'] ?? ''
    const told = Number(collection.attrs['version'] ?? 0)
    const known = device.appState.get(name) ?? told
    const version = childOf(collection, 'patch') === undefined ? known : Math.max(known, told) + 1
    if (version !== known) device.appState.set(name, version)
    return stanza('collection', { name, version: String(version), type: 'result' })
  })
  return answerResult(connection, iq, [stanza('sync', {}, collections)])
}
