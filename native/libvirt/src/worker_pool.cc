#include "worker_pool.h"

#include <thread>
#include <utility>

namespace ramet {

WorkerPool& WorkerPool::instance() {
  // Never destroyed: a thread may still be inside libvirt when the process exits.
  static auto* pool = new WorkerPool;
  return *pool;
}

void WorkerPool::submit(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  if (idle_ < queue_.size() && threads_ < kMostThreads) {
    ++threads_;
    std::thread(&WorkerPool::run, this).detach();
  }
  available_.notify_one();
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    available_.wait(lock, [this] { return !queue_.empty(); });
    --idle_;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    // What the work holds, references to domains among it, is let go before the next wait.
    work = nullptr;
    lock.lock();
  }
}

}  // namespace ramet
