import { benchApi } from './api.ts'
import { benchFork } from './fork.ts'
import { benchLimits } from './limits.ts'
import { benchNetwork } from './network.ts'
import { benchLiveCounter } from './live-counter.ts'
import { benchLiveFork } from './live-fork.ts'
import { benchLivePostgres } from './live-postgres.ts'
import { benchStorage } from './storage.ts'
import { benchWindow } from './window.ts'

const BENCHES: Record<string, () => Promise<object>> = {
  api: benchApi,
  fork: benchFork,
  limits: benchLimits,
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
console.log(JSON.stringify(figures, undefined, 2))
