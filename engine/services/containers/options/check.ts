import type { ContainerCreateRequest, HostConfig } from '../../../../contract/docker.ts'
import { EngineError } from '../../../../contract/errors.ts'
import { CONFIG_RULES } from './config-rules.ts'
import { ENDPOINT_RULES } from './endpoint-rules.ts'
import { HOST_RULES } from './host-rules.ts'
import { checkFields } from './rule.ts'

/** Holds a create request against the tables. Answers warnings for who made it; refuses by name. */
export function checkOptions(request: ContainerCreateRequest): string[] {
  const { HostConfig = {}, NetworkingConfig } = request
  const endpoints = Object.entries(NetworkingConfig?.EndpointsConfig ?? {})
  checkPolicies(HostConfig ?? {})
  return [
    ...checkFields(request, CONFIG_RULES, ''),
    ...checkFields(HostConfig ?? {}, HOST_RULES, 'HostConfig.'),
    ...checkFields(
      NetworkingConfig ?? {},
      { EndpointsConfig: { is: 'honoured', how: '' } },
      'NetworkingConfig.',
    ),
    ...endpoints.flatMap(([name, settings]) =>
      checkFields(settings ?? {}, ENDPOINT_RULES, `NetworkingConfig.EndpointsConfig.${name}.`),
    ),
  ]
}

function checkPolicies({ Isolation, RestartPolicy, AutoRemove }: HostConfig): void {
  const isolation: string = Isolation ?? ''
  if (!['', 'default', 'cold'].includes(isolation)) {
    throw new EngineError('INVALID_ARGUMENT', `unknown isolation '${isolation}'; use default or cold`)
  }
  const policy = RestartPolicy?.Name ?? ''
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(policy)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `unknown restart policy '${policy}'; use no, always, unless-stopped or on-failure`,
    )
  }
  if (AutoRemove && !['', 'no'].includes(policy)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      'a container cannot both restart and be removed at its end: drop --rm or --restart',
    )
  }
}
