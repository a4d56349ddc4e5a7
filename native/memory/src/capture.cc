#include "capture.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace ramet {

namespace {

constexpr uint64_t kPage = 4096;
// Small enough for the processor's cache: what is read is compared at once.
constexpr uint64_t kChunkPages = 64;
// Chunks that a thread takes at a time, neighbours: their pages lie close together in the file too.
constexpr uint64_t kTurnPages = kChunkPages * 64;

// Bits of /proc/PID/pagemap (proc_pid_pagemap(5)).
constexpr uint64_t kPresent = 1ULL << 63;
constexpr uint64_t kSwapped = 1ULL << 62;
constexpr uint64_t kOfFile = 1ULL << 61;

[[noreturn]] void fail(int code, const char* doing) { throw std::system_error(code, std::generic_category(), doing); }

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail(errno, "cannot look at the VM's memory");
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void read_file(int fd, char* out, uint64_t length, uint64_t offset, const char* doing) {
  while (length > 0) {
    ssize_t got = pread(fd, out, length, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno, doing);
    if (got == 0) fail(EIO, doing);
    out += got;
    offset += static_cast<uint64_t>(got);
    length -= static_cast<uint64_t>(got);
  }
}

void write_file(int fd, const char* data, uint64_t length, uint64_t offset) {
  while (length > 0) {
    ssize_t written = pwrite(fd, data, length, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno, "cannot write the VM's memory down");
    data += written;
    offset += static_cast<uint64_t>(written);
    length -= static_cast<uint64_t>(written);
  }
}

class Work {
 public:
  Work(pid_t pid, uint64_t address, uint64_t pages, int fd)
      : pid_(pid), address_(address), pages_(pages), fd_(fd), pagemap_("/proc/" + std::to_string(pid) + "/pagemap") {}

  void run() {
    try {
      std::vector<uint64_t> map(kTurnPages);
      std::vector<char> theirs(kChunkPages * kPage), ours(kChunkPages * kPage);
      for (;;) {
        uint64_t first = next_.fetch_add(kTurnPages);
        if (first >= pages_) return;
        turn(first, std::min(kTurnPages, pages_ - first), map, theirs, ours);
      }
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = pages_;
    }
  }

  Capture result() const {
    if (failure_) std::rethrow_exception(failure_);
    return {.pages = found_, .written = written_};
  }

 private:
  void turn(uint64_t first, uint64_t count, std::vector<uint64_t>& map, std::vector<char>& theirs,
            std::vector<char>& ours) {
    read_file(pagemap_.get(), reinterpret_cast<char*>(map.data()), count * sizeof(uint64_t),
              (address_ / kPage + first) * sizeof(uint64_t), "cannot read the map of the VM's memory");
    auto own = [&](uint64_t at) { return (map[at] & (kPresent | kSwapped)) != 0 && (map[at] & kOfFile) == 0; };
    for (uint64_t at = 0; at < count;) {
      if (!own(at)) {
        at++;
        continue;
      }
      uint64_t end = at + 1;
      while (end < count && end - at < kChunkPages && own(end)) end++;
      chunk(first + at, end - at, theirs.data(), ours.data());
      at = end;
    }
  }

  void chunk(uint64_t page, uint64_t count, char* theirs, char* ours) {
    iovec to{.iov_base = theirs, .iov_len = count * kPage};
    iovec from{.iov_base = reinterpret_cast<void*>(address_ + page * kPage), .iov_len = count * kPage};
    ssize_t got = process_vm_readv(pid_, &to, 1, &from, 1, 0);
    if (got < 0) fail(errno, "cannot read the VM's memory");
    if (static_cast<uint64_t>(got) != count * kPage) fail(EFAULT, "cannot read the VM's memory");
    read_file(fd_, ours, count * kPage, page * kPage, "cannot read what was written of the VM's memory");
    found_ += count;
    for (uint64_t at = 0; at < count;) {
      uint64_t end = at;
      while (end < count && memcmp(theirs + end * kPage, ours + end * kPage, kPage) != 0) end++;
      if (end > at) write_file(fd_, theirs + at * kPage, (end - at) * kPage, (page + at) * kPage);
      written_ += end - at;
      at = end + 1;
    }
  }

  const pid_t pid_;
  const uint64_t address_;
  const uint64_t pages_;
  const int fd_;
  const Descriptor pagemap_;
  std::atomic<uint64_t> next_{0}, found_{0}, written_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

Capture capture(pid_t pid, uint64_t address, uint64_t bytes, int fd) {
  Work work(pid, address, bytes / kPage, fd);
  std::vector<std::thread> helpers;
  unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
  for (unsigned i = 1; i < threads; i++) helpers.emplace_back([&work] { work.run(); });
  work.run();
  for (auto& helper : helpers) helper.join();
  return work.result();
}

}  // namespace ramet
