#include "domain.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "arguments.h"
#include "call.h"
#include "handles.h"

namespace ramet {

namespace {

// A call that answers nothing but whether it failed.
template <typename Call>
Napi::Value plain_call(const Napi::CallbackInfo& info, Call call) {
  return run(info.Env(), [domain = domain_of(info[0]), call] { check(call(domain->acquire().get())); });
}

template <typename Call>
Napi::Value string_call(const Napi::CallbackInfo& info, Call call) {
  auto work = [domain = domain_of(info[0]), call] { return take(check(call(domain->acquire().get()))); };
  return run(info.Env(), work, to_text);
}

template <typename Call>
Napi::Value flag_call(const Napi::CallbackInfo& info, Call call) {
  auto work = [domain = domain_of(info[0]), call] { return check(call(domain->acquire().get())) == 1; };
  return run(info.Env(), work, to_flag);
}

Napi::Value create(const Napi::CallbackInfo& info) {
  return plain_call(info, [how = flags(info, 1)](auto d) { return virDomainCreateWithFlags(d, how); });
}

Napi::Value resume(const Napi::CallbackInfo& info) { return plain_call(info, virDomainResume); }
Napi::Value suspend(const Napi::CallbackInfo& info) { return plain_call(info, virDomainSuspend); }
Napi::Value shutdown(const Napi::CallbackInfo& info) { return plain_call(info, virDomainShutdown); }

Napi::Value reset(const Napi::CallbackInfo& info) {
  return plain_call(info, [](auto d) { return virDomainReset(d, 0); });
}

Napi::Value destroy(const Napi::CallbackInfo& info) {
  return plain_call(info, [how = flags(info, 1)](auto d) { return virDomainDestroyFlags(d, how); });
}

Napi::Value undefine(const Napi::CallbackInfo& info) {
  return plain_call(info, [how = flags(info, 1)](auto d) { return virDomainUndefineFlags(d, how); });
}

Napi::Value state(const Napi::CallbackInfo& info) {
  struct State {
    int state = 0, reason = 0;
  };
  return run(
      info.Env(),
      [domain = domain_of(info[0])] {
        State found;
        check(virDomainGetState(domain->acquire().get(), &found.state, &found.reason, 0));
        return found;
      },
      [](Napi::Env env, const State& found) {
        auto object = Napi::Object::New(env);
        object.Set("state", found.state);
        object.Set("reason", found.reason);
        return object;
      });
}

Napi::Value details(const Napi::CallbackInfo& info) {
  return run(
      info.Env(),
      [domain = domain_of(info[0])] {
        virDomainInfo found;
        check(virDomainGetInfo(domain->acquire().get(), &found));
        return found;
      },
      [](Napi::Env env, const virDomainInfo& found) {
        auto object = Napi::Object::New(env);
        object.Set("state", static_cast<int>(found.state));
        object.Set("maxMemoryKiB", static_cast<double>(found.maxMem));
        object.Set("memoryKiB", static_cast<double>(found.memory));
        object.Set("vcpus", static_cast<int>(found.nrVirtCpu));
        object.Set("cpuTimeNs", Napi::BigInt::New(env, static_cast<uint64_t>(found.cpuTime)));
        return object;
      });
}

// -1 for a domain that is off: libvirt calls that an error, but it is an answer.
Napi::Value id(const Napi::CallbackInfo& info) {
  return run(
      info.Env(),
      [domain = domain_of(info[0])] { return static_cast<int>(virDomainGetID(domain->acquire().get())); },
      [](Napi::Env env, const int& number) { return Napi::Number::New(env, number); });
}

Napi::Value xml(const Napi::CallbackInfo& info) {
  return string_call(info, [how = flags(info, 1)](auto d) { return virDomainGetXMLDesc(d, how); });
}

Napi::Value set_metadata(const Napi::CallbackInfo& info) {
  int type = static_cast<int>(flags(info, 1));
  auto value = optional_text(info, 2), key = optional_text(info, 3), uri = optional_text(info, 4);
  auto how = flags(info, 5);
  return plain_call(info, [=](virDomainPtr domain) {
    return virDomainSetMetadata(domain, type, c_str(value), c_str(key), c_str(uri), how);
  });
}

Napi::Value metadata(const Napi::CallbackInfo& info) {
  int type = static_cast<int>(flags(info, 1));
  auto uri = optional_text(info, 2);
  auto how = flags(info, 3);
  return string_call(info, [=](virDomainPtr domain) { return virDomainGetMetadata(domain, type, c_str(uri), how); });
}

using DeviceCall = int (*)(virDomainPtr, const char*, unsigned);

Napi::Value device_call(const Napi::CallbackInfo& info, DeviceCall call) {
  auto device = text(info, 1);
  auto how = flags(info, 2);
  return plain_call(info, [=](virDomainPtr domain) { return call(domain, device.c_str(), how); });
}

Napi::Value attach_device(const Napi::CallbackInfo& info) { return device_call(info, virDomainAttachDeviceFlags); }
Napi::Value detach_device(const Napi::CallbackInfo& info) { return device_call(info, virDomainDetachDeviceFlags); }
Napi::Value update_device(const Napi::CallbackInfo& info) { return device_call(info, virDomainUpdateDeviceFlags); }

Napi::Value block_stats(const Napi::CallbackInfo& info) {
  return run(
      info.Env(),
      [domain = domain_of(info[0]), device = text(info, 1)] {
        virDomainBlockStatsStruct found;
        check(virDomainBlockStats(domain->acquire().get(), device.c_str(), &found, sizeof found));
        return found;
      },
      [](Napi::Env env, const virDomainBlockStatsStruct& found) {
        auto object = Napi::Object::New(env);
        object.Set("readRequests", static_cast<double>(found.rd_req));
        object.Set("readBytes", static_cast<double>(found.rd_bytes));
        object.Set("writeRequests", static_cast<double>(found.wr_req));
        object.Set("writeBytes", static_cast<double>(found.wr_bytes));
        object.Set("errors", static_cast<double>(found.errs));
        return object;
      });
}

Napi::Value monitor_command(const Napi::CallbackInfo& info) {
  auto command = text(info, 1);
  auto how = flags(info, 2);
  return string_call(info, [=](virDomainPtr domain) -> char* {
    char* result = nullptr;
    return virDomainQemuMonitorCommand(domain, command.c_str(), &result, how) < 0 ? nullptr : result;
  });
}

Napi::Value is_persistent(const Napi::CallbackInfo& info) { return flag_call(info, virDomainIsPersistent); }
Napi::Value is_active(const Napi::CallbackInfo& info) { return flag_call(info, virDomainIsActive); }

}  // namespace

void export_domain(Napi::Env env, Napi::Object exports) {
  exports.Set("create", Napi::Function::New(env, create));
  exports.Set("resume", Napi::Function::New(env, resume));
  exports.Set("suspend", Napi::Function::New(env, suspend));
  exports.Set("shutdown", Napi::Function::New(env, shutdown));
  exports.Set("reset", Napi::Function::New(env, reset));
  exports.Set("destroy", Napi::Function::New(env, destroy));
  exports.Set("undefine", Napi::Function::New(env, undefine));
  exports.Set("state", Napi::Function::New(env, state));
  exports.Set("info", Napi::Function::New(env, details));
  exports.Set("id", Napi::Function::New(env, id));
  exports.Set("xml", Napi::Function::New(env, xml));
  exports.Set("setMetadata", Napi::Function::New(env, set_metadata));
  exports.Set("metadata", Napi::Function::New(env, metadata));
  exports.Set("attachDevice", Napi::Function::New(env, attach_device));
  exports.Set("detachDevice", Napi::Function::New(env, detach_device));
  exports.Set("updateDevice", Napi::Function::New(env, update_device));
  exports.Set("blockStats", Napi::Function::New(env, block_stats));
  exports.Set("monitorCommand", Napi::Function::New(env, monitor_command));
  exports.Set("isPersistent", Napi::Function::New(env, is_persistent));
  exports.Set("isActive", Napi::Function::New(env, is_active));
}

}  // namespace ramet
