#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace ramet {

// Threads of our own for libvirt's blocking calls: libuv's four are shared with the file system, and a VM's start
// holds one for half a second. Threads are made as they are needed and live as long as the process.
class WorkerPool {
 public:
  static WorkerPool& instance();
  void submit(std::function<void()> work);

 private:
  static constexpr unsigned kMostThreads = 16;
  void run();

  std::mutex mutex_;
  std::condition_variable available_;
  std::deque<std::function<void()>> queue_;
  unsigned threads_ = 0;
  unsigned idle_ = 0;
};

}  // namespace ramet
