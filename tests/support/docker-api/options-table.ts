import { join } from 'node:path'
import { CONFIG_RULES } from '../../../engine/services/containers/options/config-rules.ts'
import { ENDPOINT_RULES } from '../../../engine/services/containers/options/endpoint-rules.ts'
import { HOST_RULES } from '../../../engine/services/containers/options/host-rules.ts'
import type { Rule, Rules } from '../../../engine/services/containers/options/rule.ts'

export const OPTIONS_TABLE = join(import.meta.dirname, '../../../docs/create-options.md')

/** docs/create-options.md as it should be. */
export function optionsTable(): string {
  return `# Create options, field by field

What \`POST /containers/create\` makes of each field of the Docker Engine API 1.51. Nothing is dropped silently. A field that is none of these has no effect, as with Docker, and is named in the answer's \`Warnings\`. Fields that are empty, null, 0 or false say nothing.

This file is made by \`build/node tests/support/docker-api/write.ts\` from the tables that the engine itself goes by, \`engine/services/containers/options/\`; a test compares both.

${section('The container', CONFIG_RULES)}
${section('HostConfig', HOST_RULES)}
${section('NetworkingConfig.EndpointsConfig', ENDPOINT_RULES)}`
}

function section(title: string, rules: Rules): string {
  const rows = Object.entries(rules).map(([name, rule]) => `| \`${name}\` | ${cells(rule)} |`)
  return `## ${title}\n\n| field | | |\n|---|---|---|\n${rows.join('\n')}\n`
}

function cells(rule: Rule): string {
  const values = 'values' in rule ? rule.values.map((value) => `\`${String(value)}\``).join(', ') : ''
  if (rule.is === 'honoured') return `honoured | ${rule.how}`
  if (rule.is === 'idle') return `taken, changes nothing | ${rule.why}`
  if (rule.is === 'refused') return `refused | ${rule.why}`
  if (rule.is === 'warned')
    return `no effect, with a warning${values ? `, unless ${values}` : ''} | ${rule.why}`
  return `${values ? `${values}; else refused` : 'refused'} | ${rule.why}`
}
