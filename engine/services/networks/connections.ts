import type {
  EndpointSettings,
  NetworkConnectRequest,
  NetworkDisconnectRequest,
} from '../../../contract/docker-networks.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { Container } from '../containers/container.ts'
import { allocatePorts, wantedPorts } from '../containers/ports.ts'
import { publish } from '../containers/publish.ts'
import type { ContainerRecord } from '../containers/record.ts'
import { checkJoin, type Attachments, type Run } from './attachments.ts'
import type { Endpoint } from './endpoint.ts'
import { endpointsIn, newEndpoint } from './endpoints.ts'
import { guestNames, interfaceOf, natInterface, natMacOf } from './guest.ts'
import type { NetworkService } from './networks.ts'
import { parseRate } from './rate.ts'
import { RATE, type NetworkRecord } from './record.ts'

export interface ConnectionsOptions {
  networks: NetworkService
  attachments: Attachments
  container(idOrName: string): Container
  log(message: string): void
}

/** Puts containers into networks and takes them out, live where they run. */
export class Connections {
  readonly #options: ConnectionsOptions

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Rejects with FORBIDDEN where the container is in it already. */
  async connect(nameOrId: string, { Container, EndpointConfig }: NetworkConnectRequest): Promise<void> {
    const network = this.#options.networks.find(nameOrId)
    await this.#options.container(Container).changeNetworks(async (record, run) => {
      checkJoin(record, network)
      const endpoint = newEndpoint(network, EndpointConfig ?? ({} as EndpointSettings))
      if (!run) record.networks = [...endpointsIn(record), endpoint]
      else await this.#connectLive(record, network, endpoint, run)
    })
  }

  async #connectLive(
    record: ContainerRecord,
    network: NetworkRecord,
    endpoint: Endpoint,
    run: Run,
  ): Promise<void> {
    const { attachments, networks } = this.#options
    const before = record.networks
    const hadWayOut = attachments.hasWayOut(record)
    attachments.place(record, endpoint)
    record.networks = [...endpointsIn(record), endpoint]
    const port = attachments.ports(record).find((each) => each.endpoint === endpoint)
    try {
      if (port) await attachments.join(record, port, run.vm)
      if (port) await run.agent.setInterface(interfaceOf(port))
      await this.#changeWayOut(record, hadWayOut, run)
    } catch (error) {
      record.networks = before
      if (port) await attachments.part(port, run.vm).catch(() => {})
      throw error
    }
    networks.emit('connect', network, { container: record.id })
  }

  /** Rejects with FORBIDDEN where the container is not in it. */
  async disconnect(nameOrId: string, { Container }: NetworkDisconnectRequest): Promise<void> {
    const network = this.#options.networks.find(nameOrId)
    await this.#options.container(Container).changeNetworks(async (record, run) => {
      const { attachments, networks } = this.#options
      const endpoint = endpointsIn(record).find((each) => each.network === network.Id)
      if (!endpoint) {
        throw new EngineError(
          'FORBIDDEN',
          `container ${record.name} is not connected to network ${network.Name}`,
        )
      }
      const hadWayOut = attachments.hasWayOut(record)
      const port = attachments.ports(record).find((each) => each.endpoint === endpoint)
      record.networks = endpointsIn(record).filter((each) => each !== endpoint)
      if (!run) return
      // A guest that does not do its part has lost the network all the same.
      if (port)
        await run.agent
          .dropInterface(port.current.mac)
          .catch((error: Error) => this.#options.log(error.message))
      if (port) await attachments.part(port, run.vm)
      await this.#changeWayOut(record, hadWayOut, run)
      networks.emit('disconnect', network, { container: record.id })
    })
  }

  /** Bounds what a container sends, and gets, in each of its networks and through the NAT; '' as they say themselves. */
  async setRate(idOrName: string, rate: string): Promise<void> {
    if (rate !== '') parseRate(rate)
    const container = this.#options.container(idOrName)
    await container.changeNetworks(async (record, run) => {
      const before = record.config
      const { [RATE]: _, ...others } = before.Labels ?? {}
      record.config = { ...before, Labels: rate === '' ? others : { ...others, [RATE]: rate } }
      if (!run) return
      try {
        await this.#options.attachments.bound(record, run.vm)
        await this.#options.attachments.tell(record)
      } catch (error) {
        record.config = before
        throw error
      }
    })
    container.emit('update')
  }

  /** Names always change; the NAT and what is published through it where the last way out goes, or the first comes. */
  async #changeWayOut(record: ContainerRecord, had: boolean, { vm, agent }: Run): Promise<void> {
    const { attachments } = this.#options
    const has = attachments.hasWayOut(record)
    if (has && !had) {
      await vm.setNatLink(true)
      await agent.setInterface(natInterface(record))
      record.ports = await allocatePorts(wantedPorts(record.config, record.hostConfig))
      await publish(record, vm)
    } else if (had && !has) {
      await vm.setNatLink(false)
      for (const forward of record.ports) await vm.removeForward(forward)
      record.ports = []
      await agent.dropInterface(natMacOf(record))
    }
    await attachments.bound(record, vm)
    await agent.setNames(guestNames(record, attachments.ports(record), has))
  }
}
