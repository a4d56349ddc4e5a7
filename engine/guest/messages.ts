import { FieldWriter, Key } from '../../contract/guest-protocol/fields.ts'

/** Who a clone is. */
export interface IdentifyOptions {
  /** 32 to 512 bytes of the host's randomness. */
  seed: Buffer
  wallClockNs: bigint
  hostname: string
  /** 32 hex digits. */
  machineId: string
  network: GuestNat
}

/** A guest's first interface, that on the NAT. */
export interface GuestNat {
  /** With the length of its prefix; '' where the container has no way out. */
  address: string
  gateway: string
  mtu: number
  /** What the interface is called; '' leaves it `eth0`. */
  interface: string
  /** '' leaves it as it is. */
  mac: string
}

/** A network interface of a guest. */
export interface GuestInterface {
  mac: string
  name: string
  /** With the lengths of their prefixes. */
  addresses: string[]
  mtu: number
  /** Where everything else is reached through it. */
  gateway?: string
}

/** How names are resolved in a container, and what it calls itself. */
export interface GuestNames {
  hostname: string
  domainname: string
  extraHosts: { name: string; address: string }[]
  /** Its own addresses in its networks. */
  addresses: string[]
  /** The name servers of its networks; where there are none, `dns` is asked directly. */
  servers: string[]
  /** Those of the outside. */
  dns: string[]
  dnsSearch?: string[]
  dnsOptions?: string[]
}

/** A further process in a container. */
export interface ExecConfig {
  argv: string[]
  /** `NAME=value`. */
  env: string[]
  cwd: string
  /** `USER[:GROUP]`, names or ids; empty is root. */
  user: string
  /** Supplementary groups, names or ids. */
  groups: string[]
  tty: boolean
  openStdin: boolean
  privileged: boolean
  /** -1000 to 1000; 0 where it is not given. */
  oomScore?: number
}

/** One thing that a container gets mounted, as its guest is told. */
export interface GuestMount {
  target: string
  /** Of 9p and disk `source` is the tag or serial number of the device. A socket is known by its place in the list. */
  kind: '9p' | 'disk' | 'socket' | 'tmpfs'
  source: string
  /** What of it is mounted, below its root; empty for all. */
  inner: string
  /** `ro`; `copy`: fill it from the image where it is empty; of a socket mode and owner; of a tmpfs its own. */
  options: string[]
}

/** A container's first process, and the machine around it. */
export interface StartConfig extends ExecConfig, GuestNames {
  /** Number of the start; the log's records carry it. */
  run: number
  /** The first attached client that ends its input ends the process's. */
  stdinOnce: boolean
  readOnlyRoot: boolean
  mounts: GuestMount[]
  /** -1 is unlimited. */
  rlimits: { name: string; soft: number; hard: number }[]
  /** Names without `CAP_`. */
  capabilities: string[]
  noNewPrivileges: boolean
  init: boolean
  /** Bytes. */
  shmSize: number
  sysctls: Record<string, string>
  limits: GuestLimits
  /** Paths of /proc and /sys that nobody sees, and that nobody writes. */
  maskedPaths?: string[]
  readOnlyPaths?: string[]
  /** Devices of the guest, and what they are called in the container. */
  devices?: { path: string; target: string }[]
  /** It sees all cgroups of the guest. */
  hostCgroups?: boolean
  /** Bytes of output that are taken while no engine is there; then the process waits. Absent: no limit. */
  logLimit?: number
}

/** What all processes of a container together may use, held to in the guest; 0 is unlimited. */
export interface GuestLimits {
  pids: number
  memoryBytes: number
  /** Microseconds of CPU time in every 100 ms. */
  cpuQuotaUs: number
}

export function identifyMessage(options: IdentifyOptions): Buffer {
  const key = Key.identify
  const writer = new FieldWriter()
    .bytes(key.seed, options.seed)
    .u64(key.clock, options.wallClockNs)
    .text(key.hostname, options.hostname)
    .text(key.machineId, options.machineId)
  return natFields(writer, options.network).finish()
}

/** What the workstation's clock says, Unix nanoseconds. */
export const wallClockNs = (): bigint => BigInt(Date.now()) * 1_000_000n

export function clockMessage(timeNs: bigint): Buffer {
  return new FieldWriter().u64(Key.identify.clock, timeNs).finish()
}

export function prepareMessage(network: GuestNat): Buffer {
  return natFields(new FieldWriter(), network).finish()
}

