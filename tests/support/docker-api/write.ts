import { writeFileSync } from 'node:fs'
import { OPTIONS_TABLE, optionsTable } from './options-table.ts'
import { TABLE, table } from './table.ts'

writeFileSync(TABLE, table())
writeFileSync(OPTIONS_TABLE, optionsTable())
