import type { Filters } from '../../../contract/docker.ts'
import type {
  Network,
  NetworkCreateRequest,
  NetworkCreateResponse,
  NetworkPruneResponse,
} from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { ContainerRecord } from '../containers/record.ts'
import type { EventBus } from '../events.ts'
import { Mutex } from '../mutex.ts'
import { endpointsIn } from './endpoints.ts'
import type { Subnet } from './address.ts'
import { isPruned, passes } from './filter.ts'
import { BUILTIN, isBuiltin, type NetworkRecord } from './record.ts'
import { newNetwork } from './request.ts'
import { NetworkStore } from './store.ts'
import { subnetOf } from './subnets.ts'
import { memberView } from './views.ts'

export interface NetworkServiceOptions {
  folder: string
  events: EventBus
  /** Of every container, whether it runs or not. */
  containers(): ContainerRecord[]
  hostRoutes(): Promise<Subnet[]>
  log(message: string): void
}

/** Networks as Docker's API knows them: records. Who is in one stands in the containers' records. */
export class NetworkService {
  readonly #options: NetworkServiceOptions
  readonly #store: NetworkStore
  readonly #networks = new Map<string, NetworkRecord>(BUILTIN.map((record) => [record.Id, record]))
  readonly #mutex = new Mutex()

  private constructor(options: NetworkServiceOptions) {
    this.#options = options
    this.#store = new NetworkStore(options.folder)
  }

  static async open(options: NetworkServiceOptions): Promise<NetworkService> {
    const service = new NetworkService(options)
    for (const record of await service.#store.read(options.log)) service.#networks.set(record.Id, record)
    return service
  }

  create(request: NetworkCreateRequest): Promise<NetworkCreateResponse> {
    return this.#mutex.run(async () => {
      if (this.all().some(({ Name }) => Name === request.Name)) {
        throw new EngineError('CONFLICT', `network with name ${request.Name} already exists`)
      }
      const networks = this.all().flatMap(({ IPAM }) => IPAM.Config.map(({ Subnet }) => subnetOf(Subnet)!))
      const { record, warning } = newNetwork(request, {
        networks,
        hostRoutes: await this.#options.hostRoutes(),
      })
      await this.#store.write(record)
      this.#networks.set(record.Id, record)
      this.emit('create', record)
      return { Id: record.Id, Warning: warning }
    })
  }

  async list(filters: Filters): Promise<Network[]> {
    return this.all()
      .filter((record) => passes(record, this.#users(record).length > 0, filters))
      .map((record) => ({ ...record, Containers: {} }))
  }

  async inspect(nameOrId: string): Promise<Network> {
    const record = this.find(nameOrId)
    const members = this.#users(record).flatMap((container) => {
      const endpoint = endpointsIn(container).find(({ network }) => network === record.Id)!
      return endpoint.current ? [[container.id, memberView(container, endpoint, record)] as const] : []
    })
    return { ...record, Containers: Object.fromEntries(members) }
  }

  remove(nameOrId: string): Promise<void> {
    return this.#mutex.run(async () => {
      const record = this.find(nameOrId)
      if (isBuiltin(record)) {
        throw new EngineError('FORBIDDEN', `${record.Name} is a pre-defined network and cannot be removed`)
      }
      const active = Object.entries((await this.inspect(record.Id)).Containers)
      if (active.length > 0) {
        const names = active.map(
          ([, { Name, EndpointID }]) => `name:"${Name}" id:"${EndpointID.slice(0, 12)}"`,
        )
        throw new EngineError(
          'FORBIDDEN',
          `error while removing network: network ${record.Name} has active endpoints (${names.join(', ')})`,
        )
      }
      await this.#remove(record)
    })
  }

  /** Removes those that no container is in, running or not. `until`: unix nanoseconds. */
  prune(options: { filters: Filters; until?: bigint }): Promise<NetworkPruneResponse> {
    return this.#mutex.run(async () => {
      const pruned = this.all().filter(
        (record) => isPruned(record, options) && this.#users(record).length === 0,
      )
      for (const record of pruned) await this.#remove(record)
      this.#options.events.emit('network', 'prune', '', { reclaimed: '0' })
      return { NetworksDeleted: pruned.map(({ Name }) => Name) }
    })
  }

  all(): NetworkRecord[] {
    return [...this.#networks.values()]
  }

  get(id: string): NetworkRecord | undefined {
    return this.#networks.get(id)
  }

  /** By id, name, or a prefix of an id that only one has. Rejects with NOT_FOUND. */
  find(nameOrId: string): NetworkRecord {
    const exact = this.#networks.get(nameOrId) ?? this.all().find(({ Name }) => Name === nameOrId)
    if (exact) return exact
    const matching = /^[0-9a-f]+$/.test(nameOrId)
      ? this.all().filter(({ Id }) => Id.startsWith(nameOrId))
      : []
    if (matching.length === 1) return matching[0]!
    throw new EngineError(
      'NOT_FOUND',
      matching.length > 0
        ? `network ${nameOrId} is ambiguous (${matching.length} matches found on ID prefix)`
        : `network ${nameOrId} not found`,
    )
  }

  emit(action: string, { Id, Name, Driver }: NetworkRecord, extra: Record<string, string> = {}): void {
    this.#options.events.emit('network', action, Id, { name: Name, type: Driver, ...extra })
  }

  async #remove(record: NetworkRecord): Promise<void> {
    await this.#store.remove(record)
    this.#networks.delete(record.Id)
    this.emit('destroy', record)
  }

  #users({ Id }: NetworkRecord): ContainerRecord[] {
    return this.#options
      .containers()
      .filter((container) => endpointsIn(container).some(({ network }) => network === Id))
  }
}
