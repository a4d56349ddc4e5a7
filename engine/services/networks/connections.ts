import type { NetworkConnectRequest, NetworkDisconnectRequest } from '../../../contract/docker-networks.ts'
import type { Container } from '../containers/container.ts'
import type { Attachments } from './attachments.ts'
import type { NetworkService } from './networks.ts'

/** Puts containers into networks and takes them out, live where they run. */
export class Connections {
  readonly #networks: NetworkService
  readonly #attachments: Attachments
  readonly #find: (idOrName: string) => Container

  constructor(networks: NetworkService, attachments: Attachments, find: (idOrName: string) => Container) {
    this.#networks = networks
    this.#attachments = attachments
    this.#find = find
  }

  async connect(nameOrId: string, { Container, EndpointConfig }: NetworkConnectRequest): Promise<void> {
    const network = this.#networks.find(nameOrId)
    await this.#find(Container).changeNetworks((record, machine) =>
      this.#attachments.connect(record, network, EndpointConfig ?? {}, machine),
    )
  }

  async disconnect(nameOrId: string, { Container }: NetworkDisconnectRequest): Promise<void> {
    const network = this.#networks.find(nameOrId)
    await this.#find(Container).changeNetworks((record, machine) =>
      this.#attachments.disconnect(record, network, machine),
    )
  }
}
