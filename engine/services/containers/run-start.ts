import { writeFile } from 'node:fs/promises'
import { EngineError } from '../../../contract/errors.ts'
import { repairLog } from '../../guest/log-reader.ts'
import { failpoint } from '../failpoint.ts'
import type { ContainerCore } from './container-core.ts'
import { exitCodeOf } from './exit-code.ts'
import { allocatePorts, wantedPorts } from './ports.ts'
import type { AfterRun } from './run-end.ts'

/** Brings a container that does not run to its running process. Its end is watched by the caller. */
export async function startRun(core: ContainerCore, after: Pick<AfterRun, 'removeBySelf'>): Promise<void> {
  const { record, context, machine } = core
  core.mustExist()
  if (core.paused) throw new EngineError('CONFLICT', `container ${record.name} is paused; unpause it instead`)
  if (core.running) throw new EngineError('NOT_MODIFIED', `container ${record.name} is already running`)
  const times = context.starts.begin({ id: record.id, name: record.name })
  core.times = times
  try {
    const origin = await context.templates.forContainer(record)
    // A clone of the last run that is still on its way out holds the disk and the ports.
    await machine.end()
    const wayOut = context.networks.hasWayOut(record)
    const ports = await allocatePorts(wayOut ? wantedPorts(record.config, record.hostConfig) : [])
    context.networks.take(record)
    await repairLog(core.paths.log)
    if (origin.template?.live?.kind === 'healthy')
      await writeFile(core.paths.log, await context.templates.output(origin.template.id))
    Object.assign(record, { phase: 'starting', run: record.run + 1, ports, error: '', oomKilled: false })
    record.stoppedByUser = false
    record.paused = false
    record.health = undefined
    record.templateId = origin.template?.id ?? ''
    const { memoryBytes, vcpus } = origin.hardware
    record.vm = { memoryBytes, vcpus }
    failpoint('start.begun')
    await context.admission.start(record, origin, async () => {
      await machine.launch(record, origin, times)
      failpoint('start.launched')
      record.phase = 'running'
      record.frozen = undefined
      record.startedAt = new Date().toISOString()
    })
    await machine.save(record)
    failpoint('start.saved')
  } catch (error) {
    await startFailed(core, error)
    if (record.hostConfig.AutoRemove) after.removeBySelf()
    throw error
  }
}

async function startFailed(core: ContainerCore, error: unknown): Promise<void> {
  const { record, context, machine } = core
  machine.closeLink()
  await machine.end().catch(() => {})
  record.phase = record.startedAt ? 'exited' : 'created'
  record.exitCode = exitCodeOf(error)
  record.error = (error as Error).message
  record.ports = []
  context.networks.release(record)
  await machine.save(record).catch(() => {})
  core.starts.release(false)
  core.exits.exited(record.exitCode)
}
