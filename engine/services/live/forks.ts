import type { ForkRequest, ForkResponse } from '../../../contract/ramet.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerService } from '../containers/containers.ts'
import { newRecord, type ContainerRecord } from '../containers/record.ts'
import type { Endpoint } from '../networks/endpoint.ts'
import { endpointsIn } from '../networks/endpoints.ts'
import type { Freezer, LiveTemplate } from './freezer.ts'

const MOST_AT_ONCE = 64

/** Starts live children of running containers. */
export class ForkService {
  readonly #containers: ContainerService
  readonly #freezer: Freezer

  constructor(containers: ContainerService, freezer: Freezer) {
    this.#containers = containers
    this.#freezer = freezer
  }

  /** All or none: where one cannot be started the others are removed again. */
  async fork(idOrName: string, request: ForkRequest): Promise<ForkResponse> {
    const parent = this.#containers.find(idOrName)
    const count = request.count ?? 1
    if (!Number.isInteger(count) || count < 1 || count > MOST_AT_ONCE)
      throw new EngineError('INVALID_ARGUMENT', `cannot fork ${count} at once; give 1 to ${MOST_AT_ONCE}`)
    const names = namesOf(request.name, count)
    const { template, frozen } = await this.#freezer.freeze(parent, { kind: 'fork', durable: false })
    const children: Container[] = []
    const starts: Promise<void>[] = []
    try {
      for (const name of names) {
        const child = await this.#containers.add(name, (id, chosen) =>
          childOf(parent.record, template, id, chosen, request),
        )
        children.push(child)
        // While the next is made. Its failure is told of once all have been made.
        starts.push(child.start())
        starts.at(-1)!.catch(() => {})
      }
      await allSettled(starts)
    } catch (error) {
      await Promise.allSettled(starts)
      await Promise.allSettled(children.map((child) => child.remove({ force: true })))
      throw error
    }
    return {
      template: template.id,
      heldMs: frozen.heldMs,
      stoppedMs: frozen.stoppedMs,
      containers: children.map(({ record }) => ({ Id: record.id, Name: record.name })),
    }
  }
}

/** Rejects with the first failure, once all have settled: nothing is under way any more then. */
async function allSettled(works: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** `db` stays `db` for one, and becomes `db-1`, `db-2` … for several. */
function namesOf(name: string | undefined, count: number): (string | undefined)[] {
  if (count === 1) return [name]
  return Array.from({ length: count }, (_, at) => (name === undefined ? undefined : `${name}-${at + 1}`))
}

/** In the same network, with an address of its own, and its own name alone: the parent's aliases stay the parent's. */
function asMember({ network, name, settings }: Endpoint): Endpoint {
  const { GwPriority } = settings
  return { network, name, aliases: [], settings: { IPAMConfig: null, ...(GwPriority ? { GwPriority } : {}) } }
}

function childOf(
  parent: ContainerRecord,
  template: LiveTemplate,
  id: string,
  name: string,
  request: ForkRequest,
): ContainerRecord {
  const { config, hostConfig } = parent
  return {
    ...newRecord(id, name, {
      image: parent.image,
      config: {
        ...config,
        Hostname: id.slice(0, 12),
        Labels: { ...config.Labels, ...request.labels },
      },
      hostConfig: {
        ...hostConfig,
        // What the parent has published is the parent's.
        PortBindings: request.ports ?? {},
        PublishAllPorts: request.publishAll ?? false,
        AutoRemove: request.autoRemove ?? false,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      },
    }),
    mounts: parent.mounts,
    networks: endpointsIn(parent).map(asMember),
    disk: { file: 'disk.qcow2', layers: template.live.layers },
    frozen: template.id,
    parent: { id: parent.id, name: parent.name, template: template.id },
  }
}
