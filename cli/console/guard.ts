import type { IncomingHttpHeaders } from 'node:http'
import { EngineError } from '../../contract/errors.ts'
import type { Session } from './session.ts'

export const SUBPROTOCOL = 'ramet.v1'
const SECRET_PROTOCOL = 'ramet.session.'

/** Names that the console answers to. Any other is a page of elsewhere whose name was made to mean this machine. */
export function hosts(port: number): string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`]
}

export function checkHost(headers: IncomingHttpHeaders, port: number): void {
  if (hosts(port).includes(headers.host ?? '')) return
  throw new EngineError('FORBIDDEN', `the console does not answer for the host '${headers.host ?? ''}'`)
}

/** Only the console's own page asks. A browser always says where a request of another page comes from. */
export function checkOrigin(headers: IncomingHttpHeaders, port: number, always: boolean): void {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  const ours = origin === undefined ? !always : hosts(port).some((host) => origin === `http://${host}`)
  if (ours && (site === undefined || site === 'same-origin')) return
  throw new EngineError('FORBIDDEN', `the console does not answer pages of '${origin ?? site}'`)
}

/** A fetch carries the session as a bearer token; a WebSocket, which can carry no header, as a subprotocol. */
export function checkSession(headers: IncomingHttpHeaders, session: Session): void {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1]
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim())
  const secret =
    bearer ?? offered.find((each) => each.startsWith(SECRET_PROTOCOL))?.slice(SECRET_PROTOCOL.length)
  if (session.accepts(secret)) return
  throw new EngineError(
    'UNAUTHORIZED',
    "this page has no session, or an old one; run 'ramet gui --browser' again and open the link it prints",
  )
}
