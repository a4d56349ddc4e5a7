import { EngineError } from '../../contract/errors.ts'
import type { Image } from '../../contract/image.ts'
import type { IndexEntry } from './oci-layout.ts'
import { canonical, familiar, parseReference, repository } from './reference.ts'
import { describe, type StoredImage } from './stored-image.ts'

interface Row {
  image: StoredImage
  /** In full: `docker.io/library/redis:7` or `…/redis@sha256:…`; an image without names has one row without. */
  name?: string
}

const isDigestName = (name: string): boolean => name.includes('@')
/** `docker.io/library/redis` of either kind of name. */
const repositoryOf = (name: string): string => repository(parseReference(name))

/**
 * Which names lead to which images; Docker's rules for looking up, naming and removing. Never changed in place.
 * An image has one manifest, the one that came last, whatever others describe the same config.
 */
export class Catalog {
  readonly #rows: readonly Row[]

  constructor(rows: readonly Row[] = []) {
    this.#rows = rows
  }

  entries(): IndexEntry[] {
    return this.#rows.map(({ image, name }) => ({ manifest: image.descriptor, ...(name && { name }) }))
  }

  images(): StoredImage[] {
    return [...new Map(this.#rows.map(({ image }) => [image.id, image])).values()]
  }

  names(id: string): string[] {
    return this.#of(id).flatMap(({ name }) => name ?? [])
  }

  describe(image: StoredImage): Image {
    const names = this.names(image.id)
    return describe(
      image,
      names.filter((name) => !isDigestName(name)).map(familiar),
      names.filter(isDigestName).map(familiar),
    )
  }

  /** Looks up an id, a name, or the beginning of an id, in this order. Throws IMAGE_NOT_FOUND. */
  find(text: string): { image: StoredImage; name?: string } {
    const images = this.images()
    const bare = text.replace(/^sha256:/, '')
    const whole = images.find(({ id }) => id === `sha256:${bare}`)
    if (whole) return { image: whole }
    if (!text.startsWith('sha256:')) {
      const name = canonical(parseReference(text))
      const row = this.#rows.find((each) => each.name === name)
      if (row) return { image: row.image, name }
    }
    const begun = /^[0-9a-f]+$/.test(bare) ? images.filter(({ id }) => id.startsWith(`sha256:${bare}`)) : []
    if (begun.length > 1) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `${begun.length} images begin with ${text}; give more of the id`,
      )
    }
    if (!begun[0]) {
      const advice = text.startsWith('sha256:') ? 'list them with `ramet images`' : `pull it with \`ramet pull ${text}\`` // prettier-ignore
      throw new EngineError('IMAGE_NOT_FOUND', `no such image: ${text}; ${advice}`)
    }
    return { image: begun[0] }
  }

  /** Gives an image these names, taking them from whichever had them; one that lost its last name stays, nameless. */
  with(image: StoredImage, names: string[]): Catalog {
    const rows = this.#rows.filter((row) => !(row.name && names.includes(row.name)))
    const orphans = this.images().filter(
      (each) => each.id !== image.id && !rows.some((row) => row.image.id === each.id),
    )
    rows.push(...orphans.map((orphan) => ({ image: orphan })))
    const present = rows.filter((row) => row.image.id === image.id && row.name)
    const named = [...present, ...names.map((name) => ({ image, name }))]
    return new Catalog([
      ...rows.filter((row) => row.image.id !== image.id),
      ...(named.length > 0 ? named.map(({ name }) => ({ image, name })) : [{ image }]),
    ])
  }

  /** Takes names away; with `keep` the image stays even without any, else it goes with its last. */
  without(image: StoredImage, names: string[], keep: boolean): Catalog {
    const left = this.#of(image.id).filter(({ name }) => name && !names.includes(name))
    if (left.length === 0 && keep) left.push({ image })
    return new Catalog([...this.#rows.filter((row) => row.image.id !== image.id), ...left])
  }

  /** The names that go with this one: a repository's last tag takes its digests along. */
  goingWith(image: StoredImage, name: string): string[] {
    const same = this.names(image.id).filter((each) => repositoryOf(each) === repositoryOf(name))
    const tags = same.filter((each) => !isDigestName(each))
    return tags.length === 1 && tags[0] === name ? [name, ...same.filter(isDigestName)] : [name]
  }

  /** True where the names stand in more than one repository or there is more than one tag. */
  isAmbiguous(image: StoredImage): boolean {
    const names = this.names(image.id)
    return new Set(names.map(repositoryOf)).size > 1 || names.filter((name) => !isDigestName(name)).length > 1
  }

  #of(id: string): Row[] {
    return this.#rows.filter(({ image }) => image.id === id)
  }
}
