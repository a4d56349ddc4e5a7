#include "rules.h"

#include "texts.h"

enum { PORT_DNS = 53 };

bool rules_allow(const struct place *to, const struct facts *facts) {
  static const struct place gateway = {.address = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}};
  if (to->port == PORT_DNS && is_name_server(facts->resolv_conf, to)) return true;
  return place_same_address(&gateway, to) && ports_name(facts->ports, to->port);
}
