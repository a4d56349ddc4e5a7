#include "error.h"

namespace ramet {

LibvirtFailure LibvirtFailure::last() {
  const virError* error = virGetLastError();
  if (!error) return {VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE, VIR_ERR_ERROR, "libvirt failed and gave no reason"};
  return {error->code, error->domain, static_cast<int>(error->level),
          error->message ? error->message : "libvirt gave no message"};
}

}  // namespace ramet
