#include "event_loop.h"

#include <libvirt/libvirt.h>

#include <mutex>
#include <thread>

#include "error.h"

namespace ramet {

void start_event_loop() {
  static std::once_flag once;
  std::call_once(once, [] {
    check(virEventRegisterDefaultImpl());
    // Errors travel with the calls: libvirt shall not print them besides.
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
    // A loop without a timer sleeps for good; this one lets it notice what was added from other threads at the latest.
    check(virEventAddTimeout(1000, [](int, void*) {}, nullptr, nullptr));
    std::thread([] {
      for (;;) {
        if (virEventRunDefaultImpl() < 0) virResetLastError();
      }
    }).detach();
  });
}

}  // namespace ramet
