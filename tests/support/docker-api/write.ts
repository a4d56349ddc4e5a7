import { writeFileSync } from 'node:fs'
import { TABLE, table } from './table.ts'

writeFileSync(TABLE, table())
