#include "connection.h"

#include <libvirt/libvirt.h>

#include <vector>

#include "arguments.h"
#include "call.h"
#include "event_loop.h"
#include "handles.h"

namespace ramet {

namespace {

using Domains = std::vector<std::shared_ptr<DomainHandle>>;
using Connection = std::shared_ptr<ConnectHandle>;

Napi::Value domain_to_js(Napi::Env env, const std::shared_ptr<DomainHandle>& domain) {
  auto object = Napi::Object::New(env);
  object.Set("handle", wrap(env, domain));
  object.Set("name", domain->name);
  object.Set("uuid", domain->uuid);
  return object;
}

Napi::Value open(const Napi::CallbackInfo& info) {
  auto uri = text(info, 0);
  bool readonly = info[1].ToBoolean();
  return run(
      info.Env(),
      [uri, readonly] {
        start_event_loop();
        auto pointer = readonly ? virConnectOpenReadOnly(uri.c_str()) : virConnectOpen(uri.c_str());
        return std::make_shared<ConnectHandle>(check(pointer));
      },
      [](Napi::Env env, const Connection& connection) { return wrap(env, connection); });
}

Napi::Value close(const Napi::CallbackInfo& info) {
  return run(info.Env(), [connection = connection_of(info[0])] { connection->close(); });
}

// A call that answers a string which libvirt allocated.
template <typename Call>
Napi::Value string_call(const Napi::CallbackInfo& info, Call call) {
  auto connection = connection_of(info[0]);
  return run(
      info.Env(), [connection, call] { return take(check(call(connection->acquire().get()))); }, to_text);
}

Napi::Value uri(const Napi::CallbackInfo& info) { return string_call(info, virConnectGetURI); }
Napi::Value hostname(const Napi::CallbackInfo& info) { return string_call(info, virConnectGetHostname); }
Napi::Value capabilities(const Napi::CallbackInfo& info) { return string_call(info, virConnectGetCapabilities); }

Napi::Value domain_capabilities(const Napi::CallbackInfo& info) {
  auto emulator = optional_text(info, 1), arch = optional_text(info, 2), machine = optional_text(info, 3),
       type = optional_text(info, 4);
  return string_call(info, [=](virConnectPtr connection) {
    return virConnectGetDomainCapabilities(connection, c_str(emulator), c_str(arch), c_str(machine), c_str(type), 0);
  });
}

Napi::Value version(const Napi::CallbackInfo& info) {
  struct Versions {
    unsigned long hypervisor = 0, library = 0;
  };
  return run(
      info.Env(),
      [connection = connection_of(info[0])] {
        Versions versions;
        auto reference = connection->acquire();
        check(virConnectGetVersion(reference.get(), &versions.hypervisor));
        check(virConnectGetLibVersion(reference.get(), &versions.library));
        return versions;
      },
      [](Napi::Env env, const Versions& versions) {
        auto object = Napi::Object::New(env);
        object.Set("hypervisor", static_cast<double>(versions.hypervisor));
        object.Set("library", static_cast<double>(versions.library));
        return object;
      });
}

Napi::Value is_alive(const Napi::CallbackInfo& info) {
  auto work = [connection = connection_of(info[0])] {
    return check(virConnectIsAlive(connection->acquire().get())) == 1;
  };
  return run(info.Env(), work, to_flag);
}

Napi::Value list(const Napi::CallbackInfo& info) {
  return run(
      info.Env(),
      [connection = connection_of(info[0]), wanted = flags(info, 1)] {
        virDomainPtr* found = nullptr;
        int count = check(virConnectListAllDomains(connection->acquire().get(), &found, wanted));
        Domains domains;
        for (int at = 0; at < count; ++at) domains.push_back(connection->adopt(found[at]));
        free(found);
        return domains;
      },
      [](Napi::Env env, const Domains& domains) {
        auto array = Napi::Array::New(env, domains.size());
        for (size_t at = 0; at < domains.size(); ++at) array.Set(at, domain_to_js(env, domains[at]));
        return array;
      });
}

// A call that answers one domain.
template <typename Call>
Napi::Value domain_call(const Napi::CallbackInfo& info, Call call) {
  auto connection = connection_of(info[0]);
  return run(
      info.Env(), [connection, call] { return connection->adopt(check(call(connection->acquire().get()))); },
      domain_to_js);
}

Napi::Value lookup_by_name(const Napi::CallbackInfo& info) {
  return domain_call(info, [name = text(info, 1)](auto c) { return virDomainLookupByName(c, name.c_str()); });
}

Napi::Value lookup_by_uuid(const Napi::CallbackInfo& info) {
  return domain_call(info, [uuid = text(info, 1)](auto c) { return virDomainLookupByUUIDString(c, uuid.c_str()); });
}

Napi::Value define_xml(const Napi::CallbackInfo& info) {
  return domain_call(info, [xml = text(info, 1)](auto c) { return virDomainDefineXMLFlags(c, xml.c_str(), 0); });
}

Napi::Value create_xml(const Napi::CallbackInfo& info) {
  auto xml = text(info, 1);
  auto how = flags(info, 2);
  return domain_call(info, [=](virConnectPtr connection) { return virDomainCreateXML(connection, xml.c_str(), how); });
}

}  // namespace

void export_connection(Napi::Env env, Napi::Object exports) {
  exports.Set("connect", Napi::Function::New(env, open));
  exports.Set("close", Napi::Function::New(env, close));
  exports.Set("uri", Napi::Function::New(env, uri));
  exports.Set("hostname", Napi::Function::New(env, hostname));
  exports.Set("capabilities", Napi::Function::New(env, capabilities));
  exports.Set("domainCapabilities", Napi::Function::New(env, domain_capabilities));
  exports.Set("version", Napi::Function::New(env, version));
  exports.Set("isAlive", Napi::Function::New(env, is_alive));
  exports.Set("list", Napi::Function::New(env, list));
  exports.Set("lookupByName", Napi::Function::New(env, lookup_by_name));
  exports.Set("lookupByUUID", Napi::Function::New(env, lookup_by_uuid));
  exports.Set("defineXML", Napi::Function::New(env, define_xml));
  exports.Set("createXML", Napi::Function::New(env, create_xml));
}

}  // namespace ramet
