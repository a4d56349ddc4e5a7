import { honoured, idle, refused, type Rules } from './rule.ts'

const GIVEN = 'is given anew with every start'

/** The fields of NetworkingConfig.EndpointsConfig's entries; their values are checked where networks are. One row each. */
export const ENDPOINT_RULES: Rules = {
  IPAMConfig: honoured('addresses that it insists on'),
  Links: honoured('names of its own for others there'),
  MacAddress: honoured('of its NIC in that network'),
  Aliases: honoured('further names in that network'),
  DriverOpts: refused('there is no driver that reads them'),
  GwPriority: idle('kept and shown; the way out is the NAT'),
  NetworkID: idle('the key of the entry names the network'),
  EndpointID: idle(GIVEN),
  Gateway: idle(GIVEN),
  IPAddress: idle(GIVEN),
  IPPrefixLen: idle(GIVEN),
  IPv6Gateway: idle(GIVEN),
  GlobalIPv6Address: idle(GIVEN),
  GlobalIPv6PrefixLen: idle(GIVEN),
  DNSNames: idle('follow from name, id, host name and aliases'),
}
