/** Further fields of HostConfig, which extends this. */

export interface DeviceMapping {
  PathOnHost?: string
  PathInContainer?: string
  CgroupPermissions?: string
}

export interface HostOptions {
  /** Devices of the guest. */
  Devices?: DeviceMapping[] | null
  DnsSearch?: string[] | null
  DnsOptions?: string[] | null
  CgroupnsMode?: string
  OomScoreAdj?: number
  /** Null takes the defaults, an empty list none. */
  MaskedPaths?: string[] | null
  ReadonlyPaths?: string[] | null
  LogConfig?: { Type?: string; Config?: Record<string, string> | null } | null
  /** Rows and columns. */
  ConsoleSize?: [number, number] | null
}
