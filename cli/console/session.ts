import { randomBytes, timingSafeEqual } from 'node:crypto'

/** How long the link that was printed can be used, in milliseconds. */
const TOKEN_LIFE = 15 * 60_000

/**
 * Who may use the console. The link holds a token that works once: the page trades it for a session, which it sends
 * with each request. No cookie: browsers send those to every port of this machine, so to other people's servers too.
 */
export class Session {
  readonly #secret = random()
  readonly #expires: number
  #token: string | undefined = random()

  constructor(now = Date.now()) {
    this.#expires = now + TOKEN_LIFE
  }

  /** Undefined once it was used. */
  get token(): string | undefined {
    return this.#token
  }

  /** The session's secret for the token; undefined for a wrong, used or expired one. */
  redeem(token: unknown, now = Date.now()): string | undefined {
    if (this.#token === undefined || now > this.#expires || !same(token, this.#token)) return undefined
    this.#token = undefined
    return this.#secret
  }

  accepts(secret: unknown): boolean {
    return same(secret, this.#secret)
  }
}

const random = (): string => randomBytes(32).toString('base64url')

function same(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string') return false
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}
