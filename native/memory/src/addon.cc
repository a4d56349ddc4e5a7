#include <napi.h>

#include <system_error>

#include "capture.h"
#include "release.h"

namespace ramet {

namespace {

class CaptureWorker : public Napi::AsyncWorker {
 public:
  CaptureWorker(Napi::Env env, pid_t pid, uint64_t address, uint64_t bytes, int fd)
      : Napi::AsyncWorker(env), deferred_(env), pid_(pid), address_(address), bytes_(bytes), fd_(fd) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      result_ = capture(pid_, address_, bytes_, fd_);
    } catch (const std::system_error& error) {
      code_ = error.code().value();
      SetError(error.what());
    } catch (const std::exception& error) {
      SetError(error.what());
    }
  }

  void OnOK() override {
    auto answer = Napi::Object::New(Env());
    answer.Set("pages", static_cast<double>(result_.pages));
    answer.Set("written", static_cast<double>(result_.written));
    deferred_.Resolve(answer);
  }

  void OnError(const Napi::Error& error) override {
    error.Value().Set("errno", code_);
    deferred_.Reject(error.Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  const pid_t pid_;
  const uint64_t address_, bytes_;
  const int fd_;
  Capture result_;
  int code_ = 0;
};

class ReleaseWorker : public Napi::AsyncWorker {
 public:
  explicit ReleaseWorker(Napi::Env env) : Napi::AsyncWorker(env), deferred_(env) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    try {
      release();
    } catch (const std::exception& error) {
      SetError(error.what());
    }
  }

  void OnOK() override { deferred_.Resolve(Env().Undefined()); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
};

double number(const Napi::CallbackInfo& info, size_t at) {
  if (!info[at].IsNumber()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " must be a number");
  return info[at].As<Napi::Number>().DoubleValue();
}

Napi::Value start(const Napi::CallbackInfo& info) {
  bool lossless = false;
  if (!info[1].IsBigInt()) throw Napi::TypeError::New(info.Env(), "argument 1 must be a bigint");
  uint64_t address = info[1].As<Napi::BigInt>().Uint64Value(&lossless);
  auto* worker = new CaptureWorker(info.Env(), static_cast<pid_t>(number(info, 0)), address,
                                   static_cast<uint64_t>(number(info, 2)), static_cast<int>(number(info, 3)));
  worker->Queue();
  return worker->promise();
}

Napi::Value start_release(const Napi::CallbackInfo& info) {
  auto* worker = new ReleaseWorker(info.Env());
  worker->Queue();
  return worker->promise();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("capture", Napi::Function::New(env, start));
  exports.Set("release", Napi::Function::New(env, start_release));
  return exports;
}

}  // namespace

NODE_API_MODULE(memory, init)

}  // namespace ramet
