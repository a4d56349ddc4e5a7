import type { ContainerContext } from '../containers/context.ts'
import type { ContainerService } from '../containers/containers.ts'
import { warmTemplateOf } from './labels.ts'
import type { LiveTemplate } from './freezer.ts'

/** Ends and removals come in crowds. */
const DELAY_MS = 1_000

/** Removes frozen memory and disks that nobody refers to any more. */
export class Leftovers {
  readonly #context: ContainerContext
  readonly #containers: ContainerService
  /** Work under way that makes what nobody refers to yet. */
  #busy = 0
  #timer: NodeJS.Timeout | undefined

  constructor(containers: ContainerService, context: ContainerContext) {
    this.#containers = containers
    this.#context = context
    context.events.subscribe(({ Type, Action }) => {
      if (['destroy', 'die'].includes(Action) || (Type === 'image' && Action === 'delete')) this.soon()
    })
  }

  /** Nothing is swept while `work` is under way. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++
    try {
      return await work()
    } finally {
      this.#busy--
      this.soon()
    }
  }

  soon(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.sweep().catch((error: Error) => this.#context.log(error.message))
    }, DELAY_MS)
    this.#timer.unref()
  }

  async sweep(): Promise<void> {
    const { templates, layers, images } = this.#context
    if (this.#busy > 0) return
    const known = await images.list()
    const warm = new Set(known.map(warmTemplateOf))
    const imageIds = new Set(known.map(({ id }) => id))
    const all = this.#containers.all().map(({ record, running }) => ({ record, running }))
    const used = new Set(all.flatMap(({ record, running }) => [running && record.templateId, record.frozen]))
    const isKept = (template: LiveTemplate): boolean => {
      const { id, live } = template
      if (used.has(id)) return true
      if (live.kind === 'healthy') return templates.isCurrent(template) && imageIds.has(template.imageId)
      if (live.kind === 'warm') return warm.has(id)
      return live.kind === 'checkpoint' && all.some(({ record }) => record.id === live.container.id)
    }
    const kept: string[] = all.flatMap(({ record }) => record.disk?.layers ?? [])
    for (const template of await templates.live()) {
      if (this.#busy > 0) return
      if (isKept(template)) kept.push(...template.live.layers)
      else await templates.discard(template.id)
    }
    // A freeze that began meanwhile has made layers that the list above lacks.
    if (this.#busy === 0) await layers.sweep(new Set(kept))
  }
}
