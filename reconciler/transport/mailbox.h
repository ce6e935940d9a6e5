// How a transport's threads hand answers to the loop without outliving the transport.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "reconciler/loop/loop.h"

namespace hearth {

// Made and destroyed on the loop's thread; post() may be called from any thread while it lives. What has been
// posted but not run when the mailbox is destroyed is dropped.
class Mailbox {
 public:
  explicit Mailbox(Loop& loop) : loop_(loop), open_(std::make_shared<bool>(true)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { *open_ = false; }

  void post(std::function<void()> task) {
    loop_.post([open = open_, task = std::move(task)] {
      if (*open) task();
    });
  }

 private:
  Loop& loop_;
  const std::shared_ptr<bool> open_;  // read and written on the loop's thread only
};

}  // namespace hearth
