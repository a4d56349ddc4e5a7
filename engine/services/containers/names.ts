import { randomInt } from 'node:crypto'
import { EngineError } from '../../../contract/errors.ts'

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** Checks a name that a user gave; a leading slash is Docker's and is taken off. */
export function parseName(name: string): string {
  const bare = name.replace(/^\//, '')
  if (VALID.test(bare)) return bare
  throw new EngineError(
    'INVALID_ARGUMENT',
    `'${name}' is not a container name; use letters, digits, '_', '.', '-', and begin with a letter or digit`,
  )
}

const GROWTH = ['budding', 'climbing', 'creeping', 'dewy', 'fresh', 'green', 'hardy', 'leafy', 'mossy', 'quiet', 'rooted', 'sunny', 'tender', 'twining', 'verdant', 'wild'] // prettier-ignore
const PLANTS = ['aspen', 'bamboo', 'bracken', 'clover', 'fern', 'hazel', 'iris', 'ivy', 'lily', 'mint', 'moss', 'poplar', 'reed', 'sedge', 'strawberry', 'willow'] // prettier-ignore

/** A name that nobody has: two words, and a number when those are taken. */
export function inventName(taken: (name: string) => boolean): string {
  for (let tries = 0; ; tries++) {
    const words = `${GROWTH[randomInt(GROWTH.length)]}_${PLANTS[randomInt(PLANTS.length)]}`
    const name = tries < 4 ? words : `${words}${randomInt(10_000)}`
    if (!taken(name)) return name
  }
}
