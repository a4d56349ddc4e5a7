#pragma once
#include <libvirt/libvirt.h>
#include <napi.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ramet {

struct ConnectCloser {
  void operator()(virConnectPtr pointer) const { virConnectClose(pointer); }
};
struct DomainFreer {
  void operator()(virDomainPtr pointer) const { virDomainFree(pointer); }
};
// A reference for the time of one call.
using ConnectRef = std::unique_ptr<virConnect, ConnectCloser>;
using DomainRef = std::unique_ptr<virDomain, DomainFreer>;

class DomainHandle;

// A connection that can be closed while calls are under way: each call holds a reference of its own.
class ConnectHandle : public std::enable_shared_from_this<ConnectHandle> {
 public:
  explicit ConnectHandle(virConnectPtr pointer) : pointer_(pointer) {}
  ~ConnectHandle();
  ConnectRef acquire();
  // Takes the domain's reference over.
  std::shared_ptr<DomainHandle> adopt(virDomainPtr domain);
  // Ids of events and of monitor events are numbered apart: each goes with its own way to let go of it.
  using Deregister = int (*)(virConnectPtr, int);
  struct Callback {
    int id;
    Deregister deregister;
    // What lives until the callback is deregistered, where libvirt itself does not let go of it.
    std::shared_ptr<void> owned;
  };
  // For a callback that was registered on `connection`, a reference to this; undoes that where this is closed.
  void add_callback(const ConnectRef& connection, Callback callback);
  void remove_callback(int id, Deregister deregister);
  // Lets go of callbacks, domains and the connection itself. Blocking; may be called again.
  void close();

 private:
  std::mutex mutex_;
  virConnectPtr pointer_;
  std::vector<Callback> callbacks_;
  std::vector<std::weak_ptr<DomainHandle>> domains_;
};

class DomainHandle {
 public:
  DomainHandle(std::shared_ptr<ConnectHandle> connection, virDomainPtr pointer);
  ~DomainHandle() { release(); }
  DomainRef acquire();
  void release();

  const std::string name;
  const std::string uuid;
  const std::shared_ptr<ConnectHandle> connection;

 private:
  std::mutex mutex_;
  virDomainPtr pointer_;
};

// Handles as JavaScript sees them; when one is collected, libvirt is told on a thread of the pool.
Napi::Value wrap(Napi::Env env, std::shared_ptr<ConnectHandle> handle);
Napi::Value wrap(Napi::Env env, std::shared_ptr<DomainHandle> handle);
std::shared_ptr<ConnectHandle> connection_of(const Napi::Value& value);
std::shared_ptr<DomainHandle> domain_of(const Napi::Value& value);

}  // namespace ramet
