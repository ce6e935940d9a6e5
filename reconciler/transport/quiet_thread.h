// Threads that signals pass by.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace hearth {

// A thread that runs WORK and to which no signal is delivered. A signal to the process goes to any thread that does not
// block it: Ctrl-C would end the program through such a one while another watches for it in order to end in good order.
template <typename Work>
std::thread quiet_thread(Work work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));  // inherits the mask
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace hearth
