import { isAbort } from '../../contract/errors.ts'
import type { Image, ImageStore } from '../images/store.ts'

type Store = Pick<ImageStore, 'list' | 'remove' | 'tag'>

/**
 * What a store holds before an image comes. One that turns out to be of no use, because its layers cannot become a file
 * system, goes again, and the names that it took go back to whose they were.
 */
export class Arrival {
  readonly #store: Store
  readonly #ids: Set<string>
  /** Ids by tag. */
  readonly #tags: Map<string, string>

  static async expect(store: Store): Promise<Arrival> {
    return new Arrival(store, await store.list())
  }

  private constructor(store: Store, present: Image[]) {
    this.#store = store
    this.#ids = new Set(present.map(({ id }) => id))
    this.#tags = new Map(present.flatMap(({ id, repoTags }) => repoTags.map((tag) => [tag, id])))
  }

  /** Does what makes the image ready. Rejects as `work` does; only one that was cancelled leaves the image. */
  async ready(image: Image, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isAbort(error) && !this.#ids.has(image.id)) await this.#takeBack(image)
      throw error
    }
  }

  async #takeBack(image: Image): Promise<void> {
    // Somebody who brought it at the same time may have done it already: the first error is the one to tell.
    await this.#store.remove(image.id, { force: true, inUse: () => [] }).catch(() => {})
    for (const tag of image.repoTags) {
      const id = this.#tags.get(tag)
      if (id) await this.#store.tag(id, tag).catch(() => {})
    }
  }
}
