import { createHash } from 'node:crypto'
import type { IpamConfig, Network } from '../../../contract/docker-networks.ts'

/** What is kept of a network. */
export type NetworkRecord = Omit<Network, 'Containers'>

/** QEMU's user-mode network: fixed addresses behind a NAT of each VM's own. */
export const NAT = { address: '10.0.2.15', prefix: 24, gateway: '10.0.2.2', dns: '10.0.2.3', mtu: 1500 }
export const NAT_SUBNET = '10.0.2.0/24'

/** The network's option, and the container's label, that bound what a container sends and gets, in bits a second. */
export const RATE = 'ramet.net.rate'
export const MTU = 'com.docker.network.driver.mtu'
export const ICC = 'com.docker.network.bridge.enable_icc'

/** Clients expect these three from the start. */
export const BUILTIN: readonly NetworkRecord[] = [
  builtin('bridge', 'bridge', [{ Subnet: NAT_SUBNET, Gateway: NAT.gateway }]),
  builtin('host', 'host'),
  builtin('none', 'null'),
]

function builtin(Name: string, Driver: string, Config: IpamConfig[] = []): NetworkRecord {
  return {
    Name,
    Id: createHash('sha256').update(`ramet network ${Name}`).digest('hex'),
    Created: '0001-01-01T00:00:00Z',
    Scope: 'local',
    Driver,
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Options: null, Config },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Options: {},
    Labels: {},
  }
}

export const isBuiltin = ({ Id }: Pick<NetworkRecord, 'Id'>): boolean =>
  BUILTIN.some((each) => each.Id === Id)
