/** JSON schemas of request bodies: the types that the services rely on. What they do not know passes untouched. */

const text = { type: 'string' }
const texts = { type: ['array', 'null'], items: text }
const command = { type: ['array', 'string', 'null'], items: text }
const flag = { type: 'boolean' }
const whole = { type: 'integer' }
const maybe = (type: string) => ({ type: [type, 'null'] })
const mapOf = (values: object) => ({ type: ['object', 'null'], additionalProperties: values })

/** Fields of HostConfig that contract/docker-options.ts has. */
const hostOptions = {
  CpuQuota: whole,
  CpuPeriod: { type: 'integer', minimum: 0 },
  CpusetCpus: text,
  Devices: {
    type: ['array', 'null'],
    items: {
      type: 'object',
      properties: { PathOnHost: text, PathInContainer: text, CgroupPermissions: text },
    },
  },
  DnsSearch: texts,
  DnsOptions: texts,
  CgroupnsMode: text,
  OomScoreAdj: whole,
  MaskedPaths: texts,
  ReadonlyPaths: texts,
  LogConfig: { type: ['object', 'null'], properties: { Type: text, Config: mapOf(text) } },
  ConsoleSize: { type: ['array', 'null'], items: whole, minItems: 2, maxItems: 2 },
}

const endpoint = {
  type: ['object', 'null'],
  properties: {
    IPAMConfig: {
      type: ['object', 'null'],
      properties: { IPv4Address: text, IPv6Address: text, LinkLocalIPs: texts },
    },
    Links: texts,
    Aliases: texts,
    MacAddress: text,
    DriverOpts: mapOf(text),
    GwPriority: whole,
  },
}

const portBindings = mapOf({
  type: ['array', 'null'],
  items: { type: 'object', properties: { HostIp: text, HostPort: text } },
})

const hostConfig = {
  type: ['object', 'null'],
  properties: {
    ...hostOptions,
    Binds: texts,
    NetworkMode: text,
    PortBindings: portBindings,
    PublishAllPorts: flag,
    RestartPolicy: {
      type: ['object', 'null'],
      properties: {
        Name: { enum: ['', 'no', 'always', 'unless-stopped', 'on-failure'] },
        MaximumRetryCount: whole,
      },
    },
    AutoRemove: flag,
    Memory: { type: 'integer', minimum: 0 },
    NanoCpus: { type: 'integer', minimum: 0 },
    ReadonlyRootfs: flag,
    Tmpfs: mapOf(text),
    CapAdd: texts,
    CapDrop: texts,
    Privileged: flag,
    GroupAdd: texts,
    ExtraHosts: texts,
    Links: texts,
    Dns: texts,
    ShmSize: { type: 'integer', minimum: 0 },
    Ulimits: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        required: ['Name'],
        properties: { Name: text, Soft: whole, Hard: whole },
      },
    },
    Sysctls: mapOf(text),
    SecurityOpt: texts,
    PidsLimit: maybe('integer'),
    Init: maybe('boolean'),
    Isolation: { enum: ['', 'default', 'cold'] },
  },
}

export const containerCreate = {
  type: 'object',
  properties: {
    Hostname: text,
    Domainname: text,
    User: text,
    ExposedPorts: mapOf({ type: 'object' }),
    Tty: flag,
    OpenStdin: flag,
    StdinOnce: flag,
    AttachStdin: flag,
    AttachStdout: flag,
    AttachStderr: flag,
    Env: texts,
    Cmd: command,
    Entrypoint: command,
    Image: text,
    Volumes: mapOf({ type: 'object' }),
    WorkingDir: text,
    Labels: mapOf(text),
    StopSignal: text,
    StopTimeout: maybe('integer'),
    Healthcheck: {
      type: ['object', 'null'],
      properties: {
        Test: texts,
        Interval: whole,
        Timeout: whole,
        StartPeriod: whole,
        StartInterval: whole,
        Retries: whole,
      },
    },
    Shell: texts,
    HostConfig: hostConfig,
    MacAddress: text,
    NetworkingConfig: {
      type: ['object', 'null'],
      properties: { EndpointsConfig: mapOf(endpoint) },
    },
  },
}

export const networkCreate = {
  type: 'object',
  required: ['Name'],
  properties: {
    Name: text,
    Driver: text,
    Scope: text,
    EnableIPv4: maybe('boolean'),
    EnableIPv6: maybe('boolean'),
    IPAM: {
      type: ['object', 'null'],
      properties: {
        Driver: text,
        Options: mapOf(text),
        Config: {
          type: ['array', 'null'],
          items: {
            type: 'object',
            properties: { Subnet: text, IPRange: text, Gateway: text, AuxiliaryAddresses: mapOf(text) },
          },
        },
      },
    },
    Internal: flag,
    Attachable: flag,
    Ingress: flag,
    ConfigOnly: flag,
    ConfigFrom: { type: ['object', 'null'], properties: { Network: text } },
    Options: mapOf(text),
    Labels: mapOf(text),
  },
}

export const ports = {
  type: 'object',
  required: ['PortBindings'],
  properties: { PortBindings: { ...portBindings, type: 'object' } },
}

export const rate = { type: 'object', required: ['rate'], properties: { rate: text } }

export const networkConnect = {
  type: 'object',
  required: ['Container'],
  properties: { Container: text, EndpointConfig: endpoint, Force: flag },
}

const consoleSize = { type: ['array', 'null'], items: whole, minItems: 2, maxItems: 2 }

export const execCreate = {
  type: 'object',
  properties: {
    AttachStdin: flag,
    AttachStdout: flag,
    AttachStderr: flag,
    DetachKeys: text,
    Tty: flag,
    Env: texts,
    Cmd: texts,
    Privileged: flag,
    User: text,
    WorkingDir: text,
    ConsoleSize: consoleSize,
  },
}

export const execStart = {
  type: ['object', 'null'],
  properties: { Detach: flag, Tty: flag, ConsoleSize: consoleSize },
}

export const volumeCreate = {
  type: ['object', 'null'],
  properties: { Name: text, Driver: text, DriverOpts: mapOf(text), Labels: mapOf(text) },
}

export const freeze = {
  type: 'object',
  required: ['reference'],
  additionalProperties: false,
  properties: { reference: { type: 'string', minLength: 1 } },
}

export const fork = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    count: { type: 'integer', minimum: 1 },
    name: text,
    ports: portBindings,
    publishAll: flag,
    labels: mapOf(text),
    autoRemove: flag,
  },
}

export const checkpointCreate = {
  type: ['object', 'null'],
  properties: { CheckpointID: text, CheckpointDir: text, Exit: flag },
}

export const rewind = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: { checkpoint: { type: 'string', minLength: 1 } },
}

export const templateCreate = {
  type: 'object',
  required: ['image'],
  additionalProperties: false,
  properties: {
    image: { type: 'string', minLength: 1 },
    memoryBytes: { type: 'integer', minimum: 1 },
    vcpus: { type: 'integer', minimum: 1 },
    rebuild: flag,
  },
}

export const standbySettings = {
  type: 'object',
  additionalProperties: false,
  properties: {
    count: { type: 'integer', minimum: 0, maximum: 64 },
    memoryBytes: { type: 'integer', minimum: 0 },
    reserveBytes: { type: 'integer', minimum: 0 },
  },
}

export const quickLaunch = {
  type: 'object',
  required: ['config'],
  additionalProperties: false,
  properties: {
    config: containerCreate,
    name: { type: 'string', maxLength: 200 },
    title: { type: 'string', maxLength: 200 },
    pinned: flag,
  },
}
