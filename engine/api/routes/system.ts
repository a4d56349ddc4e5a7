import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { API_VERSION, MIN_API_VERSION } from '../../../contract/docker.ts'
import type { Backend } from '../backend.ts'
import { authRoute } from './system-auth.ts'
import { usageRoute } from './system-usage.ts'

/** The Docker release whose API this is: clients compare it, so it must look like one. */
const DOCKER_VERSION = '28.3.3'
const ARCHITECTURES: Record<string, [docker: string, kernel: string]> = {
  x64: ['amd64', 'x86_64'],
  arm64: ['arm64', 'aarch64'],
}
const [GO_ARCH, KERNEL_ARCH] = ARCHITECTURES[process.arch] ?? [process.arch, process.arch]

export function systemRoutes(
  backend: Backend,
  { engineVersion, closing }: { engineVersion: string; closing: AbortSignal },
): RouteOptions[] {
  const version = `${DOCKER_VERSION}+ramet.${engineVersion}`
  return [
    { method: ['GET', 'HEAD'], url: '/_ping', handler: ping },
    { method: 'GET', url: '/version', handler: async () => versionAnswer(backend, version, engineVersion) },
    { method: 'GET', url: '/info', handler: async () => infoAnswer(backend, version) },
    usageRoute(backend),
    authRoute(backend.images, { closing }),
  ]
}

/** Builder 1 has the command line send its own build request, which is then refused with advice. */
async function ping(_request: FastifyRequest, reply: FastifyReply): Promise<string> {
  reply.headers({
    'Builder-Version': '1',
    Swarm: 'inactive',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
  })
  reply.type('text/plain; charset=utf-8')
  return 'OK'
}

async function versionAnswer(backend: Backend, version: string, engineVersion: string): Promise<object> {
  const [host, { kernel }] = [await backend.host.info(), backend.host.resources()]
  return {
    Platform: { Name: `Ramet ${engineVersion}` },
    Components: [
      {
        Name: 'Engine',
        Version: version,
        Details: {
          ApiVersion: API_VERSION,
          MinAPIVersion: MIN_API_VERSION,
          Arch: GO_ARCH,
          Os: 'linux',
          KernelVersion: kernel,
        },
      },
      { Name: 'ramet', Version: engineVersion, Details: { Accelerator: host.accelerator, Kit: host.kit } },
      { Name: 'libvirt', Version: host.libvirtVersion, Details: { Uri: host.libvirtUri } },
      { Name: 'qemu', Version: host.qemuVersion, Details: {} },
    ],
    Version: version,
    ApiVersion: API_VERSION,
    MinAPIVersion: MIN_API_VERSION,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: GO_ARCH,
    KernelVersion: kernel,
    BuildTime: '',
  }
}

async function infoAnswer(backend: Backend, version: string): Promise<object> {
  const [host, containers, images] = await Promise.all([
    backend.host.info(),
    backend.containers.list({ all: true, size: false, filters: {} }),
    backend.images.list({ all: false, filters: {} }),
  ])
  const { memoryBytes, cpus, kernel, os, hostname } = backend.host.resources()
  const standby = backend.standby.report()
  const count = (...states: string[]): number =>
    containers.filter(({ State }) => states.includes(State)).length
  return {
    ID: `ramet-${hostname}`,
    Containers: containers.length,
    ContainersRunning: count('running', 'restarting'),
    ContainersPaused: count('paused'),
    ContainersStopped: count('created', 'exited', 'dead'),
    Images: images.length,
    Driver: 'ramet',
    DriverStatus: [
      ['Accelerator', `${host.accelerator} (${host.acceleratorReason})`],
      ['Hypervisor', `QEMU ${host.qemuVersion}, libvirt ${host.libvirtVersion}, ${host.libvirtUri}`],
      ['Guest kernel', host.kernel],
      ['Standby clones', `${standby.waiting.length} waiting, ${standby.hits} hits, ${standby.misses} misses`],
    ],
    DockerRootDir: host.home,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'local', 'none'],
    },
    MemoryLimit: true,
    SwapLimit: false,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    OomKillDisable: false,
    IPv4Forwarding: true,
    Debug: false,
    NFd: 0,
    NGoroutines: 0,
    NEventsListener: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'none',
    KernelVersion: kernel,
    OperatingSystem: os,
    OSVersion: '',
    OSType: 'linux',
    Architecture: KERNEL_ARCH,
    NCPU: cpus,
    MemTotal: memoryBytes,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: { InsecureRegistryCIDRs: [], IndexConfigs: {}, Mirrors: null },
    GenericResources: null,
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: hostname,
    Labels: [],
    ExperimentalBuild: true,
    ServerVersion: version,
    Runtimes: { ramet: { path: 'ramet' } },
    DefaultRuntime: 'ramet',
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: true,
    Isolation: '',
    InitBinary: '',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: [],
    CDISpecDirs: null,
    Warnings: host.accelerator === 'tcg' ? [`No KVM: ${host.acceleratorReason}`] : null,
  }
}
