/** Docker's shapes of networks, and of how a container is in one. */

export interface IpamConfig {
  /** `172.18.0.0/16` */
  Subnet?: string
  /** The part of the subnet that addresses are given from. */
  IPRange?: string
  Gateway?: string
  /** Addresses that are given to nobody. */
  AuxiliaryAddresses?: Record<string, string> | null
}

export interface Ipam {
  Driver?: string
  Options?: Record<string, string> | null
  Config?: IpamConfig[] | null
}

export interface NetworkCreateRequest {
  Name: string
  Driver?: string
  Scope?: string
  EnableIPv4?: boolean | null
  EnableIPv6?: boolean | null
  IPAM?: Ipam | null
  Internal?: boolean
  Attachable?: boolean
  Ingress?: boolean
  ConfigOnly?: boolean
  ConfigFrom?: { Network?: string } | null
  Options?: Record<string, string> | null
  Labels?: Record<string, string> | null
  [other: string]: unknown
}

export interface NetworkCreateResponse {
  Id: string
  Warning: string
}

/** A container in the description of a network; addresses have the length of their prefix. */
export interface NetworkContainer {
  Name: string
  EndpointID: string
  MacAddress: string
  IPv4Address: string
  IPv6Address: string
}

export interface Network {
  Name: string
  Id: string
  /** RFC 3339. */
  Created: string
  Scope: 'local'
  Driver: string
  EnableIPv4: boolean
  EnableIPv6: boolean
  IPAM: { Driver: string; Options: Record<string, string> | null; Config: IpamConfig[] }
  Internal: boolean
  Attachable: boolean
  Ingress: boolean
  ConfigFrom: { Network: string }
  ConfigOnly: boolean
  /** By id; those that run. Empty in a list. */
  Containers: Record<string, NetworkContainer>
  Options: Record<string, string>
  Labels: Record<string, string>
}

export interface NetworkPruneResponse {
  NetworksDeleted: string[]
}

/** How a container is to be, or is, in one network. */
export interface EndpointSettings {
  IPAMConfig?: { IPv4Address?: string; IPv6Address?: string; LinkLocalIPs?: string[] | null } | null
  Links?: string[] | null
  Aliases?: string[] | null
  MacAddress?: string
  DriverOpts?: Record<string, string> | null
  GwPriority?: number
  NetworkID?: string
  EndpointID?: string
  Gateway?: string
  IPAddress?: string
  IPPrefixLen?: number
  IPv6Gateway?: string
  GlobalIPv6Address?: string
  GlobalIPv6PrefixLen?: number
  DNSNames?: string[] | null
  [other: string]: unknown
}

/** By name or id of the network. */
export interface NetworkingConfig {
  EndpointsConfig?: Record<string, EndpointSettings | null> | null
}

export interface NetworkConnectRequest {
  Container: string
  EndpointConfig?: EndpointSettings | null
}

export interface NetworkDisconnectRequest {
  Container: string
  Force?: boolean
}
