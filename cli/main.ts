import { Command, CommanderError } from 'commander'
import { EngineError } from '../contract/errors.ts'
import { complain } from './commands/common.ts'
import { addCheckpoints } from './commands/checkpoints.ts'
import { addContainers } from './commands/containers.ts'
import { addContext } from './commands/context.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEngine } from './commands/engine.ts'
import { addExec } from './commands/exec.ts'
import { addGui } from './commands/gui.ts'
import { addImages } from './commands/images.ts'
import { addLineage } from './commands/lineage.ts'
import { addLive } from './commands/live.ts'
import { addLogs } from './commands/logs.ts'
import { addNetworks } from './commands/networks.ts'
import { addMemory } from './commands/memory.ts'
import { addPorts } from './commands/ports.ts'
import { addPs } from './commands/ps.ts'
import { addRun } from './commands/run.ts'
import { addStats } from './commands/stats.ts'
import { addStandby } from './commands/standby.ts'
import { addTemplates } from './commands/templates.ts'
import { addTop } from './commands/top.ts'
import { addTry } from './commands/try.ts'
import { addUpdate } from './commands/update.ts'
import { addVolumes } from './commands/volumes.ts'
import { addDemo } from './demo.ts'
import { Interruption, untilInterrupted } from './interrupt.ts'
import packageJson from '../package.json' with { type: 'json' }

/** Commands that go on until somebody ends them: that they were is no news. */
const ENDLESS = ['logs', 'stats', 'top', 'wait', 'attach', 'exec']
/** Exit status of a command line that cannot be understood, and of a `run` that the engine refuses: as Docker's. */
const REFUSED = 125
const EXIT_CODES: Partial<Record<string, number>> = { COMMAND_NOT_EXECUTABLE: 126, COMMAND_NOT_FOUND: 127 }

let command = ''

const program = new Command('ramet')
  .description('Docker images as isolated light VMs, forked from frozen templates')
  .version(packageJson.version, '-v, --version', 'print the version')
  .helpCommand(false)
  .enablePositionalOptions()
  .exitOverride()
  .configureHelp({ optionDescription: ({ description }) => description })
  .configureOutput({ outputError: (text) => complain(new Error(text.replace(/^error: /, ''))) })
  .hook('preAction', (_program, action) => {
    command = action.name()
  })

const GROUPS = [
  addRun,
  addPs,
  addPorts,
  addContainers,
  addUpdate,
  addTop,
  addExec,
  addLive,
  addCheckpoints,
  addTry,
  addLineage,
  addLogs,
  addImages,
  addVolumes,
  addTemplates,
  addStandby,
  addNetworks,
  addMemory,
  addStats,
  addDoctor,
  addDemo,
  addEngine,
  addContext,
  addGui,
]
for (const add of GROUPS) add(program)

async function main(): Promise<void> {
  // Whoever read the output has had enough, `head` for one: end like a program that SIGPIPE ends.
  process.stdout.on('error', () => process.exit(141))
  // A terminal that has gone takes no last word.
  process.stderr.on('error', () => {})
  try {
    await untilInterrupted(program.parseAsync())
  } catch (error) {
    process.exitCode = failed(error)
  }
  await new Promise((resolve) => process.stdout.write('', resolve))
  process.exit()
}

/** Says what went wrong, unless that was said; answers the exit status. */
function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : REFUSED
  if (error instanceof Interruption) return interrupted(error)
  complain(error)
  const told = error instanceof EngineError ? EXIT_CODES[error.code] : undefined
  return told ?? (command === 'run' ? REFUSED : 1)
}

function interrupted(error: Interruption): number {
  // The terminal has shown ^C.
  if (process.stderr.isTTY) process.stderr.write('\n')
  if (!ENDLESS.includes(command)) complain(error)
  return error.status
}

await main()
