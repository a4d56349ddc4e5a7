#pragma once
#include <napi.h>

#include <optional>
#include <string>

namespace ramet {

// Arguments by position; a wrong one is a TypeError before anything is asked of libvirt. C would end a text at a NUL
// and name something else than the caller meant.
inline std::string text(const Napi::CallbackInfo& info, size_t at) {
  if (!info[at].IsString()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " must be a string");
  auto value = info[at].As<Napi::String>().Utf8Value();
  if (value.find('\0') == std::string::npos) return value;
  throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " must not contain a NUL character");
}

inline std::optional<std::string> optional_text(const Napi::CallbackInfo& info, size_t at) {
  if (info[at].IsUndefined() || info[at].IsNull()) return std::nullopt;
  return text(info, at);
}

inline unsigned flags(const Napi::CallbackInfo& info, size_t at) {
  if (!info[at].IsNumber()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " must be a number");
  return info[at].As<Napi::Number>().Uint32Value();
}

inline Napi::Function function(const Napi::CallbackInfo& info, size_t at) {
  if (!info[at].IsFunction()) throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(at) + " must be a function");
  return info[at].As<Napi::Function>();
}

inline const char* c_str(const std::optional<std::string>& value) { return value ? value->c_str() : nullptr; }

inline Napi::Value to_text(Napi::Env env, const std::string& value) { return Napi::String::New(env, value); }
inline Napi::Value to_flag(Napi::Env env, const bool& value) { return Napi::Boolean::New(env, value); }

// Takes over a string that libvirt allocated.
inline std::string take(char* allocated) {
  std::string value(allocated);
  free(allocated);
  return value;
}

}  // namespace ramet
