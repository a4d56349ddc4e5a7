#pragma once
#include <libvirt/virterror.h>

#include <stdexcept>
#include <string>

namespace ramet {

// libvirt's last error on this thread, with what it belongs to.
class LibvirtFailure : public std::runtime_error {
 public:
  LibvirtFailure(int code, int domain, int level, const std::string& message)
      : std::runtime_error(message), code(code), domain(domain), level(level) {}
  static LibvirtFailure last();

  const int code;
  const int domain;
  const int level;
};

// Throws libvirt's last error where a call has failed, as its calls tell: a negative number or a null pointer.
inline int check(int result) {
  if (result < 0) throw LibvirtFailure::last();
  return result;
}

template <typename T>
T* check(T* result) {
  if (!result) throw LibvirtFailure::last();
  return result;
}

}  // namespace ramet
