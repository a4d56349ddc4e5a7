import { benchApi } from './api.ts'
import { benchFork } from './fork.ts'
import { benchLimits } from './limits.ts'
import { benchNetwork } from './network.ts'
import { benchLiveCounter } from './live-counter.ts'
import { benchMany } from './many.ts'
import { benchRatios } from './ratios.ts'
import { benchLiveFork } from './live-fork.ts'
import { benchLivePostgres } from './live-postgres.ts'
import { benchStorage } from './storage.ts'
import { benchWindow } from './window.ts'

// Clones that wait would be in every figure: who means them asks for them.
process.env['RAMET_STANDBY'] = 'off'

const BENCHES: Record<string, () => Promise<object>> = {
  api: benchApi,
  fork: benchFork,
  limits: benchLimits,
  ratios: benchRatios,
  many: benchMany,
  network: benchNetwork,
  'live-fork': benchLiveFork,
  'live-counter': benchLiveCounter,
  'live-postgres': benchLivePostgres,
  storage: benchStorage,
  window: benchWindow,
}

/** One bench's figures, or, where none is named, those of all by their names. */
async function main(name?: string): Promise<object | undefined> {
  if (name !== undefined) return Object.hasOwn(BENCHES, name) ? BENCHES[name]!() : undefined
  const figures: Record<string, object> = {}
  for (const [each, bench] of Object.entries(BENCHES)) figures[each] = await bench()
  return figures
}

const figures = await main(process.argv[2])
if (!figures) {
  console.error(`usage: npm run bench [-- ${Object.keys(BENCHES).join('|')}]; without a name all are run`)
  process.exit(2)
}
const { table, ...rest } = figures as { table?: string }
console.log(JSON.stringify(rest, undefined, 2))
// For people; the figures alone can be read by programs.
if (table) console.error(table)
