#include "worker_pool.h"

#include <system_error>
#include <thread>
#include <utility>

namespace ramet {

WorkerPool& WorkerPool::instance() {
  // Never destroyed: a thread may still be inside libvirt when the process exits.
  static auto* pool = new WorkerPool;
  return *pool;
}

void WorkerPool::submit(std::function<void()> work) {
  std::unique_lock lock(mutex_);
  queue_.push_back(std::move(work));
  if (idle_ < queue_.size() && threads_ < kMostThreads) {
    try {
      std::thread(&WorkerPool::run, this).detach();
      ++threads_;
    } catch (const std::system_error&) {
      // The machine is out of threads: those that there are will come to it; without any, the work is done here, where
      // it blocks, rather than never.
      if (threads_ == 0) {
        auto alone = std::move(queue_.back());
        queue_.pop_back();
        lock.unlock();
        return alone();
      }
    }
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
