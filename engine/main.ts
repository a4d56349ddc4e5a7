import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { paths } from '../contract/paths.ts'
import { SWITCH } from '../native/switch/index.ts'
import packageJson from '../package.json' with { type: 'json' }
import { createServer } from './api/server.ts'
import { GoldenDisks } from './hypervisor/disk.ts'
import { libvirtUri } from './hypervisor/uri.ts'
import { openHypervisor } from './hypervisor/libvirt-hypervisor.ts'
import { ImageStore } from './images/store.ts'
import { DiskLayers } from './templates/layers.ts'
import { TemplateStore } from './templates/store.ts'
import { Admission } from './services/admission.ts'
import { ClockKeeper } from './services/clock-keeper.ts'
import { BootLogs } from './services/boot-logs.ts'
import { ContainerService } from './services/containers/containers.ts'
import { PortService } from './services/containers/live-ports.ts'
import type { ContainerContext } from './services/containers/context.ts'
import { StartLog } from './services/containers/start-times.ts'
import { StreamService } from './services/containers/streams.ts'
import { ContainerFiles } from './services/container-files.ts'
import { ContainerHistories } from './services/container-histories.ts'
import { EngineSettingsService } from './services/engine-settings.ts'
import { EventBus } from './services/events.ts'
import { ExecService } from './services/execs.ts'
import { HostService } from './services/host.ts'
import { ImageService } from './services/images.ts'
import { openKit } from './services/kit.ts'
import { tendKits } from './services/kits.ts'
import { LaunchService } from './services/launches.ts'
import { openLive } from './services/live/live.ts'
import { MemoryHistoryService } from './services/memory-history.ts'
import { MemoryService } from './services/memory.ts'
import { StatsService } from './services/stats/stats.ts'
import { Attachments } from './services/networks/attachments.ts'
import { Connections } from './services/networks/connections.ts'
import { hostRoutes } from './services/networks/host-routes.ts'
import { RateTeller } from './services/networks/rate-teller.ts'
import { ReachService } from './services/networks/reach.ts'
import { NetworkService } from './services/networks/networks.ts'
import { MountService } from './services/mounts/mounts.ts'
import { ownFolders, RefusedFolders } from './services/mounts/refused.ts'
import { Switches } from './switch/switches.ts'
import { TemplateService } from './services/templates.ts'
import { VolumeService } from './services/volumes/volumes.ts'
import { restWhenIdle } from './rest.ts'
import { readSettings } from './services/settings.ts'
import { StandbyPool } from './services/standby/pool.ts'
import { isStandby } from './services/standby/standby.ts'

