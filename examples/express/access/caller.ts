import { badRequest, forbidden, unauthorized } from '../answers/problem.js'

/** Who makes a request, as its token says. */
export interface Caller {
  /** The company; an admin may have none. */
  companyId: string | null
  /** An agent works for one company; an admin for all. */
  role: 'agent' | 'admin'
  /** When the token stops working. */
  expiresAt: Date
}

/** The company that a request is about. An agent may leave it out, but may not name another one, whether or not it exists. */
export function companyFor(caller: Caller, asked: unknown): string {
  const company = companyOrAll(caller, asked)
  if (company === null) throw badRequest('Give the company as company_id.')
  return company
}

/** The same, but an admin may mean all companies: `null`. */
export function companyOrAll(caller: Caller, asked: unknown): string | null {
  if (asked !== undefined && (typeof asked !== 'string' || asked === '')) throw badRequest('company_id must be one non-empty string.')
  if (caller.role === 'admin') return asked ?? null
  if (caller.companyId === null) throw unauthorized('The token names no company.')
  if (asked !== undefined && asked !== caller.companyId) throw forbidden('This token is not for that company.')
  return caller.companyId
}
