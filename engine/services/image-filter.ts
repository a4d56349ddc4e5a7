import type { Filters } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import type { Image } from '../images/store.ts'
import { hasLabel } from './containers/filter.ts'

type Listed = Pick<Image, 'repoTags' | 'created' | 'config'>

/**
 * Whether a list shows an image: every filter, by any of its values; of labels, all. `createdOf` answers when an image
 * was made, and rejects with IMAGE_NOT_FOUND. `until`: milliseconds since 1970. Rejects an unknown filter.
 */
export async function imageFilter(
  { filters, until }: { filters: Filters; until?: number },
  createdOf: (name: string) => Promise<string>,
): Promise<(image: Listed) => boolean> {
  const { label = [], reference = [], dangling = [], before = [], since = [], ...unknown } = filters
  const [name] = Object.keys(unknown)
  if (name !== undefined) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid filter '${name}'; known are label, reference, dangling, before, since, until`,
    )
  }
  const times = (names: string[]): Promise<number[]> =>
    Promise.all(names.map(async (each) => Date.parse(await createdOf(each))))
  const [earlierThan, laterThan] = [await times(before), await times(since)]
  const wantsDangling = dangling.length === 0 ? undefined : flag(dangling)
  return ({ repoTags, created, config }) => {
    const made = Date.parse(created)
    return (
      label.every((each) => hasLabel(config.Labels ?? {}, each)) &&
      (reference.length === 0 ||
        reference.some((each) => repoTags.some((tag) => matchesReference(tag, each)))) &&
      (wantsDangling === undefined || wantsDangling === (repoTags.length === 0)) &&
      earlierThan.every((time) => made < time) &&
      laterThan.every((time) => made > time) &&
      (until === undefined || made < until)
    )
  }
}

function flag(values: string[]): boolean {
  const [value = ''] = values
  if (['true', '1'].includes(value)) return true
  if (['false', '0'].includes(value)) return false
  throw new EngineError('INVALID_ARGUMENT', `invalid filter 'dangling=${value}': give true or false`)
}

/** `*` stands for anything but a slash; a pattern without a tag matches every tag. */
export function matchesReference(tag: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
  return new RegExp(`^${source}(:[^/]*)?$`).test(tag)
}
