import type { Caller } from './access/caller.js'

declare module 'express-serve-static-core' {
  interface Request {
    /** Who makes the request, once known. */
    caller?: Caller
    /** Whether another process of the cluster has sent it on to this one. */
    wasForwarded?: boolean
  }
}
