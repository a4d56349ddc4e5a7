import type { ContainerCreateRequest } from '../../../contract/docker.ts'
import type { FreezeResponse } from '../../../contract/ramet.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { Image, ImageStore } from '../../images/store.ts'
import { parseReference } from '../../images/reference.ts'
import { commitConfig } from '../commit-config.ts'
import type { ContainerService } from '../containers/containers.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { TemplateService } from '../templates.ts'
import type { EventBus } from '../events.ts'
import type { Freezer } from './freezer.ts'
import { baseImageOf, warmTemplateOf, WARM_BASE, WARM_TEMPLATE, withoutWarmLabels } from './labels.ts'
import { withSettings } from './settings.ts'

interface Dependencies {
  containers: ContainerService
  freezer: Freezer
  images: ImageStore
  templates: TemplateService
  events: EventBus
}

/** Makes images of containers that run: what is started from one runs already. */
export class WarmImageService {
  readonly #the: Dependencies

  constructor(dependencies: Dependencies) {
    this.#the = dependencies
  }

  /** Once the signal has aborted no image is made, and nothing stays of what was frozen. */
  async freeze(
    idOrName: string,
    reference: string,
    { signal }: { signal: AbortSignal },
  ): Promise<FreezeResponse> {
    const { containers, freezer, images, templates, events } = this.#the
    if (parseReference(reference).digest)
      throw new EngineError('INVALID_ARGUMENT', `cannot name an image ${reference}: give NAME[:TAG]`)
    const container = containers.find(idOrName)
    const image = await images.get(container.record.image.id)
    const { template, frozen } = await freezer.freeze(container, { kind: 'warm', durable: true })
    try {
      signal.throwIfAborted()
      const config = commitConfig(container.record.config)
      const Labels = {
        ...withoutWarmLabels(config.Labels),
        [WARM_TEMPLATE]: template.id,
        [WARM_BASE]: baseImageOf(image),
      }
      const warm = await images.relabel(image.id, {
        config: { ...config, Labels },
        reference,
        createdBy: `ramet freeze ${container.record.name}`,
      })
      events.emit('image', 'tag', warm.id, { name: reference })
      const { heldMs, stoppedMs } = frozen
      return { image: warm.id, template: template.id, heldMs, stoppedMs }
    } catch (error) {
      await templates.discard(template.id)
      throw error
    }
  }
}

/** How a container of `image` comes to its memory; nothing where the image is not warm. */
export async function warmStart(
  templates: TemplateService,
  image: Image,
  request: ContainerCreateRequest,
): Promise<{ request: ContainerCreateRequest; record: Partial<ContainerRecord> }> {
  const id = warmTemplateOf(image)
  if (id === undefined) return { request, record: {} }
  const name = request.Image ?? image.id
  const template = (await templates.live()).find((each) => each.id === id)
  if (!template) {
    throw new EngineError(
      'TEMPLATE_NOT_FOUND',
      `${name} is a warm image, and its memory is not on this machine; freeze it anew, or run the image that it was made from`,
    )
  }
  const { layers, container } = template.live
  const disk = { file: 'disk.qcow2', layers }
  if (request.HostConfig?.Isolation === 'cold') return { request, record: { disk } }
  return {
    request: withSettings(name, request, template.live.settings),
    record: { disk, frozen: id, parent: { ...container, template: id } },
  }
}
