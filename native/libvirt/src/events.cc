#include "events.h"

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include <functional>
#include <memory>
#include <string>

#include "arguments.h"
#include "call.h"
#include "handles.h"

namespace ramet {

namespace {

// A JavaScript listener that libvirt's event thread may call and let go of: the function itself is only ever touched,
// and released, on the JavaScript thread. Copies are the same listener.
class Listener {
 public:
  Listener(Napi::Env env, Napi::Function function) : dispatcher_(addon(env).dispatcher) {
    auto& data = addon(env);
    unsigned id = data.next_listener++;
    data.listeners.emplace(id, Napi::Persistent(function));
    id_ = {new unsigned(id), [dispatcher = dispatcher_](unsigned* id) {
             dispatcher->post([id = *id](Napi::Env env) { addon(env).listeners.erase(id); });
             delete id;
           }};
  }

  void call(std::function<Napi::Value(Napi::Env)> make) const {
    dispatcher_->post([id = *id_, make](Napi::Env env) { addon(env).listeners.at(id).Call({make(env)}); });
  }

  // Has libvirt take a copy, to be let go of by `release`; answers the id of `register_with(opaque)`.
  template <typename Register>
  int give(Register register_with) const {
    auto copy = std::make_unique<Listener>(*this);
    int id = check(register_with(copy.get()));
    copy.release();
    return id;
  }

  static void release(void* opaque) { delete static_cast<Listener*>(opaque); }

 private:
  std::shared_ptr<Dispatcher> dispatcher_;
  std::shared_ptr<unsigned> id_;
};

struct DomainName {
  explicit DomainName(virDomainPtr domain) : name(virDomainGetName(domain)) {
    char text[VIR_UUID_STRING_BUFLEN];
    if (virDomainGetUUIDString(domain, text) == 0) uuid = text;
  }
  void set_on(Napi::Object event) const {
    event.Set("name", name);
    event.Set("uuid", uuid);
  }

  std::string name;
  std::string uuid;
};

int on_lifecycle(virConnectPtr, virDomainPtr domain, int event, int detail, void* opaque) {
  static_cast<Listener*>(opaque)->call([domain = DomainName(domain), event, detail](Napi::Env env) {
    auto object = Napi::Object::New(env);
    domain.set_on(object);
    object.Set("event", event);
    object.Set("detail", detail);
    return object;
  });
  return 0;
}

void on_monitor_event(virConnectPtr, virDomainPtr domain, const char* event, long long seconds, unsigned micros,
                      const char* details, void* opaque) {
  std::string name = event, text = details ? details : "";
  static_cast<Listener*>(opaque)->call([=, domain = DomainName(domain)](Napi::Env env) {
    auto object = Napi::Object::New(env);
    domain.set_on(object);
    object.Set("event", name);
    object.Set("seconds", static_cast<double>(seconds));
    object.Set("micros", micros);
    object.Set("details", text);
    return object;
  });
}

void on_close(virConnectPtr, int reason, void* opaque) {
  static_cast<Listener*>(opaque)->call([reason](Napi::Env env) { return Napi::Number::New(env, reason); });
}

Napi::Value number(Napi::Env env, const int& value) { return Napi::Number::New(env, value); }

Napi::Value listen_lifecycle(const Napi::CallbackInfo& info) {
  return run(
      info.Env(),
      [connection = connection_of(info[0]), listener = Listener(info.Env(), function(info, 1))] {
        // libvirt's callbacks have one type and are told apart by the event's id; the way by void (*)() says so.
        auto callback =
            reinterpret_cast<virConnectDomainEventGenericCallback>(reinterpret_cast<void (*)()>(on_lifecycle));
        auto reference = connection->acquire();
        int id = listener.give([&](void* opaque) {
          return virConnectDomainEventRegisterAny(reference.get(), nullptr, VIR_DOMAIN_EVENT_ID_LIFECYCLE, callback,
                                                  opaque, Listener::release);
        });
        connection->add_callback(reference, {id, virConnectDomainEventDeregisterAny, nullptr});
        return id;
      },
      number);
}

Napi::Value listen_monitor(const Napi::CallbackInfo& info) {
  return run(
      info.Env(),
      [connection = connection_of(info[0]), listener = Listener(info.Env(), function(info, 1)),
       event = optional_text(info, 2)] {
        auto reference = connection->acquire();
        int id = listener.give([&](void* opaque) {
          return virConnectDomainQemuMonitorEventRegister(reference.get(), nullptr, c_str(event), on_monitor_event,
                                                          opaque, Listener::release, 0);
        });
        connection->add_callback(reference, {id, virConnectDomainQemuMonitorEventDeregister, nullptr});
        return id;
      },
      number);
}

int unregister_close(virConnectPtr connection, int) { return virConnectUnregisterCloseCallback(connection, on_close); }

Napi::Value listen_close(const Napi::CallbackInfo& info) {
  return run(info.Env(),
             [connection = connection_of(info[0]), listener = Listener(info.Env(), function(info, 1))] {
               auto reference = connection->acquire();
               // Drivers that cannot lose their connection accept the callback and forget it, so it is kept here.
               auto owned = std::make_shared<Listener>(listener);
               check(virConnectRegisterCloseCallback(reference.get(), on_close, owned.get(), nullptr));
               connection->add_callback(reference, {0, unregister_close, owned});
             });
}

Napi::Value unlisten_close(const Napi::CallbackInfo& info) {
  return run(info.Env(), [connection = connection_of(info[0])] { connection->remove_callback(0, unregister_close); });
}

Napi::Value unlisten(const Napi::CallbackInfo& info) {
  int id = static_cast<int>(flags(info, 1));
  bool monitor = info[2].ToBoolean();
  auto deregister = monitor ? virConnectDomainQemuMonitorEventDeregister : virConnectDomainEventDeregisterAny;
  return run(info.Env(),
             [connection = connection_of(info[0]), id, deregister] { connection->remove_callback(id, deregister); });
}

}  // namespace

void export_events(Napi::Env env, Napi::Object exports) {
  exports.Set("listenLifecycle", Napi::Function::New(env, listen_lifecycle));
  exports.Set("listenMonitor", Napi::Function::New(env, listen_monitor));
  exports.Set("listenClose", Napi::Function::New(env, listen_close));
  exports.Set("unlisten", Napi::Function::New(env, unlisten));
  exports.Set("unlistenClose", Napi::Function::New(env, unlisten_close));
}

}  // namespace ramet
