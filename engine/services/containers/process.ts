import { randomBytes } from 'node:crypto'
import type { ExecConfig, GuestMount, IdentifyOptions, StartConfig } from '../../guest/agent-client.ts'
import { wallClockNs } from '../../guest/messages.ts'
import type { ContainerConfig, ExecCreateRequest } from '../../../contract/docker.ts'
import { guestLimits } from '../limits.ts'
import { capabilities } from './capabilities.ts'
import { argv, mergeEnv } from './config.ts'
import type { GuestNetwork } from '../networks/guest.ts'
import { logCap } from './options/log-config.ts'
import { devicesOf, hiddenPaths } from './options/guest-options.ts'
import { noNewPrivileges } from './options/security.ts'
import type { ContainerRecord } from './record.ts'

/** Who a clone is: nothing of it is shared with its siblings. */
export function identity(config: ContainerConfig, network: GuestNetwork): IdentifyOptions {
  return {
    seed: randomBytes(64),
    wallClockNs: wallClockNs(),
    hostname: config.Hostname!,
    machineId: randomBytes(16).toString('hex'),
    network: network.nat,
  }
}

/** What the agent is told to execute. */
export function startConfig(
  { config, hostConfig: host, run }: Pick<ContainerRecord, 'config' | 'hostConfig' | 'run'>,
  network: GuestNetwork,
  mounts: GuestMount[] = [],
): StartConfig {
  return {
    run,
    argv: argv(config),
    env: config.Env ?? [],
    cwd: config.WorkingDir || '/',
    user: config.User ?? '',
    groups: host.GroupAdd ?? [],
    tty: config.Tty ?? false,
    openStdin: config.OpenStdin ?? false,
    stdinOnce: config.StdinOnce ?? false,
    ...network.names,
    mounts,
    readOnlyRoot: host.ReadonlyRootfs ?? false,
    rlimits: (host.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
    capabilities: capabilities(host),
    noNewPrivileges: noNewPrivileges(host.SecurityOpt),
    privileged: host.Privileged ?? false,
    init: host.Init ?? false,
    shmSize: host.ShmSize || 64 * 1024 * 1024,
    sysctls: host.Sysctls ?? {},
    limits: guestLimits(host),
    oomScore: host.OomScoreAdj,
    ...hiddenPaths(host),
    devices: devicesOf(host),
    logLimit: logCap(host.LogConfig ?? undefined),
    hostCgroups: host.CgroupnsMode === 'host',
  }
}

/** A further process in a container: what the request leaves open is as it is for the first one. */
export function execConfig({ config, hostConfig }: ContainerRecord, request: ExecCreateRequest): ExecConfig {
  return {
    argv: request.Cmd,
    env: mergeEnv(config.Env, request.Env),
    cwd: request.WorkingDir || config.WorkingDir || '/',
    user: request.User || config.User || '',
    groups: hostConfig.GroupAdd ?? [],
    tty: request.Tty ?? false,
    openStdin: request.AttachStdin ?? false,
    privileged: request.Privileged ?? false,
    oomScore: hostConfig.OomScoreAdj,
  }
}
