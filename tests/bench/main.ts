import { benchApi } from './api.ts'
import { benchFork } from './fork.ts'

const BENCHES: Record<string, () => Promise<object>> = { api: benchApi, fork: benchFork }

const [name = ''] = process.argv.slice(2)
const bench = BENCHES[name]
if (!bench) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')}`)
  process.exit(2)
}
console.log(JSON.stringify(await bench(), undefined, 2))
