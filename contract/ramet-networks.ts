import type { PortMap } from './docker.ts'

/** Shapes of `/ramet/v1/networks/`: who can reach whom, and how much goes through; and of published ports. */

/** Ports to publish besides those that are. */
export interface PortsRequest {
  PortBindings: PortMap
}

/** What a container may send, and get, in each of its networks and through the NAT, as `20mbit`; '' is no bound. */
export interface RateRequest {
  rate: string
}

export interface ContainerReach {
  id: string
  name: string
  running: boolean
  /** Names of the networks that it is in. */
  networks: string[]
  /** It can open connections to the outside. */
  outside: boolean
  /** Ports of the workstation's loopback that it may reach. */
  hostPorts: number[]
  /** Where the workstation reaches it, for example `127.0.0.1:8080->80/tcp`. */
  published: string[]
  /** Containers that it reaches, and that reach it, and through which networks. */
  reaches: { id: string; name: string; networks: string[] }[]
}

/**
 * What one container sends and gets in one network, or, as network `nat`, through the NAT. Bytes count from when it
 * came into it; through the NAT those of frames and packets do not count, only what they carry.
 */
export interface NetworkRate {
  container: string
  name: string
  network: string
  sentBytes: number
  receivedBytes: number
  sentBytesPerSecond: number
  receivedBytesPerSecond: number
  /** In each direction; 0: no bound. */
  limitBitsPerSecond: number
  /** Frames that were forged, malformed, or for nobody. */
  refusedFrames: number
  /** Frames that it was too slow for. */
  droppedFrames: number
}
