#include "handles.h"

#include <algorithm>
#include <utility>

#include "error.h"
#include "worker_pool.h"

namespace ramet {

namespace {

std::string uuid_of(virDomainPtr domain) {
  char text[VIR_UUID_STRING_BUFLEN];
  check(virDomainGetUUIDString(domain, text));
  return text;
}

[[noreturn]] void throw_closed() {
  throw LibvirtFailure(VIR_ERR_INVALID_CONN, VIR_FROM_NONE, VIR_ERR_ERROR, "the connection to libvirt is closed");
}

template <typename Handle>
Napi::Value wrap_as(Napi::Env env, std::shared_ptr<Handle> handle, const napi_type_tag& tag) {
  auto held = std::make_unique<std::shared_ptr<Handle>>(std::move(handle));
  auto external = Napi::External<std::shared_ptr<Handle>>::New(
      env, held.get(), [](Napi::Env, std::shared_ptr<Handle>* held) {
        // Letting go may talk to libvirt, which must not be done on the JavaScript thread.
        WorkerPool::instance().submit([held] { delete held; });
      });
  // A worker that is being terminated takes no more objects: until here, what was made goes with the exception.
  held.release();
  external.TypeTag(&tag);
  return external;
}

template <typename Handle>
std::shared_ptr<Handle> unwrap(const Napi::Value& value, const napi_type_tag& tag) {
  auto external = value.IsExternal() ? value.As<Napi::External<std::shared_ptr<Handle>>>()
                                     : Napi::External<std::shared_ptr<Handle>>();
  if (external.IsEmpty() || !external.CheckTypeTag(&tag)) {
    throw Napi::TypeError::New(value.Env(), "not a handle of libvirt");
  }
  return *external.Data();
}

constexpr napi_type_tag kConnectTag = {0x72616d65742d636f, 0x6e6e656374696f6e};
constexpr napi_type_tag kDomainTag = {0x72616d65742d646f, 0x6d61696e2d2d2d2d};

}  // namespace

ConnectHandle::~ConnectHandle() { close(); }

ConnectRef ConnectHandle::acquire() {
  std::lock_guard lock(mutex_);
  if (!pointer_) throw_closed();
  check(virConnectRef(pointer_));
  return ConnectRef(pointer_);
}

std::shared_ptr<DomainHandle> ConnectHandle::adopt(virDomainPtr domain) {
  auto handle = std::make_shared<DomainHandle>(shared_from_this(), domain);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(domains_, [](const auto& each) { return each.expired(); });
    domains_.push_back(handle);
    if (pointer_) return handle;
  }
  // Closed while the call was under way: the domain would keep the connection open until it is collected.
  handle->release();
  return handle;
}

void ConnectHandle::add_callback(const ConnectRef& connection, Callback callback) {
  {
    std::lock_guard lock(mutex_);
    if (pointer_) return callbacks_.push_back(std::move(callback));
  }
  // A callback holds a reference of its own: left alone, it would keep the connection open for good.
  callback.deregister(connection.get(), callback.id);
  throw_closed();
}

void ConnectHandle::remove_callback(int id, Deregister deregister) {
  Callback callback;
  ConnectRef connection;
  {
    std::lock_guard lock(mutex_);
    auto found = std::find_if(callbacks_.begin(), callbacks_.end(), [=](const Callback& each) {
      return each.id == id && each.deregister == deregister;
    });
    if (!pointer_ || found == callbacks_.end()) return;
    check(virConnectRef(pointer_));
    connection.reset(pointer_);
    callback = std::move(*found);
    callbacks_.erase(found);
  }
  check(deregister(connection.get(), id));
}

void ConnectHandle::close() {
  virConnectPtr pointer;
  std::vector<Callback> callbacks;
  std::vector<std::weak_ptr<DomainHandle>> domains;
  {
    std::lock_guard lock(mutex_);
    pointer = std::exchange(pointer_, nullptr);
    callbacks.swap(callbacks_);
    domains.swap(domains_);
  }
  if (!pointer) return;
  // A callback that is already gone with a broken connection is no loss.
  for (const auto& each : callbacks) each.deregister(pointer, each.id);
  for (const auto& each : domains) {
    if (auto domain = each.lock()) domain->release();
  }
  virConnectClose(pointer);
}

DomainHandle::DomainHandle(std::shared_ptr<ConnectHandle> owner, virDomainPtr pointer)
    : name(check(virDomainGetName(pointer))), uuid(uuid_of(pointer)), connection(std::move(owner)), pointer_(pointer) {}

DomainRef DomainHandle::acquire() {
  std::lock_guard lock(mutex_);
  if (!pointer_) throw_closed();
  check(virDomainRef(pointer_));
  return DomainRef(pointer_);
}

void DomainHandle::release() {
  std::lock_guard lock(mutex_);
  if (pointer_) virDomainFree(std::exchange(pointer_, nullptr));
}

Napi::Value wrap(Napi::Env env, std::shared_ptr<ConnectHandle> handle) {
  return wrap_as(env, std::move(handle), kConnectTag);
}

Napi::Value wrap(Napi::Env env, std::shared_ptr<DomainHandle> handle) {
  return wrap_as(env, std::move(handle), kDomainTag);
}

std::shared_ptr<ConnectHandle> connection_of(const Napi::Value& value) {
  return unwrap<ConnectHandle>(value, kConnectTag);
}

std::shared_ptr<DomainHandle> domain_of(const Napi::Value& value) { return unwrap<DomainHandle>(value, kDomainTag); }

}  // namespace ramet