/** The composition root: makes every part once, joins them, and serves until it is told to stop. */
async function main(): Promise<void> {
  const { env } = process
  // Bundled it lies elsewhere.
  const root = env['RAMET_ROOT'] ?? join(import.meta.dirname, '..')
  const { version } = packageJson
  const at = paths(env, process.getuid!())
  const socketDir = join(at.runtime, 'vm')
  for (const folder of [at.data, at.state, at.config, at.runtime, socketDir, at.cache]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
  const log = (message: string): void => void process.stderr.write(`${new Date().toISOString()} ${message}\n`)

  const settingsFile = join(at.config, 'settings.json')
  const settings = await readSettings(settingsFile)
  const kit = await openKit(env['RAMET_KIT'] ?? join(root, 'native/guest/out/kit'))
  const uri = libvirtUri({
    setting: env['RAMET_LIBVIRT_URI'] || settings.libvirtUri || undefined,
    uid: process.getuid!(),
    embedRoot: join(at.data, 'libvirt'),
    path: env['PATH'] ?? '',
  })
  const hypervisor = await openHypervisor({
    uri,
    accelerator: env['RAMET_ACCEL'] || settings.accelerator,
    cacheDir: at.cache,
    kernel: kit.kernel,
    owner: at.data,
  })
  const goldenDisks = await GoldenDisks.open(join(at.data, 'golden'))
  const events = new EventBus()
  const imageStore = await ImageStore.open({ folder: join(at.data, 'images'), ...settings })
  const templateStore = new TemplateStore(join(at.data, 'templates'))
  await templateStore.open()
  const templates = new TemplateService({
    hypervisor,
    images: imageStore,
    store: templateStore,
    kit,
    goldenDisks,
    socketDir,
    admit: (image, boot) => admission.makeTemplate(image, boot),
    clones: () =>
      containers.all().flatMap(({ record, running }) => record.frozen ?? (running ? record.templateId : [])),
    standby: (id) => standby.count(id),
    changed: (Action, ID) => events.tell({ Type: 'template', Action, Actor: { ID } }),
  })
  const records = () => containers.records()
  const networks = await NetworkService.open({
    folder: join(at.data, 'networks'),
    events,
    containers: records,
    hostRoutes,
    log,
  })
  const switches = await Switches.open({
    binary: SWITCH,
    folder: join(at.runtime, 'net'),
    log,
  })
  const attachments = new Attachments({ networks, switches, containers: records, log })
  const volumes = await VolumeService.open({
    folder: join(at.data, 'volumes'),
    events,
    usersOf: (name) => containers.usersOfVolume(name),
    log,
  })
  const mounts = new MountService({
    volumes,
    refused: new RefusedFolders(ownFolders([at.data, at.state, at.config, at.runtime, at.cache], env)),
    apiSocket: at.socket,
    isRoot: process.getuid!() === 0,
    log,
  })
  const layers = new DiskLayers(join(at.data, 'layers'))
  await layers.open()
  const standby = new StandbyPool({
    hypervisor,
    // Tests count domains; who means to have none says so here.
    settings: env['RAMET_STANDBY'] === 'off' ? { ...settings.standby, count: 0 } : settings.standby,
    events,
    folder: join(at.data, 'standby'),
    socketDir,
    busy: () => containers.records().some(({ phase }) => phase === 'starting'),
    isVolumeDisk: (name) => volumes.source(name).kind === 'disk',
    log,
  })
  const admission = new Admission({
    keepFreeBytes: settings.keepFreeBytes,
    running: () => containers.running(),
    makeRoom: () => standby.makeRoom(),
  })
  const context: ContainerContext = {
    hypervisor,
    images: imageStore,
    templates,
    networks: attachments,
    layers,
    events,
    mounts,
    starts: new StartLog(),
    standby,
    admission,
    diskDir: join(at.data, 'containers'),
    logDir: join(at.state, 'containers'),
    socketDir,
    warm: settings.warm,
    limits: settings.limits,
    log,
  }
  const containers: ContainerService = new ContainerService(context)
  const live = openLive(containers, context)
  const connections = new Connections({
    networks,
    attachments,
    container: (name) => containers.find(name),
    log,
  })
  const reach = new ReachService({
    networks,
    attachments,
    switches,
    containers: records,
    running: () => containers.running(),
  })
  const rates = new RateTeller({
    rates: () => reach.rates(),
    isNeeded: () => containers.running().length > 0,
    events,
    log,
  })
  const clocks = new ClockKeeper({ running: () => containers.running(), log })
  const streams = new StreamService(containers)
  const execs = new ExecService(containers)
  const images = new ImageService({
    store: imageStore,
    templates,
    events,
    usersOf: (imageId) => containers.usersOf(imageId),
    idsOf: (imageId) => containers.idsOf(imageId),
  })
  const launches = await LaunchService.open({
    file: join(at.config, 'launches.json'),
    events,
    containers,
    log,
  })
  const memory = new MemoryService({
    templates,
    images: imageStore,
    running: () => containers.running(),
    standby: () => standby.memory(),
    room: () => admission.room(),
  })
  const histories = new ContainerHistories({ events })
  const history = new MemoryHistoryService({ memory, events, log, running: () => containers.running() })
  const host = new HostService({ facts: hypervisor.facts, kit, engineVersion: version, dataDir: at.data })

  const engineSettings = new EngineSettingsService({
    file: settingsFile,
    running: settings,
    env,
    atOnce: {
      standby: (given) => standby.set(given),
      keepFreeBytes: (bytes) => admission.keepFree(bytes),
    },
  })

  const recovered = Promise.withResolvers<undefined>()
  const server = createServer(
    {
      containers: Object.assign(containers, {
        logs: streams.logs.bind(streams),
        attach: streams.attach.bind(streams),
      }),
      stats: new StatsService(containers, memory),
      files: new ContainerFiles(containers, images),
      bootLogs: new BootLogs({
        find: (name) => containers.find(name),
        ofTemplate: (id) => templates.bootLog(id),
      }),
      execs,
      images,
      templates,
      live,
      volumes,
      networks: Object.assign(networks, {
        connect: connections.connect.bind(connections),
        disconnect: connections.disconnect.bind(connections),
        setRate: connections.setRate.bind(connections),
        reach: reach.reach.bind(reach),
        rates: reach.rates.bind(reach),
      }),
      ports: new PortService({
        container: (name) => containers.find(name),
        hasWayOut: (record) => attachments.hasWayOut(record),
      }),
      memory: {
        report: () => memory.report(),
        history: () => history.history(),
        historyOf: (idOrName) => histories.of(containers.find(idOrName).id),
      },
      host,
      launches,
      settings: engineSettings,
      starts: context.starts,
      standby: {
        report: () => standby.report(),
        set: async (changes) => {
          await engineSettings.change({ standby: changes })
          return standby.set(changes)
        },
      },
      events,
    },
    { engineVersion: version, log, ready: recovered.promise },
  )
  // The socket first: of two engines on the same files only one may take containers up.
  await server.listen(at.socket)
  const found = await hypervisor.list()
  const waiting = found.filter(({ record }) => isStandby(record)).map(({ vm }) => vm)
  await standby.sweepFiles(waiting.map(({ uuid }) => uuid))
  await containers.recover(
    found.filter(({ record }) => !isStandby(record)),
    waiting,
  )
  const taken = new Set(containers.all().map(({ vm }) => vm?.uuid))
  await standby.sweep(waiting.filter(({ uuid }) => !taken.has(uuid)))
  await switches.settle()
  recovered.resolve(undefined)
  history.start()
  rates.start()
  clocks.start()
  await live.sweep().catch((error: Error) => log(error.message))
  await tendKits({
    folder: join(at.cache, 'kits'),
    own: kit,
    ofTemplates: async () => (await templateStore.list()).map((template) => template.kit),
    log,
  })
  log(`engine ${version} serves ${at.socket}; ${hypervisor.facts.accelerator}, ${uri}`)

  restWhenIdle(log)

  let stopping = false
  const stop = async (): Promise<void> => {
    if (stopping) return
    stopping = true
    history.close()
    histories.close()
    rates.close()
    clocks.close()
    await server.close()
    await standby.close()
    containers.close()
    switches.detach()
    await hypervisor.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
}

main().catch((error: Error) => {
  process.stderr.write(`ramet: ${error.message}\n`)
  process.exit(1)
})
