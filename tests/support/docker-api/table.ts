import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { STATUS, type Status } from './status.ts'

export const TABLE = join(import.meta.dirname, '../../../docs/docker-api.md')

/** Method and path of every endpoint that the published document of the API 1.51 has. */
export const endpoints = (): string[] =>
  readFileSync(join(import.meta.dirname, 'endpoints-1.51.txt'), 'utf8')
    .trim()
    .split('\n')

/** docs/docker-api.md as it should be. */
export function table(): string {
  const rows = endpoints().map((endpoint) => `| \`${endpoint}\` | ${cells(STATUS[endpoint])} |`)
  const count = (kind: Status['kind']): number =>
    Object.values(STATUS).filter((each) => each.kind === kind).length
  return `# Docker API, endpoint by endpoint

Every endpoint of the Docker Engine API 1.51: ${count('works')} work, ${count('partly')} work in part, ${count('refused')} are refused. How they are served stands in [api.md](api.md).

This file is made by \`build/node tests/support/docker-api/write.ts\` from \`status.ts\` beside it; a test compares both, and asks the API itself.

| endpoint | | |
|---|---|---|
${rows.join('\n')}
`
}

function cells(status: Status | undefined): string {
  if (!status) return 'unknown |'
  if (status.kind === 'works') return 'works |'
  return status.kind === 'partly' ? `partly | ${status.but}` : `501 | ${status.why}`
}
