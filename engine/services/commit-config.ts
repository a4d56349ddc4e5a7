import type { ContainerConfig } from '../../contract/docker.ts'
import type { ImageConfig } from '../../contract/image.ts'
import { mergeEnv } from './containers/config.ts'

/** What an image takes over of a container's config, and of the config in its place that came with the request. */
export function commitConfig(container: ContainerConfig, override?: ContainerConfig | null): ImageConfig {
  const given = override ?? {}
  const entrypointGiven = given.Entrypoint !== undefined && given.Entrypoint !== null
  const cmdGiven = [given.Cmd ?? []].flat().length > 0
  const config = {
    User: given.User || container.User,
    Env: mergeEnv(container.Env, given.Env),
    Cmd: list(cmdGiven ? given.Cmd : [given.Entrypoint ?? []].flat().length > 0 ? [] : container.Cmd),
    Entrypoint: list(entrypointGiven ? given.Entrypoint : container.Entrypoint),
    WorkingDir: given.WorkingDir || container.WorkingDir,
    ExposedPorts: { ...container.ExposedPorts, ...given.ExposedPorts },
    Volumes: { ...container.Volumes, ...given.Volumes },
    Labels: { ...container.Labels, ...given.Labels },
    StopSignal: given.StopSignal || container.StopSignal,
    StopTimeout: given.StopTimeout ?? container.StopTimeout,
    Healthcheck: given.Healthcheck ?? container.Healthcheck,
    Shell: given.Shell ?? container.Shell,
    OnBuild: given['OnBuild'],
  }
  return Object.fromEntries(Object.entries(config).filter(([, value]) => !isEmpty(value)))
}

function list(value: string[] | string | null | undefined): string[] {
  return typeof value === 'string' ? [value] : (value ?? [])
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0)
