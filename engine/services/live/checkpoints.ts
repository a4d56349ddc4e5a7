import type { Checkpoint, CheckpointCreateRequest } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ContainerService } from '../containers/containers.ts'
import { allocatedBytes } from '../file-memory.ts'
import type { TemplateService } from '../templates.ts'
import { filesOf } from '../../templates/manifest.ts'
import type { Freezer, LiveTemplate } from './freezer.ts'

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/

/** Instants of a container that it can go back to, memory and disk. They go with it. */
export class CheckpointService {
  readonly #containers: ContainerService
  readonly #freezer: Freezer
  readonly #templates: TemplateService

  constructor(containers: ContainerService, freezer: Freezer, templates: TemplateService) {
    this.#containers = containers
    this.#freezer = freezer
    this.#templates = templates
  }

  /** With `Exit` the container ends with it, as it does for Docker unless told otherwise. */
  async create(idOrName: string, request: CheckpointCreateRequest): Promise<Checkpoint> {
    const container = this.#containers.find(idOrName)
    const { CheckpointID: wanted, CheckpointDir, Exit } = request
    if (CheckpointDir) {
      throw new EngineError(
        'NOT_SUPPORTED',
        'a checkpoint lies with the templates, where its memory is shared: leave out --checkpoint-dir',
      )
    }
    const there = await this.#of(container.id)
    const name = wanted || nextName(there)
    if (!VALID.test(name))
      throw new EngineError('INVALID_ARGUMENT', `'${name}' is no name for a checkpoint; use letters, digits, '_', '.', '-'`) // prettier-ignore
    if (there.some(({ live }) => live.name === name)) {
      throw new EngineError(
        'CONFLICT',
        `container ${container.record.name} has a checkpoint ${name} already; remove it, or choose another name`,
      )
    }
    const { template } = await this.#freezer.freeze(container, { kind: 'checkpoint', name, durable: true })
    container.emit('checkpoint', { checkpoint: name })
    if (Exit) await container.kill('SIGKILL')
    return view(template)
  }

  /** The oldest first. */
  async list(idOrName: string): Promise<Checkpoint[]> {
    return Promise.all((await this.#of(this.#containers.find(idOrName).id)).map(view))
  }

  async remove(idOrName: string, name: string): Promise<void> {
    const template = await this.#find(idOrName, name)
    await this.#templates.discard(template.id)
  }

  /** Has the container go on from a checkpoint, the last one where none is named; whether it runs now or not. */
  async rewind(idOrName: string, name?: string): Promise<void> {
    const container = this.#containers.find(idOrName)
    const template = await this.#find(idOrName, name)
    if (!(await this.#templates.fits(template, container.record))) {
      throw new EngineError(
        'CONFLICT',
        `checkpoint ${template.live.name} fits the container's VM no more: its memory or CPUs, or QEMU or the guest kit, were changed since`,
      )
    }
    await container.rewind({ id: template.id, layers: template.live.layers })
    container.emit('rewind', { checkpoint: template.live.name ?? '' })
  }

  async #of(containerId: string): Promise<LiveTemplate[]> {
    return (await this.#templates.live())
      .filter(({ live }) => live.kind === 'checkpoint' && live.container.id === containerId)
      .sort((a, b) => a.createdAt.localeCompare(b.createdAt))
  }

  async #find(idOrName: string, name: string | undefined): Promise<LiveTemplate> {
    const { id, record } = this.#containers.find(idOrName)
    const all = await this.#of(id)
    const found = name === undefined ? all.at(-1) : all.find(({ live }) => live.name === name)
    if (found) return found
    throw new EngineError(
      'NOT_FOUND',
      name === undefined
        ? `container ${record.name} has no checkpoint; make one with 'ramet checkpoint create ${record.name}'`
        : `checkpoint ${name} does not exist for container ${record.name}`,
    )
  }
}

async function view(template: LiveTemplate): Promise<Checkpoint> {
  return {
    Name: template.live.name ?? '',
    CreatedAt: template.createdAt,
    SizeBytes: await allocatedBytes(filesOf(template)),
  }
}

function nextName(there: LiveTemplate[]): string {
  for (let number = there.length + 1; ; number++) {
    const name = `checkpoint-${number}`
    if (!there.some(({ live }) => live.name === name)) return name
  }
}