function natFields(writer: FieldWriter, network: GuestNat): FieldWriter {
  const key = Key.identify
  return writer
    .text(key.address, network.address)
    .text(key.gateway, network.gateway)
    .u32(key.mtu, network.mtu)
    .text(key.interface, network.interface)
    .text(key.mac, network.mac)
}

export function execMessage(config: ExecConfig): Buffer {
  return processFields(config).finish()
}

export function toolMessage(argv: string[]): Buffer {
  return new FieldWriter().texts(Key.process.arg, argv).finish()
}

/** For a guest that mounts a container's files and starts nothing. */
export function mountMessage(mounts: GuestMount[]): Buffer {
  return mountFields(new FieldWriter(), mounts).finish()
}

function mountFields(writer: FieldWriter, mounts: GuestMount[]): FieldWriter {
  for (const { target, kind, source, inner, options } of mounts) {
    writer.tuple(Key.process.mount, target, kind, source, inner, options.join(','))
  }
  return writer
}

export function startMessage(config: StartConfig): Buffer {
  const key = Key.process
  const writer = processFields(config)
    .u32(key.run, config.run)
    .flag(key.stdinOnce, config.stdinOnce)
    .flag(key.readOnly, config.readOnlyRoot)
    .texts(key.capability, config.capabilities)
    .flag(key.noNewPrivileges, config.noNewPrivileges)
    .flag(key.init, config.init)
    .u64(key.shmSize, BigInt(config.shmSize))
  if (config.logLimit !== undefined) writer.u64(key.logLimit, BigInt(config.logLimit))
  if (config.hostCgroups) writer.flag(key.hostCgroups, true)
  writer.texts(key.masked, config.maskedPaths ?? []).texts(key.readOnlyPath, config.readOnlyPaths ?? [])
  for (const { path, target } of config.devices ?? []) writer.pair(key.device, path, target)
  mountFields(writer, config.mounts)
  for (const { name, soft, hard } of config.rlimits) writer.pair(key.rlimit, name, `${soft}:${hard}`)
  for (const [name, value] of Object.entries(config.sysctls)) writer.pair(key.sysctl, name, value)
  return namesFields(limitFields(writer, config.limits), config).finish()
}

export function interfaceMessage({ mac, name, addresses, mtu, gateway }: GuestInterface): Buffer {
  const key = Key.interface
  const writer = new FieldWriter().text(key.mac, mac).text(key.name, name).texts(key.address, addresses)
  return writer
    .u32(key.mtu, mtu)
    .text(key.gateway, gateway ?? '')
    .finish()
}

export function interfaceGoneMessage(mac: string): Buffer {
  return new FieldWriter().text(Key.interface.mac, mac).finish()
}

export function namesMessage(names: GuestNames): Buffer {
  return namesFields(new FieldWriter(), names).finish()
}

function namesFields(writer: FieldWriter, names: GuestNames): FieldWriter {
  const key = Key.process
  writer
    .text(key.hostname, names.hostname)
    .text(key.domainname, names.domainname)
    .texts(key.dns, names.dns)
    .texts(key.address, names.addresses)
    .texts(key.server, names.servers)
    .texts(key.dnsSearch, names.dnsSearch ?? [])
    .texts(key.dnsOption, names.dnsOptions ?? [])
  for (const { name, address } of names.extraHosts) writer.pair(key.extraHost, name, address)
  return writer
}

export function limitMessage(limits: GuestLimits): Buffer {
  return limitFields(new FieldWriter(), limits).finish()
}

function limitFields(writer: FieldWriter, { pids, memoryBytes, cpuQuotaUs }: GuestLimits): FieldWriter {
  const key = Key.process
  return writer
    .u64(key.pidsLimit, BigInt(pids))
    .u64(key.memoryLimit, BigInt(memoryBytes))
    .u64(key.cpuQuota, BigInt(cpuQuotaUs))
}

function processFields(config: ExecConfig): FieldWriter {
  const key = Key.process
  const writer = new FieldWriter()
    .texts(key.arg, config.argv)
    .texts(key.env, config.env)
    .text(key.cwd, config.cwd)
    .text(key.user, config.user)
    .texts(key.group, config.groups)
    .flag(key.tty, config.tty)
    .flag(key.stdin, config.openStdin)
    .flag(key.privileged, config.privileged)
  return config.oomScore ? writer.text(key.oomScore, String(config.oomScore)) : writer
}
