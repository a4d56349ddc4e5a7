import { FieldWriter, Key } from '../../contract/guest-protocol/fields.ts'

/** Who a clone is. */
export interface IdentifyOptions {
  /** 32 to 512 bytes of the host's randomness. */
  seed: Buffer
  wallClockNs: bigint
  hostname: string
  /** 32 hex digits. */
  machineId: string
  network: { address: string; prefix: number; gateway: string; mtu: number }
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
export interface StartConfig extends ExecConfig {
  /** Number of the start; the log's records carry it. */
  run: number
  /** The first attached client that ends its input ends the process's. */
  stdinOnce: boolean
  hostname: string
  domainname: string
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
  extraHosts: { name: string; address: string }[]
  dns: string[]
  limits: GuestLimits
  dnsSearch?: string[]
  dnsOptions?: string[]
  /** Paths of /proc and /sys that nobody sees, and that nobody writes. */
  maskedPaths?: string[]
  readOnlyPaths?: string[]
  /** Devices of the guest, and what they are called in the container. */
  devices?: { path: string; target: string }[]
  /** It sees all cgroups of the guest. */
  hostCgroups?: boolean
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
  const { network } = options
  return new FieldWriter()
    .bytes(key.seed, options.seed)
    .u64(key.clock, options.wallClockNs)
    .text(key.hostname, options.hostname)
    .text(key.machineId, options.machineId)
    .text(key.address, `${network.address}/${network.prefix}`)
    .text(key.gateway, network.gateway)
    .u32(key.mtu, network.mtu)
    .finish()
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
    .text(key.hostname, config.hostname)
    .text(key.domainname, config.domainname)
    .flag(key.readOnly, config.readOnlyRoot)
    .texts(key.capability, config.capabilities)
    .flag(key.noNewPrivileges, config.noNewPrivileges)
    .flag(key.init, config.init)
    .u64(key.shmSize, BigInt(config.shmSize))
    .texts(key.dns, config.dns)
  if (config.hostCgroups) writer.flag(key.hostCgroups, true)
  writer
    .texts(key.dnsSearch, config.dnsSearch ?? [])
    .texts(key.dnsOption, config.dnsOptions ?? [])
    .texts(key.masked, config.maskedPaths ?? [])
    .texts(key.readOnlyPath, config.readOnlyPaths ?? [])
  for (const { path, target } of config.devices ?? []) writer.pair(key.device, path, target)
  mountFields(writer, config.mounts)
  for (const { name, soft, hard } of config.rlimits) writer.pair(key.rlimit, name, `${soft}:${hard}`)
  for (const [name, value] of Object.entries(config.sysctls)) writer.pair(key.sysctl, name, value)
  for (const { name, address } of config.extraHosts) writer.pair(key.extraHost, name, address)
  return limitFields(writer, config.limits).finish()
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
